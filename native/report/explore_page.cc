#include "native/report/explore_page.h"

#include <algorithm>
#include <string_view>

#include "native/base/markup.h"
#include "native/base/text_format.h"
#include "native/data/label_text.h"
#include "native/report/page_style.h"

namespace ag {
namespace {

constexpr size_t kListedFiles = 200;

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
         (stats.ages_known == 0
              ? Tile("Ages", "Not given")
              : Tile("Ages", FormatYears(stats.age_min) + "–" + FormatYears(stats.age_max)) +
                    Tile("Median age", FormatYears(stats.age_median))) +
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
         "\">\n<dl>\n<dt>Age</dt><dd>" + AgeWords(sample) + "</dd>\n<dt>Gender</dt><dd>" +
         GenderWord(sample.gender) + "</dd>\n<dt>Group</dt><dd>" +
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
  if (stats.ages_known == 0) return {};
  std::string text = "<section>\n<h2>Ages</h2>\n" + PlotNamed(report, "ages") +
                     PlotNamed(report, "ages_by_gender") + "<p>From " + FormatYears(stats.age_min) +
                     " to " + FormatYears(stats.age_max) + " years, mean " +
                     FormatDecimal(stats.age_mean, 1) + ", median " +
                     FormatYears(stats.age_median) + ".</p>\n";
  if (stats.ages_known < stats.samples) {
    text += "<p class=\"soft\">Pictures without an age, which count for nothing here: " +
            FormatCount(stats.samples - stats.ages_known) + ".</p>\n";
  }
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
    const std::string label = AgeWords(sample) + ", " + GenderWord(sample.gender);
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
  return text + FileRows(files, kListedFiles, "");
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
  std::string page = PageStart(report.data + ": what is in it", {}) + Header(report) + Note();
  if (!report.plot_problem.empty()) {
    page += "<section class=\"problem\">\n<h2>Plots are missing</h2>\n<p>" +
            EscapeMarkup(report.plot_problem) + "</p>\n</section>\n";
  }
  if (!report.pictures.empty()) page += OnePicture(report);
  page += AgesSection(report) + GroupsSection(report);
  if (!report.pictures.empty()) page += GridSection(report);
  return page + FilesSection(report) +
         PageEnd("Made by <code>ag_native explore</code>, seed " + std::to_string(report.seed) +
                 ". The whole table is in table.csv.");
}

}  // namespace ag
