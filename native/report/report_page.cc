#include "native/report/report_page.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "native/base/text_format.h"
#include "native/data/label_text.h"
#include "native/plot/svg_chart.h"
#include "native/report/figure_text.h"
#include "native/report/page.h"
#include "native/report/report_css.h"

namespace ag {
namespace {

constexpr size_t kListedFiles = 100;

std::string Value(const CellResult& cell, Figure figure) {
  return FormatFigure(cell.of(figure).value, InfoOf(figure).unit);
}

std::string IntervalOf(const CellResult& cell, Figure figure) {
  const Interval& interval = cell.of(figure).interval;
  return FormatInterval(interval.low, interval.high, InfoOf(figure).unit);
}

Markup Small(std::string_view text) { return text.empty() ? Markup() : Element("small", text); }

Markup FigureTile(std::string_view name, const CellResult& cell, Figure figure) {
  if (!std::isfinite(cell.of(figure).value)) return {};
  return Tile(name, Value(cell, figure) + Small(IntervalOf(cell, figure)));
}

std::string DataWords(const ReportData& data) {
  std::string text = data.name;
  if (!data.part.empty()) text += ", part “" + data.part + "”";
  if (!data.protocol.empty()) text += ", ages " + data.protocol + " only";
  return text;
}

Markup Header(const ReportMeta& meta, const EvalResults& results) {
  const CellResult& all = results.overall;
  return Block(
      "header", {}, Line("h1", {}, "How well " + meta.model.provenance.name + " does"),
      Line("p", {{"class", "soft path"}},
           "On " + FormatCount(meta.data.evaluated) + " pictures of " + DataWords(meta.data) +
               ", with 95 % bootstrap intervals."),
      Block("dl", {{"class", "tiles"}}, FigureTile("Age, mean error in years", all, Figure::kMae),
            FigureTile("Within 5 years", all, Figure::kWithin5),
            FigureTile("In the labelled range", all, Figure::kWithinRange),
            FigureTile("Gender as labelled", all, Figure::kGenderAccuracy),
            FigureTile("Gender AUC", all, Figure::kGenderAuc),
            FigureTile("Inside the 90 % interval", all, Figure::kIntervalCoverage),
            FigureTile("Under 18, called 21+", all, Figure::kMinorsAsAdults)));
}

Markup Note(bool faces) {
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
  return Markup::Raw(text + "</section>\n");
}

Markup NumberHead(std::string_view text) { return Element("th", {{"class", "number"}}, text); }

Markup OverallTable(const EvalResults& results) {
  const CellResult& all = results.overall;
  Markup rows;
  for (size_t i = 0; i < kFigureCount; ++i) {
    const Figure figure = FigureAt(i);
    if (!std::isfinite(all.of(figure).value)) continue;
    const FigureInfo& info = InfoOf(figure);
    rows +=
        Line("tr", {{"id", std::string(info.name)}},
             Element("td", info.title, Element("small", {{"class", "meaning"}}, info.meaning)),
             Element("td", {{"class", "number value"}}, Value(all, figure)),
             NumberCell(IntervalOf(all, figure)), NumberCell(FormatCount(all.count_of(figure))));
  }
  const Markup head = Element("tr", Element("th", "Figure"), NumberHead("Value"),
                              NumberHead("95 % interval"), NumberHead("Pictures"));
  return Section("All pictures", WideTable("All pictures", "overall",
                                           Line("thead", {}, head) + Block("tbody", {}, rows)));
}

Markup Charts(const std::vector<ReportChart>& charts) {
  Markup figures;
  for (const ReportChart& chart : charts) {
    figures += Block("figure", {}, Line("h3", {}, chart.title), chart.svg,
                     Line("figcaption", {}, chart.caption));
  }
  return Block("section", {}, Block("div", {{"class", "charts"}}, figures));
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

Markup BreakdownSection(const BreakdownResult& breakdown) {
  if (breakdown.cells.size() < 2) return {};
  const std::vector<Figure> columns = Columns(breakdown);
  Markup head = Element("th", "Part") + NumberHead("Pictures");
  for (const Figure figure : columns) head += NumberHead(InfoOf(figure).title);
  Markup rows;
  for (const CellResult& cell : breakdown.cells) {
    Markup cells =
        Element("td", Truncate(cell.name.label, 60)) + NumberCell(FormatCount(cell.pictures));
    for (const Figure figure : columns) {
      cells += NumberCell(Value(cell, figure) + Small(IntervalOf(cell, figure)));
    }
    rows += Line("tr", {}, cells);
  }
  return Section(breakdown.title,
                 WideTable(breakdown.title, "figures",
                           Line("thead", {}, Element("tr", head)) + Block("tbody", {}, rows)));
}

// "Male, said 98.1 % female": what the label is, and what the model made of it.
std::string SaidWords(const EvalPrediction& p, bool gender) {
  if (!gender) return AgeWords(p.label) + ", said " + FormatDecimal(p.age, 0);
  const double probability = p.says_female() ? p.p_female : 1 - p.p_female;
  return GenderWord(p.label.gender) + ", said " + FormatDecimal(100 * probability, 1) + " % " +
         GenderField(p.says_female() ? Gender::kFemale : Gender::kMale);
}

Markup WorstFigure(const WorstFace& face, bool gender) {
  const EvalPrediction& p = *face.prediction;
  const std::string said = SaidWords(p, gender);
  std::string rest = GenderWord(p.label.gender);
  if (gender) rest = p.label.has_age() ? "age " + AgeWords(p.label) : "age not given";
  if (!p.label.group.empty()) rest += ", " + Truncate(p.label.group, 40);
  Markup picture = Element("div", {{"class", "gone"}}, "cannot be read");
  if (!face.jpeg.empty()) {
    picture = EmptyElement("img", {{"alt", "Labelled " + said},
                                   {"title", p.label.file},
                                   {"width", std::to_string(face.width)},
                                   {"height", std::to_string(face.height)},
                                   {"src", DataUrl("image/jpeg", face.jpeg)}});
  }
  return Line("figure", {}, picture, Element("figcaption", said, Small(rest)));
}

Markup WorstSection(const std::vector<WorstFace>& faces, bool gender) {
  if (faces.empty()) return {};
  Markup figures;
  for (const WorstFace& face : faces) figures += WorstFigure(face, gender);
  return Section(
      gender ? "Surest of the other gender" : "Farthest from the labelled age",
      Line("p", {{"class", "soft"}},
           "The " + FormatCount(faces.size()) +
               (gender ? " pictures whose label is contradicted with the most confidence."
                       : " largest errors.") +
               " Some of them are errors of the label. Not to be published."),
      Block("div", {{"class", "grid worst"}}, figures));
}

Markup Entry(std::string_view name, const Markup& value) {
  return value.empty() ? Markup() : Element("dt", name) + Line("dd", {}, value);
}

std::string Megabytes(uint64_t bytes) {
  return FormatDecimal(static_cast<double>(bytes) / 1e6, 2) + " MB";
}

Markup ModelSection(const ReportModel& model) {
  const Provenance& from = model.provenance;
  return Section("The model", Block("dl", {{"class", "meta"}}, Entry("Name", from.name),
                                    Entry("File", model.file + ", " + Megabytes(model.bytes)),
                                    Entry("SHA-256", Element("code", model.sha256)),
                                    Entry("Size", FormatCount(model.parameters) + " parameters, " +
                                                      FormatCount(model.macs / 1000000) +
                                                      " million multiply-adds, input " +
                                                      std::to_string(model.input_width) + " × " +
                                                      std::to_string(model.input_height)),
                                    Entry("Trained on", from.source), Entry("Terms", from.licence),
                                    Entry("Code", from.code_commit)));
}

Markup FileList(const std::string& title, const std::vector<SkippedFile>& files) {
  if (files.empty()) return {};
  return Line("h3", {}, title) +
         WideTable(title, "files", Block("tbody", {}, FileRows(files, kListedFiles))) +
         CutList(files.size(), kListedFiles, "; all of them are in report.json");
}

std::string PicturesWords(const ReportData& data) {
  std::string words = FormatCount(data.evaluated) + " evaluated, " +
                      FormatCount(data.failed.size()) + " could not be read, " +
                      FormatCount(data.skipped.size()) + " without usable labels";
  if (!data.protocol.empty()) {
    words += ", " + FormatCount(data.outside_protocol) + " outside of ages " + data.protocol;
  }
  if (data.missing > 0) {
    words += ", " + FormatCount(data.missing) + " of the split are missing";
  }
  return words;
}

Markup DataSection(const ReportMeta& meta, const EvalResults& results) {
  const ReportData& data = meta.data;
  const std::string crop = data.crop == "detect"
                               ? "face found and aligned; none found in " +
                                     FormatCount(data.centre_crops) + ", their centre was taken"
                               : "pictures taken as crops, their centre";
  const std::string draws =
      FormatCount(meta.resamples) + " resamples of " + FormatCount(results.clusters) + " " +
      (meta.clusters.empty() ? "pictures"
                             : "clusters (near-duplicates together, " + meta.clusters + ")") +
      ", seed " + std::to_string(meta.seed) +
      "; the middle 95 %. Where every picture of a cell is right, or every one wrong, no interval "
      "of this kind can show a width.";
  std::string paths;
  for (const std::string& path : data.paths) paths += (paths.empty() ? "" : ", ") + path;
  return Section("The data",
                 Block("dl", {{"class", "meta"}}, Entry("Data", paths), Entry("Split", data.split),
                       Entry("Pictures", PicturesWords(data)), Entry("Crops", crop),
                       Entry("Intervals", draws)),
                 FileList("Could not be read", data.failed),
                 FileList("Without usable labels", data.skipped));
}

}  // namespace

std::string MakeReportPage(const ReportMeta& meta, const EvalResults& results,
                           const std::vector<ReportChart>& charts, const WorstFaces& worst) {
  const bool faces = !worst.ages.empty() || !worst.genders.empty();
  Markup body = Header(meta, results) + Note(faces) + OverallTable(results) + Charts(charts);
  for (const BreakdownResult& breakdown : results.breakdowns) body += BreakdownSection(breakdown);
  body += WorstSection(worst.ages, false) + WorstSection(worst.genders, true) +
          ModelSection(meta.model) + DataSection(meta, results);
  return MakePage("Evaluation of " + meta.model.provenance.name + " on " + meta.data.name,
                  {ChartStyle(), kReportCss}, body,
                  "Made by " + Element("code", "ag_native eval --report") + ", version " +
                      meta.version +
                      ". All numbers are in report.json, every prediction in predictions.csv.");
}

}  // namespace ag
