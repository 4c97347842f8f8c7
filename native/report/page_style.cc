#include "native/report/page_style.h"

#include <algorithm>
#include <utility>

#include "native/base/markup.h"
#include "native/base/text_format.h"

namespace ag {
namespace {

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

constexpr std::string_view kStyle = R"(<style>
:root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--ink:#1f2329;--soft:#5d6570;
--line:#e1e4e8;--note:#fff7e6;--note-line:#e9c46a}
@media (prefers-color-scheme:dark){:root{--page:#121417;--card:#1b1e23;--ink:#e6e8ec;
--soft:#a0a7b2;--line:#30353c;--note:#2a2417;--note-line:#8a6d1f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:1040px;margin:0 auto;padding:2.5rem 1.25rem 3rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em;
overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .9rem}
p{margin:.4rem 0;max-width:46rem}
.soft,figcaption,dt,th,small,footer{color:var(--soft)}
.path{overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:1.25rem 1.4rem;margin-top:1.1rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(135px,1fr));gap:.8rem;
margin:1.4rem 0 0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:.8rem 1rem}
.tiles dt{font-size:.82rem}
.tiles dd{margin:0;font-size:1.5rem;font-weight:650;line-height:1.25;
font-variant-numeric:tabular-nums}
.note p{max-width:none;margin:.2rem 0}
.note{background:var(--note);border-color:var(--note-line)}
.problem{border-left:4px solid #d1495b}
figure{margin:0}
figure img{display:block;width:100%;height:auto}
figcaption{font-size:.88rem;margin-top:.35rem}
.plot+.plot{margin-top:1.6rem}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.5rem 2rem;
align-items:start}
.pair .plot+.plot{margin-top:0}
.one{display:flex;gap:1.6rem;align-items:center;flex-wrap:wrap}
.one img{width:auto;max-width:min(100%,260px);border-radius:10px}
.one dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.3rem 1.1rem;margin:0;
flex:1 1 260px;min-width:0}
.one dd{margin:0;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:1.1rem .9rem}
.grid img{border-radius:8px;aspect-ratio:1;object-fit:cover;background:var(--line)}
.grid figcaption{text-align:center;line-height:1.3;color:var(--ink)}
.grid small{display:block;font-size:.8rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:600;font-size:.85rem;text-align:left}
th,td{padding:.38rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child td{border-bottom:0}
tfoot td{border-top:1px solid var(--soft);border-bottom:0;font-weight:600}
.number{text-align:right;white-space:nowrap}
.counts{margin-top:1.4rem}
.files td{font-size:.86rem;overflow-wrap:anywhere;min-width:9rem}
footer{margin-top:1.6rem;font-size:.85rem}
@media (max-width:680px){
main{padding:1.5rem .8rem 2rem}
h1{font-size:1.5rem}
section{padding:1rem}
.tiles{grid-template-columns:repeat(2,1fr);gap:.6rem}
.tiles dd{font-size:1.25rem}
.tiles div:first-child{grid-column:span 2}
table{font-size:.9rem}
th,td{padding:.35rem .32rem}
.pair{grid-template-columns:minmax(0,1fr)}
.grid{grid-template-columns:repeat(3,minmax(0,1fr));gap:.9rem .6rem}
}
@media print{body{background:#fff}section,.tiles div{break-inside:avoid}}
</style>
)";

}  // namespace

std::string PageStart(std::string_view title, std::string_view more_style) {
  std::string style(kStyle);
  if (!more_style.empty()) style += "<style>\n" + std::string(more_style) + "</style>\n";
  return std::string(kHead) + "<title>" + EscapeMarkup(title) + "</title>\n" + style +
         "</head>\n<body>\n<main>\n";
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

std::string PageEnd(std::string_view footer) {
  return "<footer>" + std::string(footer) + "</footer>\n</main>\n</body>\n</html>\n";
}

std::string FileRows(const std::vector<SkippedFile>& files, size_t most, std::string_view rest) {
  std::string text;
  const size_t shown = std::min(files.size(), most);
  for (size_t i = 0; i < shown; ++i) {
    text += "<tr><td>" + EscapeMarkup(files[i].file) + "</td><td>" + EscapeMarkup(files[i].reason) +
            "</td></tr>\n";
  }
  text += "</tbody>\n</table></div>\n";
  if (shown < files.size()) {
    text += "<p class=\"soft\">The first " + FormatCount(shown) + " of " +
            FormatCount(files.size()) + std::string(rest) + ".</p>\n";
  }
  return text;
}

}  // namespace ag
