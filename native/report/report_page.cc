#include "native/report/report_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "native/base/markup.h"
#include "native/base/text_format.h"
#include "native/data/label_text.h"
#include "native/report/figure_text.h"
#include "native/report/page_style.h"

namespace ag {
namespace {

constexpr size_t kListedFiles = 100;

constexpr std::string_view kStyle = R"(:root{--a:#2563a8;--a-soft:#2563a83d;--b:#b4500f;
--gridline:#e4e7eb}
@media (prefers-color-scheme:dark){:root{--a:#7fb4ea;--a-soft:#7fb4ea40;--b:#f2a56b;
--gridline:#2b3037}}
.tiles dd small{display:block;font-size:.78rem;font-weight:400;line-height:1.35}
.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:2rem 2.2rem;
align-items:start}
.charts h3{font-size:1rem;margin:0 0 .4rem}
.charts svg{display:block;width:100%;height:auto}
svg path,svg line{fill:none}
svg .label{fill:var(--soft);font-size:14px}
svg .dense{font-size:11px}
svg .axis{stroke:var(--soft);stroke-width:1}
svg .grid{stroke:var(--gridline);stroke-width:1}
svg .mark{stroke:var(--b);stroke-width:1.5;stroke-dasharray:6 4}
svg .cloud{stroke:var(--a);stroke-width:3.2;stroke-linecap:round;opacity:.3}
svg .line{stroke:var(--a);stroke-width:2.2;stroke-linejoin:round}
svg .whisker{stroke:var(--a);stroke-width:1.6}
svg .median{stroke:var(--a);stroke-width:2.6}
svg .box{fill:var(--a-soft);stroke:var(--a);stroke-width:1.2}
svg .bar{fill:var(--a)}
svg .count,svg .band,svg path.band{fill:var(--a-soft)}
svg .dot{fill:var(--a)}
.figures td,.figures th{white-space:nowrap}
.figures th.number{text-align:right}
.figures small{display:block;font-size:.74rem;line-height:1.25}
.figures td:first-child{white-space:normal;min-width:6.5rem}
.meta{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.3rem 1.2rem;margin:0}
.meta dd{margin:0;overflow-wrap:anywhere}
.meta code,.path code{font-size:.85rem}
.grid.worst{grid-template-columns:repeat(6,minmax(0,1fr))}
.gone{display:grid;place-items:center;aspect-ratio:1;border-radius:8px;background:var(--line);
font-size:.8rem}
.meaning{display:block;line-height:1.35}
section h2+p{margin:-.4rem 0 1rem}
code{white-space:nowrap}
.meta code{white-space:normal}
@media (max-width:680px){
.charts{grid-template-columns:minmax(0,1fr);gap:1.8rem}
.grid.worst{grid-template-columns:repeat(3,minmax(0,1fr))}
.meta{grid-template-columns:minmax(0,1fr);gap:0}
.meta dd{margin-bottom:.5rem}
.tiles div:nth-child(even):last-child{grid-column:span 2}
.overall tr{display:grid;grid-template-columns:minmax(0,1fr) 4.1rem 7.2rem 4.2rem;
padding-top:.35rem;border-bottom:1px solid var(--line)}
.overall td,.overall th{border-bottom:0}
.overall td:first-child{display:contents}
.overall td.number{padding-top:0;padding-bottom:0}
.overall .meaning{grid-column:1/-1;grid-row:2;padding-bottom:.4rem}
}
)";

std::string Value(const CellResult& cell, Figure figure) {
  return FormatFigure(cell.of(figure).value, InfoOf(figure).unit);
}

std::string IntervalOf(const CellResult& cell, Figure figure) {
  const Interval& interval = cell.of(figure).interval;
  return FormatInterval(interval.low, interval.high, InfoOf(figure).unit);
}

std::string Small(const std::string& text) {
  return text.empty() ? "" : "<small>" + text + "</small>";
}

std::string Tile(const std::string& name, const CellResult& cell, Figure figure) {
  if (!std::isfinite(cell.of(figure).value)) return {};
  return "<div><dt>" + name + "</dt><dd>" + Value(cell, figure) + Small(IntervalOf(cell, figure)) +
         "</dd></div>\n";
}

std::string DataWords(const ReportData& data) {
  std::string text = EscapeMarkup(data.name);
  if (!data.part.empty()) text += ", part “" + EscapeMarkup(data.part) + "”";
  if (!data.protocol.empty()) text += ", ages " + EscapeMarkup(data.protocol) + " only";
  return text;
}

std::string Header(const ReportMeta& meta, const EvalResults& results) {
  const CellResult& all = results.overall;
  return "<header>\n<h1>How well " + EscapeMarkup(meta.model.provenance.name) +
         " does</h1>\n<p class=\"soft path\">On " + FormatCount(meta.data.evaluated) +
         " pictures of " + DataWords(meta.data) + ", with 95 % bootstrap intervals.</p>\n" +
         "<dl class=\"tiles\">\n" + Tile("Age, mean error in years", all, Figure::kMae) +
         Tile("Within 5 years", all, Figure::kWithin5) +
         Tile("In the labelled range", all, Figure::kWithinRange) +
         Tile("Gender as labelled", all, Figure::kGenderAccuracy) +
         Tile("Gender AUC", all, Figure::kGenderAuc) +
         Tile("Inside the 90 % interval", all, Figure::kIntervalCoverage) +
         Tile("Under 18, called 21+", all, Figure::kMinorsAsAdults) + "</dl>\n</header>\n";
}

std::string Note(bool faces) {
  std::string text = R"(<section class="note">
<p><strong>Gender</strong> is here the data set’s binary label: what its annotators perceived,
not what a person says of themselves. Ages and groups are labels too, and some are wrong.</p>
)";
  if (faces) {
    text +=
        R"(<p><strong>Keep this page to yourself.</strong> It shows pictures of the data set (the worst errors),
and those must not be published; <code>--worst 0</code> makes a page without them.</p>
)";
  }
  return text + "</section>\n";
}

// The start of a table that may be wider than the page: a keyboard scrolls it too.
std::string WideTable(const std::string& label, const std::string& css_class) {
  return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + label +
         "\"><table class=\"" + css_class + "\">\n";
}

std::string OverallTable(const EvalResults& results) {
  std::string text =
      "<section>\n<h2>All pictures</h2>\n" + WideTable("All pictures", "overall") +
      "<thead><tr><th>Figure</th><th class=\"number\">Value</th><th class=\"number\">95 % "
      "interval</th><th class=\"number\">Pictures</th></tr></thead>\n<tbody>\n";
  for (size_t i = 0; i < kFigureCount; ++i) {
    const Figure figure = FigureAt(i);
    if (!std::isfinite(results.overall.of(figure).value)) continue;
    const FigureInfo& info = InfoOf(figure);
    text += "<tr id=\"" + std::string(info.name) + "\"><td>" + EscapeMarkup(info.title) +
            "<small class=\"meaning\">" + EscapeMarkup(info.meaning) +
            "</small></td><td class=\"number value\">" + Value(results.overall, figure) +
            "</td><td class=\"number\">" + IntervalOf(results.overall, figure) +
            "</td><td class=\"number\">" + FormatCount(results.overall.count_of(figure)) +
            "</td></tr>\n";
  }
  return text + "</tbody>\n</table></div>\n</section>\n";
}

std::string Charts(const std::vector<ReportChart>& charts) {
  std::string text = "<section>\n<div class=\"charts\">\n";
  for (const ReportChart& chart : charts) {
    text += "<figure>\n<h3>" + EscapeMarkup(chart.title) + "</h3>\n" + chart.svg + "<figcaption>" +
            EscapeMarkup(chart.caption) + "</figcaption>\n</figure>\n";
  }
  return text + "</div>\n</section>\n";
}

// The columns of a breakdown: figures that at least one of its cells has.
std::vector<Figure> Columns(const BreakdownResult& breakdown) {
  std::vector<Figure> columns;
  for (size_t i = 0; i < kFigureCount; ++i) {
    const Figure figure = FigureAt(i);
    // Too many columns for one table: these stand in that of all pictures and in report.json.
    if (figure == Figure::kWithin3 || figure == Figure::kWithin10 || figure == Figure::kGenderEce) {
      continue;
    }
    const bool any =
        std::any_of(breakdown.cells.begin(), breakdown.cells.end(),
                    [&](const CellResult& cell) { return std::isfinite(cell.of(figure).value); });
    if (any) columns.push_back(figure);
  }
  return columns;
}

std::string BreakdownSection(const BreakdownResult& breakdown) {
  if (breakdown.cells.size() < 2) return {};
  const std::vector<Figure> columns = Columns(breakdown);
  const std::string title = EscapeMarkup(breakdown.title);
  std::string text = "<section>\n<h2>" + title + "</h2>\n" + WideTable(title, "figures") +
                     "<thead><tr><th>Part</th><th class=\"number\">Pictures</th>";
  for (const Figure figure : columns) {
    text += "<th class=\"number\">" + EscapeMarkup(InfoOf(figure).title) + "</th>";
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const CellResult& cell : breakdown.cells) {
    text += "<tr><td>" + EscapeMarkup(Truncate(cell.name.label, 60)) +
            "</td><td class=\"number\">" + FormatCount(cell.pictures) + "</td>";
    for (const Figure figure : columns) {
      text +=
          "<td class=\"number\">" + Value(cell, figure) + Small(IntervalOf(cell, figure)) + "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table></div>\n</section>\n";
}

std::string WorstFigure(const WorstFace& face, bool gender) {
  const EvalPrediction& p = *face.prediction;
  const std::string said =
      gender ? GenderWord(p.label.gender) + ", said " +
                   FormatDecimal(100 * (p.says_female() ? p.p_female : 1 - p.p_female), 1) + " % " +
                   GenderField(p.says_female() ? Gender::kFemale : Gender::kMale)
             : AgeWords(p.label) + ", said " + FormatDecimal(p.age, 0);
  std::string rest = GenderWord(p.label.gender);
  if (gender) rest = p.label.has_age() ? "age " + AgeWords(p.label) : "age not given";
  if (!p.label.group.empty()) rest += ", " + EscapeMarkup(Truncate(p.label.group, 40));
  std::string picture = "<div class=\"gone\">cannot be read</div>";
  if (!face.jpeg.empty()) {
    picture = "<img alt=\"Labelled " + said + "\" title=\"" + EscapeMarkup(p.label.file) +
              "\" width=\"" + std::to_string(face.width) + "\" height=\"" +
              std::to_string(face.height) + "\" src=\"data:image/jpeg;base64," +
              EncodeBase64(face.jpeg) + "\">";
  }
  return "<figure>" + picture + "<figcaption>" + said + Small(rest) + "</figcaption></figure>\n";
}

std::string WorstSection(const std::vector<WorstFace>& faces, bool gender) {
  if (faces.empty()) return {};
  std::string text =
      "<section>\n<h2>" +
      std::string(gender ? "Surest of the other gender" : "Farthest from the labelled age") +
      "</h2>\n<p class=\"soft\">The " + FormatCount(faces.size()) +
      (gender ? " pictures whose label is contradicted with the most confidence."
              : " largest errors.") +
      " Some of them are errors of the label. Not to be published.</p>\n<div class=\"grid "
      "worst\">\n";
  for (const WorstFace& face : faces) text += WorstFigure(face, gender);
  return text + "</div>\n</section>\n";
}

std::string Entry(const std::string& name, const std::string& markup) {
  return markup.empty() ? "" : "<dt>" + name + "</dt><dd>" + markup + "</dd>\n";
}

std::string Megabytes(uint64_t bytes) {
  return FormatDecimal(static_cast<double>(bytes) / 1e6, 2) + " MB";
}

std::string ModelSection(const ReportModel& model) {
  const Provenance& from = model.provenance;
  return "<section>\n<h2>The model</h2>\n<dl class=\"meta\">\n" +
         Entry("Name", EscapeMarkup(from.name)) +
         Entry("File", EscapeMarkup(model.file) + ", " + Megabytes(model.bytes)) +
         Entry("SHA-256", "<code>" + EscapeMarkup(model.sha256) + "</code>") +
         Entry("Size", FormatCount(model.parameters) + " parameters, " +
                           FormatCount(model.macs / 1000000) + " million multiply-adds, input " +
                           std::to_string(model.input_width) + " × " +
                           std::to_string(model.input_height)) +
         Entry("Trained on", EscapeMarkup(from.source)) +
         Entry("Terms", EscapeMarkup(from.licence)) +
         Entry("Code", EscapeMarkup(from.code_commit)) + "</dl>\n</section>\n";
}

std::string FileList(const std::string& title, const std::vector<SkippedFile>& files) {
  if (files.empty()) return {};
  std::string text = "<h3>" + title + "</h3>\n" + WideTable(title, "files") + "<tbody>\n";
  return text + FileRows(files, kListedFiles, "; all of them are in report.json");
}

std::string DataSection(const ReportMeta& meta, const EvalResults& results) {
  const ReportData& data = meta.data;
  const std::string crop = data.crop == "detect"
                               ? "face found and aligned; none found in " +
                                     FormatCount(data.centre_crops) + ", their centre was taken"
                               : "pictures taken as crops, their centre";
  const std::string draws =
      FormatCount(meta.resamples) + " resamples of " + FormatCount(results.clusters) + " " +
      (meta.clusters.empty()
           ? "pictures"
           : "clusters (near-duplicates together, " + EscapeMarkup(meta.clusters) + ")") +
      ", seed " + std::to_string(meta.seed) +
      "; the middle 95 %. Where every picture of a cell is right, or every one wrong, no interval "
      "of "
      "this kind can show a width.";
  std::string paths;
  for (const std::string& path : data.paths) paths += (paths.empty() ? "" : ", ") + path;
  return "<section>\n<h2>The data</h2>\n<dl class=\"meta\">\n" +
         Entry("Data", EscapeMarkup(paths)) + Entry("Split", EscapeMarkup(data.split)) +
         Entry("Pictures",
               FormatCount(data.evaluated) + " evaluated, " + FormatCount(data.failed.size()) +
                   " could not be read, " + FormatCount(data.skipped.size()) +
                   " without usable labels" +
                   (data.protocol.empty() ? ""
                                          : ", " + FormatCount(data.outside_protocol) +
                                                " outside of ages " + EscapeMarkup(data.protocol)) +
                   (data.missing == 0
                        ? ""
                        : ", " + FormatCount(data.missing) + " of the split are missing")) +
         Entry("Crops", crop) + Entry("Intervals", draws) + "</dl>\n" +
         FileList("Could not be read", data.failed) +
         FileList("Without usable labels", data.skipped) + "</section>\n";
}

}  // namespace

std::string MakeReportPage(const ReportMeta& meta, const EvalResults& results,
                           const std::vector<ReportChart>& charts, const WorstFaces& worst) {
  const bool faces = !worst.ages.empty() || !worst.genders.empty();
  std::string page =
      PageStart("Evaluation of " + meta.model.provenance.name + " on " + meta.data.name, kStyle) +
      Header(meta, results) + Note(faces) + OverallTable(results) + Charts(charts);
  for (const BreakdownResult& breakdown : results.breakdowns) page += BreakdownSection(breakdown);
  page += WorstSection(worst.ages, false) + WorstSection(worst.genders, true);
  return page + ModelSection(meta.model) + DataSection(meta, results) +
         PageEnd("Made by <code>ag_native eval --report</code>, version " +
                 EscapeMarkup(meta.version) +
                 ". All numbers are in report.json, every prediction in predictions.csv.");
}

}  // namespace ag
