// What the pages that this program writes have in common: a document without script that loads
// nothing, light and dark, readable at the width of a phone.
#pragma once

#include <string>
#include <string_view>

namespace ag {

// From the doctype to <main>. A Content-Security-Policy in it refuses every request and script.
// `title`: plain text; `more_style`: CSS after the common one.
std::string PageStart(std::string_view title, std::string_view more_style);

// `footer`: markup. To the end of the document.
std::string PageEnd(std::string_view footer);

}  // namespace ag
