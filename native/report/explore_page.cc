#include "native/report/explore_page.h"

#include <string_view>

#include "native/base/text_format.h"
#include "native/data/label_text.h"
#include "native/plot/svg_chart.h"
#include "native/report/page.h"

namespace ag {
namespace {

constexpr size_t kListedFiles = 200;

Markup Header(const ExploreReport& report) {
  const DatasetStats& stats = report.stats;
  Markup choice;
  if (report.listed > stats.samples) {
    choice = Line("p", {},
                  "A random choice of " + FormatCount(stats.samples) + " among " +
                      FormatCount(report.listed) + " usable pictures (--data-limit).");
  }
  Markup ages = Tile("Ages", "Not given");
  if (stats.ages_known > 0) {
    ages = Tile("Ages", FormatYears(stats.age_min) + "–" + FormatYears(stats.age_max)) +
           Tile("Median age", FormatYears(stats.age_median));
  }
  const size_t women = stats.genders[GenderIndex(Gender::kFemale)];
  const size_t known = women + stats.genders[GenderIndex(Gender::kMale)];
  return Block("header", {}, Line("h1", {}, "What is in the data set"),
               Line("p", {{"class", "soft path"}}, report.data), choice,
               Block("dl", {{"class", "tiles"}}, Tile("Pictures used", FormatCount(stats.samples)),
                     Tile("Files skipped", FormatCount(report.skipped.size())), ages,
                     Tile("Labelled female", FormatShare(women, known))));
}

Markup Note() {
  return Markup::Raw(R"(<section class="note">
<p><strong>Gender</strong> is here the data set’s binary label: what its annotators perceived,
not what a person says of themselves. Ages and groups are labels too, and some are wrong.</p>
<p><strong>Keep this page to yourself.</strong> It holds pictures of the data set, and those are
not to be published. UTKFace, for one, is for non-commercial research only, and the copyright of
each picture stays with its owner.</p>
</section>
)");
}

Markup Entry(std::string_view name, std::string_view value) {
  return Element("dt", name) + Line("dd", {}, value);
}

// `title`: a tooltip, if not empty.
Markup PictureElement(const ShownPicture& picture, std::string_view alternative,
                      const std::string& title) {
  const std::string width = std::to_string(picture.width), height = std::to_string(picture.height);
  const std::string source = DataUrl("image/jpeg", picture.jpeg), words(alternative);
  if (title.empty()) {
    return EmptyElement("img",
                        {{"alt", words}, {"width", width}, {"height", height}, {"src", source}});
  }
  return EmptyElement(
      "img",
      {{"alt", words}, {"title", title}, {"width", width}, {"height", height}, {"src", source}});
}

Markup OnePicture(const ShownPictures& pictures) {
  const Sample& sample = pictures.first.sample;
  return Section("One picture and its label",
                 Block("figure", {{"class", "one"}},
                       PictureElement(pictures.first, "A face from the data set", ""),
                       Block("dl", {}, Entry("Age", AgeWords(sample)),
                             Entry("Gender", GenderWord(sample.gender)),
                             Entry("Group", GroupWord(sample.group)),
                             Entry("Size", std::to_string(pictures.first_width) + " × " +
                                               std::to_string(pictures.first_height) + " pixels"),
                             Entry("File", sample.file))));
}

Markup ChartNamed(const ExploreReport& report, std::string_view name) {
  for (const ExploreChart& chart : report.charts) {
    if (chart.name != name) continue;
    return Block("figure", {{"class", "plot"}}, chart.wide, chart.narrow,
                 Line("figcaption", {}, chart.caption));
  }
  return {};
}

Markup AgesSection(const ExploreReport& report) {
  const DatasetStats& stats = report.stats;
  if (stats.ages_known == 0) return {};
  Markup notes;
  if (stats.ages_known < stats.samples) {
    notes += Line("p", {{"class", "soft"}},
                  "Pictures without an age, which count for nothing here: " +
                      FormatCount(stats.samples - stats.ages_known) + ".");
  }
  if (stats.age_ranges > 0) {
    notes += Line("p", {{"class", "soft"}},
                  FormatCount(stats.age_ranges) +
                      " pictures have a range instead of an age: each counts in equal parts for "
                      "every year of its range, and with its middle for the median.");
  }
  return Section("Ages", ChartNamed(report, "ages"), ChartNamed(report, "ages_by_gender"),
                 Line("p", {},
                      "From " + FormatYears(stats.age_min) + " to " + FormatYears(stats.age_max) +
                          " years, mean " + FormatDecimal(stats.age_mean, 1) + ", median " +
                          FormatYears(stats.age_median) + "."),
                 notes);
}

Markup CountRow(std::string_view name, const GenderCounts& counts, size_t total, size_t whole,
                bool with_unknown) {
  Markup cells = Element("td", name);
  for (size_t i = 0; i < (with_unknown ? kGenderKinds : kGenderKinds - 1); ++i) {
    cells += NumberCell(FormatCount(counts[i]));
  }
  return Element("tr", cells, NumberCell(FormatCount(total)),
                 NumberCell(FormatShare(total, whole)));
}

Markup CountTable(const DatasetStats& stats) {
  const bool with_unknown = stats.genders[GenderIndex(Gender::kUnknown)] > 0;
  Markup head = Element("th", "Group");
  for (const char* name : {"Male", "Female", "Not given", "All", "Share"}) {
    if (!with_unknown && name == std::string_view("Not given")) continue;
    head += Element("th", {{"class", "number"}}, name);
  }
  Markup rows;
  for (const GroupCounts& group : ShownGroups(stats)) {
    rows += CountRow(Truncate(GroupWord(group.name), 60), group.by_gender, group.total(),
                     stats.samples, with_unknown) +
            Markup::Raw("\n");
  }
  return WideTable(
      "", "counts",
      Line("thead", {}, Element("tr", head)) + Block("tbody", {}, rows) +
          Line("tfoot", {},
               CountRow("All", stats.genders, stats.samples, stats.samples, with_unknown)));
}

Markup GroupsSection(const ExploreReport& report) {
  return Section(
      "Gender and group",
      Block("div", {{"class", "pair"}}, ChartNamed(report, "gender"), ChartNamed(report, "group")),
      CountTable(report.stats));
}

Markup GridSection(const std::vector<ShownPicture>& grid) {
  Markup figures;
  for (const ShownPicture& picture : grid) {
    const Sample& sample = picture.sample;
    const std::string label = AgeWords(sample) + ", " + GenderWord(sample.gender);
    Markup caption = label;
    if (!sample.group.empty()) caption += Element("small", Truncate(sample.group, 40));
    figures += Line("figure", {}, PictureElement(picture, label, sample.file),
                    Element("figcaption", caption));
  }
  return Section(FormatCount(grid.size()) + (grid.size() == 1 ? " picture" : " pictures") +
                     ", chosen at random",
                 Block("div", {{"class", "grid"}}, figures));
}

// A long list is cut, and says so.
Markup FileTable(const std::vector<SkippedFile>& files) {
  if (files.empty()) return {};
  return WideTable(
             "", "files",
             Line("thead", {}, Element("tr", Element("th", "File"), Element("th", "Reason"))) +
                 Block("tbody", {}, FileRows(files, kListedFiles))) +
         CutList(files.size(), kListedFiles, "");
}

Markup FilesSections(const ExploreReport& report) {
  const ShownPictures& pictures = report.pictures;
  const Markup skipped =
      Section("Files used and skipped",
              Line("p", {},
                   FormatCount(report.listed) + " usable, " + FormatCount(report.skipped.size()) +
                       " skipped" + (report.skipped.empty() ? "." : ":")),
              FileTable(report.skipped));
  if (pictures.unread.empty()) return skipped;
  return skipped +
         Block("section", {{"class", "problem"}}, Line("h2", {}, "Pictures that could not be read"),
               Line("p", {},
                    FormatCount(pictures.unread.size()) + " of " + FormatCount(pictures.tried) +
                        " that were chosen to be shown; others took their places. The rest of the "
                        "data set was not opened."),
               FileTable(pictures.unread));
}

}  // namespace

std::string MakeExplorePage(const ExploreReport& report) {
  const bool shown = !report.pictures.empty();
  Markup body = Header(report) + Note();
  if (shown) body += OnePicture(report.pictures);
  body += AgesSection(report) + GroupsSection(report);
  if (shown) body += GridSection(report.pictures.grid);
  return MakePage(report.data + ": what is in it", {ChartStyle()}, body + FilesSections(report),
                  "Made by " + Element("code", "ag_native explore") + ", seed " +
                      std::to_string(report.seed) + ". The whole table is in table.csv.");
}

}  // namespace ag
