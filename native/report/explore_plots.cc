#include "native/report/explore_plots.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "native/base/text_format.h"
#include "native/data/label_text.h"

namespace ag {
namespace {

// Blue, orange, gray: told apart by colour-blind readers, and legible on white and on near-black.
constexpr std::array<std::string_view, kGenderKinds> kGenderColours = {"#3f7fd6", "#e58a2f",
                                                                       "#8b929c"};
constexpr std::string_view kAgeColour = "#2f9e8f";
constexpr size_t kShownGroups = 12;
constexpr size_t kLabelLimit = 22;  // code points of a group's name

constexpr std::string_view kFrame =
    "set border 0\n"
    "set tics scale 0\n"
    "set grid lt 1 lc rgb 'gray' lw 1\n";

// 1, 2 or 5 times a power of ten, at least 1: about five steps up to `maximum`.
double TickStep(double maximum) {
  const double rough = maximum / 5;
  if (rough <= 1) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string Colour(std::string_view colour) { return " lc rgb '" + std::string(colour) + "'"; }

size_t LastYear(const DatasetStats& stats) {
  return std::min<size_t>(120, (static_cast<size_t>(stats.age_max) / 10 + 1) * 10);
}

std::string CountTics(double highest, double step) {
  std::string tics;
  for (double at = 0; at <= highest; at += step) {
    const auto count = static_cast<size_t>(at);
    tics += (tics.empty() ? "set ytics (" : ", ") + GnuplotQuote(FormatCount(count)) + " " +
            std::to_string(count);
  }
  return tics + ")\n";
}

std::string AgeAxes(const DatasetStats& stats, double most) {
  const double step = TickStep(most);
  const double highest = std::max(step, std::ceil(most / step) * step);
  return std::string(kFrame) + "set grid ytics\nset grid noxtics\n" +
         "set xrange [-0.8:" + GnuplotNumber(static_cast<double>(LastYear(stats)) + 0.8) + "]\n" +
         "set yrange [0:" + GnuplotNumber(highest) + "]\n" + CountTics(highest, step) +
         "age_step = plot_width < 600 ? 20 : 10\nset xtics age_step\nset xlabel 'Age in "
         "years'\nset ylabel 'Pictures'\n";
}

// Ends after the last year that has pictures, so that no outline is drawn along the axis.
std::string YearBlock(const std::array<double, kAgeYears>& years, const std::string& name) {
  size_t last = kAgeYears - 1;
  while (last > 0 && years[last] == 0) --last;
  std::string text = name + " << EOD\n";
  for (size_t i = 0; i <= last; ++i) {
    text += std::to_string(i) + " " + GnuplotNumber(years[i]) + "\n";
  }
  return text + "EOD\n";
}

ExplorePlot AgesPlot(const DatasetStats& stats) {
  std::array<double, kAgeYears> all{};
  for (const auto& years : stats.ages) {
    for (size_t i = 0; i < kAgeYears; ++i) all[i] += years[i];
  }
  const auto mode = std::max_element(all.begin(), all.end());
  ExplorePlot plot;
  plot.name = "ages";
  plot.caption = "Pictures by age.";
  if (stats.age_ranges == 0) {
    plot.caption += " Half are of people up to " + FormatYears(stats.age_median) +
                    "; the most frequent age is " + std::to_string(mode - all.begin()) + ".";
  }
  plot.script = YearBlock(all, "$ages") + AgeAxes(stats, *mode) +
                "set boxwidth 0.82\nset style fill solid 1 noborder\n"
                "plot $ages using 1:2 with boxes" +
                Colour(kAgeColour) + " notitle\n";
  plot.wide = {.width = 960, .height = 330};
  plot.narrow = {.width = 430, .height = 300};
  return plot;
}

ExplorePlot AgesByGenderPlot(const DatasetStats& stats) {
  ExplorePlot plot;
  plot.name = "ages_by_gender";
  plot.caption = "Pictures by age for each gender, one distribution laid over the other.";
  double highest = 0;
  std::string areas, outlines;
  for (size_t i = 0; i < kGenderKinds; ++i) {
    if (stats.genders[i] == 0) continue;
    const std::string block = "$gender" + std::to_string(i);
    plot.script += YearBlock(stats.ages[i], block);
    highest = std::max(highest, *std::max_element(stats.ages[i].begin(), stats.ages[i].end()));
    const std::string colour = Colour(kGenderColours[i]);
    areas += (areas.empty() ? "" : ", ") + block +
             " using 1:2 with boxes fs transparent solid 0.35 noborder" + colour + " title " +
             GnuplotQuote(GenderWord(GenderAt(i)));
    outlines += ", " + block + " using 1:2 with histeps lw 1.6" + colour + " notitle";
  }
  plot.script += AgeAxes(stats, highest) + "set boxwidth 1\nset key top right reverse Left\nplot " +
                 areas + outlines + "\n";
  plot.wide = {.width = 960, .height = 330};
  plot.narrow = {.width = 430, .height = 300};
  return plot;
}

// Horizontal bars, one a row from the top, each split by gender, its total written behind it.
std::string BarScript(const std::vector<GroupCounts>& rows, size_t whole, bool legend) {
  size_t longest = 1;
  std::array<bool, kGenderKinds> present{};
  std::string tics, labels, data = "$bars << EOD\n";  // row, then from and to of each gender
  for (size_t row = 0; row < rows.size(); ++row) {
    const size_t total = rows[row].total();
    longest = std::max(longest, total);
    data += std::to_string(row);
    size_t start = 0;
    for (size_t i = 0; i < kGenderKinds; ++i) {
      const size_t end = start + rows[row].by_gender[i];
      // An empty part would still be drawn, as a hairline.
      data += end == start ? " NaN NaN" : " " + std::to_string(start) + " " + std::to_string(end);
      present[i] = present[i] || end > start;
      start = end;
    }
    data += "\n";
    tics += std::string(row == 0 ? "" : ", ") +
            GnuplotQuote(Truncate(GroupWord(rows[row].name), kLabelLimit)) + " " +
            std::to_string(row);
    labels += "set label " + GnuplotQuote(FormatCount(total) + "  " + FormatShare(total, whole)) +
              " at " + std::to_string(total) + "," + std::to_string(row) + " left offset 0.6,0\n";
  }
  std::string plots;
  for (size_t i = 0; i < kGenderKinds; ++i) {
    if (!present[i]) continue;
    const std::string from = "$" + std::to_string(2 + 2 * i), to = "$" + std::to_string(3 + 2 * i);
    plots += (plots.empty() ? "" : ", ") + std::string("$bars using (") + from + "):1:(" + from +
             "):(" + to + "):($1-0.33):($1+0.33) with boxxyerror" + Colour(kGenderColours[i]) +
             (legend ? " title " + GnuplotQuote(GenderWord(GenderAt(i))) : " notitle");
  }
  return data + "EOD\n" + std::string(kFrame) + labels + "unset grid\nset ytics (" + tics +
         ")\nunset xtics\nset style fill solid 1 noborder\n"
         "set key outside top center horizontal reverse Left\n"
         "set xrange [0:" +
         GnuplotNumber(static_cast<double>(longest) * 1.5) + "]\n" + "set yrange [" +
         GnuplotNumber(static_cast<double>(rows.size()) - 0.4) + ":-0.6]\nplot " + plots + "\n";
}

PlotOptions BarSize(size_t rows, bool legend) {
  return {.width = 460, .height = static_cast<int>(20 + 40 * rows + (legend ? 30 : 0))};
}

ExplorePlot GenderPlot(const DatasetStats& stats) {
  std::vector<GroupCounts> rows;
  for (size_t i = 0; i < kGenderKinds; ++i) {
    if (stats.genders[i] == 0) continue;
    GroupCounts row{GenderWord(GenderAt(i)), {}};
    row.by_gender[i] = stats.genders[i];
    rows.push_back(row);
  }
  ExplorePlot plot;
  plot.name = "gender";
  plot.caption = "Pictures by gender.";
  plot.script = BarScript(rows, stats.samples, false);
  plot.wide = plot.narrow = BarSize(rows.size(), false);
  return plot;
}

ExplorePlot GroupPlot(const DatasetStats& stats) {
  const std::vector<GroupCounts> rows = ShownGroups(stats);
  ExplorePlot plot;
  plot.name = "group";
  plot.caption = "Pictures by group (race in UTKFace), each bar split by gender.";
  plot.script = BarScript(rows, stats.samples, true);
  plot.wide = plot.narrow = BarSize(rows.size(), true);
  return plot;
}

}  // namespace

std::vector<GroupCounts> ShownGroups(const DatasetStats& stats) {
  if (stats.groups.size() <= kShownGroups) return stats.groups;
  std::vector<GroupCounts> shown(stats.groups.begin(), stats.groups.begin() + kShownGroups - 1);
  GroupCounts rest;
  for (size_t i = kShownGroups - 1; i < stats.groups.size(); ++i) {
    for (size_t j = 0; j < kGenderKinds; ++j) {
      rest.by_gender[j] += stats.groups[i].by_gender[j];
    }
  }
  rest.name = FormatCount(stats.groups.size() - shown.size()) + " others";
  shown.push_back(rest);
  return shown;
}

std::vector<ExplorePlot> MakeExplorePlots(const DatasetStats& stats) {
  std::vector<ExplorePlot> plots;
  if (stats.ages_known > 0) plots = {AgesPlot(stats), AgesByGenderPlot(stats)};
  plots.push_back(GenderPlot(stats));
  plots.push_back(GroupPlot(stats));
  return plots;
}

}  // namespace ag
