// What the pages that this program writes have in common: a document without script that loads
// nothing, light and dark, readable at the width of a phone.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/markup.h"
#include "native/base/run_files.h"
#include "native/data/dataset.h"

namespace ag {

// A whole document. A Content-Security-Policy in it refuses every request and script. `styles`: CSS
// after the common one.
std::string MakePage(std::string_view title, std::initializer_list<std::string_view> styles,
                     const Markup& body, const Markup& footer);

// Whether a file begins as MakePage() does with a title that begins or ends with `words`.
EarlierResult IsPageTitled(std::string words);

// <section> with its heading.
template <typename... Parts>
Markup Section(std::string_view heading, const Parts&... parts) {
  return Block("section", {}, Line("h2", {}, heading), parts...);
}

// A figure in large type, in the <dl class="tiles"> of a page's head.
Markup Tile(std::string_view name, const Markup& value);

// A table cell that holds a number.
Markup NumberCell(const Markup& number);

// A table that may be wider than the page. With a `label` a keyboard scrolls it too.
Markup WideTable(std::string_view label, std::string_view css_class, const Markup& rows);

// The rows of a table of files and reasons.
Markup FileRows(const std::vector<SkippedFile>& files, size_t most);
// Where a list was cut after `most`: a sentence that says so and ends with `rest` and a full stop.
Markup CutList(size_t files, size_t most, std::string_view rest);

}  // namespace ag
