#include "native/report/page.h"

#include <algorithm>
#include <utility>

#include "native/base/text_format.h"
#include "native/report/page_css.h"

namespace ag {
namespace {

// Earlier results are known by it: it must stay as it is.
constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
)";

}  // namespace

std::string MakePage(std::string_view title, std::initializer_list<std::string_view> styles,
                     const Markup& body, const Markup& footer) {
  std::string style = "\n" + std::string(kPageCss);
  for (const std::string_view more : styles) style += more;
  const Markup page = Markup::Raw(std::string(kHead)) + Line("title", {}, title) +
                      Line("style", {}, Markup::Raw(std::move(style))) + Markup::Raw("</head>\n") +
                      Block("body", {}, Block("main", {}, body, Line("footer", {}, footer))) +
                      Markup::Raw("</html>\n");
  return page.text();
}

EarlierResult IsPageTitled(std::string words) {
  return [words = std::move(words)](std::string_view text) {
    constexpr std::string_view kTag = "<title>";
    if (!text.starts_with(kHead) || !text.substr(kHead.size()).starts_with(kTag)) return false;
    const std::string_view title = text.substr(kHead.size() + kTag.size());
    const size_t end = title.find("</title>");
    return end != std::string_view::npos &&
           (title.starts_with(words) || title.substr(0, end).ends_with(words));
  };
}

Markup Tile(std::string_view name, const Markup& value) {
  return Line("div", {}, Element("dt", name), Element("dd", value));
}

Markup NumberCell(const Markup& number) { return Element("td", {{"class", "number"}}, number); }

Markup WideTable(std::string_view label, std::string_view css_class, const Markup& rows) {
  const Markup table = OpenTag("table", {{"class", std::string(css_class)}}) + Markup::Raw("\n") +
                       rows + CloseTag("table");
  if (label.empty()) return Line("div", {{"class", "scroll"}}, table);
  return Line("div",
              {{"class", "scroll"},
               {"tabindex", "0"},
               {"role", "region"},
               {"aria-label", std::string(label)}},
              table);
}

Markup FileRows(const std::vector<SkippedFile>& files, size_t most) {
  Markup rows;
  for (size_t i = 0; i < std::min(files.size(), most); ++i) {
    rows += Line("tr", {}, Element("td", files[i].file), Element("td", files[i].reason));
  }
  return rows;
}

Markup CutList(size_t files, size_t most, std::string_view rest) {
  if (files <= most) return {};
  return Line(
      "p", {{"class", "soft"}},
      "The first " + FormatCount(most) + " of " + FormatCount(files) + std::string(rest) + ".");
}

}  // namespace ag
