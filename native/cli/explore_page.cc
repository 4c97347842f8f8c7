#include "native/cli/explore_page.h"

#include <algorithm>
#include <string_view>

#include "native/cli/explore_text.h"

namespace ag {
namespace {

constexpr size_t kListedFiles = 200;

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

std::string SvgUrl(const std::string& svg) {
  return "data:image/svg+xml;base64," + EncodeBase64(svg);
}

std::string Tile(std::string_view name, const std::string& value) {
  return "<div><dt>" + std::string(name) + "</dt><dd>" + value + "</dd></div>\n";
}

std::string Header(const ExploreReport& report) {
  const DatasetStats& stats = report.stats;
  std::string text = "<header>\n<h1>What is in the data set</h1>\n<p class=\"soft path\">" +
                     EscapeMarkup(report.data) + "</p>\n";
  if (report.listed > stats.samples) {
    text += "<p>A random choice of " + FormatCount(stats.samples) + " among " +
            FormatCount(report.listed) + " usable pictures (--data-limit).</p>\n";
  }
  const size_t women = stats.genders[GenderIndex(Gender::kFemale)];
  const size_t known = women + stats.genders[GenderIndex(Gender::kMale)];
  return text + "<dl class=\"tiles\">\n" + Tile("Pictures used", FormatCount(stats.samples)) +
         Tile("Files skipped", FormatCount(report.skipped.size())) +
         Tile("Ages", FormatYears(stats.age_min) + "–" + FormatYears(stats.age_max)) +
         Tile("Median age", FormatYears(stats.age_median)) +
         Tile("Labelled female", FormatShare(women, known)) + "</dl>\n</header>\n";
}

std::string Note() {
  return R"(<section class="note">
<p><strong>Gender</strong> is here the data set’s binary label: what its annotators perceived,
not what a person says of themselves. Ages and groups are labels too, and some are wrong.</p>
<p><strong>Keep this page to yourself.</strong> It holds pictures of the data set, and those are
not to be published. UTKFace, for one, is for non-commercial research only, and the copyright of
each picture stays with its owner.</p>
</section>
)";
}

std::string OnePicture(const ExploreReport& report) {
  const ShownPictures& pictures = report.pictures;
  const Sample& sample = pictures.first.sample;
  return "<section>\n<h2>One picture and its label</h2>\n<figure class=\"one\">\n<img alt=\"A face "
         "from the data set\" width=\"" +
         std::to_string(pictures.first.width) + "\" height=\"" +
         std::to_string(pictures.first.height) + "\" src=\"" + JpegUrl(pictures.first) +
         "\">\n<dl>\n<dt>Age</dt><dd>" + FormatAge(sample, "–") + "</dd>\n<dt>Gender</dt><dd>" +
         std::string(GenderWord(sample.gender)) + "</dd>\n<dt>Group</dt><dd>" +
         EscapeMarkup(GroupWord(sample.group)) + "</dd>\n<dt>Size</dt><dd>" +
         std::to_string(pictures.first_width) + " × " + std::to_string(pictures.first_height) +
         " pixels</dd>\n<dt>File</dt><dd>" + EscapeMarkup(sample.file) +
         "</dd>\n</dl>\n</figure>\n</section>\n";
}

std::string PlotFigure(const DrawnPlot& plot) {
  if (plot.wide.empty()) return {};
  const std::string caption = EscapeMarkup(plot.caption);
  std::string text = "<figure class=\"plot\">\n<picture>";
  if (plot.narrow != plot.wide) {
    text += "<source media=\"(max-width:680px)\" srcset=\"" + SvgUrl(plot.narrow) + "\">";
  }
  return text + "<img alt=\"" + caption + "\" src=\"" + SvgUrl(plot.wide) +
         "\"></picture>\n<figcaption>" + caption + "</figcaption>\n</figure>\n";
}

std::string PlotNamed(const ExploreReport& report, std::string_view name) {
  for (const DrawnPlot& plot : report.plots) {
    if (plot.name == name) return PlotFigure(plot);
  }
  return {};
}

std::string AgesSection(const ExploreReport& report) {
  const DatasetStats& stats = report.stats;
  std::string text = "<section>\n<h2>Ages</h2>\n" + PlotNamed(report, "ages") +
                     PlotNamed(report, "ages_by_gender") + "<p>From " + FormatYears(stats.age_min) +
                     " to " + FormatYears(stats.age_max) + " years, mean " +
                     FormatDecimal(stats.age_mean, 1) + ", median " +
                     FormatYears(stats.age_median) + ".</p>\n";
  if (stats.age_ranges > 0) {
    text +=
        "<p class=\"soft\">" + FormatCount(stats.age_ranges) +
        " pictures have a range instead of an age: each counts in equal parts for every year of "
        "its range, and with its middle for the median.</p>\n";
  }
  return text + "</section>\n";
}

std::string CountRow(const std::string& name, const GenderCounts& counts, size_t total,
                     size_t whole, bool with_unknown) {
  std::string row = "<tr><td>" + EscapeMarkup(name) + "</td>";
  for (size_t i = 0; i < (with_unknown ? kGenderKinds : kGenderKinds - 1); ++i) {
    row += "<td class=\"number\">" + FormatCount(counts[i]) + "</td>";
  }
  return row + "<td class=\"number\">" + FormatCount(total) + "</td><td class=\"number\">" +
         FormatShare(total, whole) + "</td></tr>\n";
}

std::string CountTable(const DatasetStats& stats) {
  const bool with_unknown = stats.genders[GenderIndex(Gender::kUnknown)] > 0;
  std::string text =
      "<div class=\"scroll\"><table class=\"counts\">\n<thead><tr><th>Group</th><th "
      "class=\"number\">Male</th><th class=\"number\">Female</th>";
  if (with_unknown) text += "<th class=\"number\">Not given</th>";
  text += "<th class=\"number\">All</th><th class=\"number\">Share</th></tr></thead>\n<tbody>\n";
  for (const GroupCounts& group : ShownGroups(stats)) {
    text += CountRow(Truncate(GroupWord(group.name), 60), group.by_gender, group.total(),
                     stats.samples, with_unknown);
  }
  return text + "</tbody>\n<tfoot>" +
         CountRow("All", stats.genders, stats.samples, stats.samples, with_unknown) +
         "</tfoot>\n</table></div>\n";
}

std::string GroupsSection(const ExploreReport& report) {
  std::string plots = PlotNamed(report, "gender") + PlotNamed(report, "group");
  if (!plots.empty()) plots = "<div class=\"pair\">\n" + plots + "</div>\n";
  return "<section>\n<h2>Gender and group</h2>\n" + plots + CountTable(report.stats) +
         "</section>\n";
}

std::string GridSection(const ExploreReport& report) {
  const std::vector<ShownPicture>& grid = report.pictures.grid;
  std::string text = "<section>\n<h2>" + FormatCount(grid.size()) +
                     (grid.size() == 1 ? " picture" : " pictures") +
                     ", chosen at random</h2>\n<div class=\"grid\">\n";
  for (const ShownPicture& picture : grid) {
    const Sample& sample = picture.sample;
    const std::string label =
        FormatAge(sample, "–") + ", " + std::string(GenderWord(sample.gender));
    text += "<figure><img alt=\"" + label + "\" title=\"" + EscapeMarkup(sample.file) +
            "\" width=\"" + std::to_string(picture.width) + "\" height=\"" +
            std::to_string(picture.height) + "\" src=\"" + JpegUrl(picture) + "\"><figcaption>" +
            label;
    if (!sample.group.empty()) {
      text += "<small>" + EscapeMarkup(Truncate(sample.group, 40)) + "</small>";
    }
    text += "</figcaption></figure>\n";
  }
  return text + "</div>\n</section>\n";
}

// A long list is cut, and says so.
std::string FileTable(const std::vector<SkippedFile>& files) {
  std::string text =
      "<div class=\"scroll\"><table class=\"files\">\n<thead><tr><th>File</th><th>Reason</th></tr>"
      "</thead>\n<tbody>\n";
  const size_t shown = std::min(files.size(), kListedFiles);
  for (size_t i = 0; i < shown; ++i) {
    text += "<tr><td>" + EscapeMarkup(files[i].file) + "</td><td>" + EscapeMarkup(files[i].reason) +
            "</td></tr>\n";
  }
  text += "</tbody>\n</table></div>\n";
  if (shown < files.size()) {
    text += "<p class=\"soft\">The first " + FormatCount(shown) + " of " +
            FormatCount(files.size()) + ".</p>\n";
  }
  return text;
}

std::string FilesSection(const ExploreReport& report) {
  std::string text = "<section>\n<h2>Files used and skipped</h2>\n<p>" +
                     FormatCount(report.listed) + " usable, " + FormatCount(report.skipped.size()) +
                     " skipped" + (report.skipped.empty() ? "." : ":") + "</p>\n";
  if (!report.skipped.empty()) text += FileTable(report.skipped);
  text += "</section>\n";
  if (report.pictures.unread.empty()) return text;
  return text + "<section class=\"problem\">\n<h2>Pictures that could not be read</h2>\n<p>" +
         FormatCount(report.pictures.unread.size()) + " of " + FormatCount(report.pictures.tried) +
         " that were chosen to be shown; others took their places. The rest of the data set was "
         "not opened.</p>\n" +
         FileTable(report.pictures.unread) + "</section>\n";
}

}  // namespace

std::string MakeExplorePage(const ExploreReport& report) {
  std::string page = std::string(kHead) + "<title>" + EscapeMarkup(report.data) +
                     ": what is in it</title>\n" + std::string(kStyle) +
                     "</head>\n<body>\n<main>\n" + Header(report) + Note();
  if (!report.plot_problem.empty()) {
    page += "<section class=\"problem\">\n<h2>Plots are missing</h2>\n<p>" +
            EscapeMarkup(report.plot_problem) + "</p>\n</section>\n";
  }
  if (!report.pictures.empty()) page += OnePicture(report);
  page += AgesSection(report) + GroupsSection(report);
  if (!report.pictures.empty()) page += GridSection(report);
  return page + FilesSection(report) + "<footer>Made by <code>ag_native explore</code>, seed " +
         std::to_string(report.seed) +
         ". The whole table is in table.csv.</footer>\n</main>\n</body>\n</html>\n";
}

}  // namespace ag
