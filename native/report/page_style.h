// What all pages written by this program share: a document without scripts that loads nothing,
// light and dark, readable at the width of a phone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/run_files.h"
#include "native/data/dataset.h"

namespace ag {

// From the doctype to <main>. A Content-Security-Policy in it refuses every request and script.
// `title`: plain text; `more_style`: CSS after the common one.
std::string PageStart(std::string_view title, std::string_view more_style);

// Whether a file begins as PageStart() does with a title that begins or ends with `words`.
EarlierResult IsPageTitled(std::string words);

// `footer`: markup. To the end of the document.
std::string PageEnd(std::string_view footer);

// The rows of a table of files and reasons, and its end (</tbody></table></div>). At most `most`
// rows; a longer list says so in a sentence that ends with `rest`, and a full stop.
std::string FileRows(const std::vector<SkippedFile>& files, size_t most, std::string_view rest);

}  // namespace ag
