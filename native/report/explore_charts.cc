#include "native/report/explore_charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "native/base/text_format.h"
#include "native/data/label_text.h"
#include "native/plot/svg_chart.h"

namespace ag {
namespace {

using Years = std::array<double, kAgeYears>;

constexpr ChartSize kWide = {.width = 960, .height = 330}, kNarrow = {.width = 430, .height = 300};
constexpr size_t kShownGroups = 12;
constexpr size_t kLabelLimit = 22;  // code points of a group's name

// Which colour of chart.css.
std::string ClassOf(Gender gender) {
  const std::string name = GenderField(gender);
  return name.empty() ? "unknown" : name;
}

// `draw` on both sizes.
template <typename Draw>
ExploreChart OnBothSizes(std::string name, std::string caption, const Draw& draw) {
  const SvgChart wide = draw(kWide), narrow = draw(kNarrow);
  ExploreChart chart{std::move(name), std::move(caption), {}, {}, {}};
  chart.file = SvgFile(wide, chart.caption);
  chart.wide = InlineSvg(wide, chart.caption, "wide");
  chart.narrow = InlineSvg(narrow, chart.caption, "narrow");
  return chart;
}

SvgChart AgeAxes(const DatasetStats& stats, double most, const ChartSize& size) {
  const double last = std::min(120.0, (std::floor(stats.age_max / 10) + 1) * 10);
  ChartAxis x{-0.8, last + 0.8, {}, TickText::kPlain, "Age in years"};
  const double step = size.width < 600 ? 20 : 10;
  for (double tick = 0; tick <= last; tick += step) x.ticks.push_back(tick);
  SvgChart chart(size, std::move(x), CountAxis(most, "Pictures"));
  chart.DrawAxes();
  return chart;
}

// Up to the last year that has pictures.
std::span<const double> UpToLast(const Years& years) {
  size_t count = years.size();
  while (count > 0 && years[count - 1] == 0) --count;
  return std::span(years).first(count);
}

ExploreChart AgesChart(const DatasetStats& stats) {
  constexpr double kHalf = 0.41;  // of a bar
  Years all{};
  for (const Years& years : stats.ages) {
    for (size_t i = 0; i < kAgeYears; ++i) all[i] += years[i];
  }
  const auto mode = std::max_element(all.begin(), all.end());
  std::string caption = "Pictures by age.";
  if (stats.age_ranges == 0) {
    caption += " Half are of people up to " + FormatYears(stats.age_median) +
               "; the most frequent age is " + std::to_string(mode - all.begin()) + ".";
  }
  return OnBothSizes("ages", std::move(caption), [&](const ChartSize& size) {
    SvgChart chart = AgeAxes(stats, *mode, size);
    for (size_t i = 0; i < kAgeYears; ++i) {
      const auto year = static_cast<double>(i);
      if (all[i] > 0) chart.Rectangle(year - kHalf, 0, year + kHalf, all[i], "part ages");
    }
    return chart;
  });
}

ExploreChart AgesByGenderChart(const DatasetStats& stats) {
  constexpr double kLegendWidth = 120;
  double most = 0;
  for (const Years& years : stats.ages) {
    most = std::max(most, *std::max_element(years.begin(), years.end()));
  }
  return OnBothSizes("ages_by_gender",
                     "Pictures by age for each gender, one distribution laid over the other.",
                     [&](const ChartSize& size) {
                       SvgChart chart = AgeAxes(stats, most, size);
                       std::vector<SvgChart::LegendEntry> legend;
                       for (size_t i = 0; i < kGenderKinds; ++i) {
                         if (stats.genders[i] == 0) continue;
                         const std::string css_class = ClassOf(GenderAt(i));
                         chart.Columns(UpToLast(stats.ages[i]), 0, "area " + css_class);
                         legend.push_back({GenderWord(GenderAt(i)), css_class});
                       }
                       chart.Legend(chart.right() - kLegendWidth, chart.top() + 14, false, legend);
                       return chart;
                     });
}

// Horizontal bars, one a row from the top, each split by gender, its total written behind it.
ExploreChart BarChart(std::string name, std::string caption, const std::vector<GroupCounts>& rows,
                      size_t whole, bool with_legend) {
  constexpr int kRow = 40, kWidth = 460, kLegend = 34, kLeast = 60;
  constexpr double kHalf = 0.33, kRoomForTotals = 1.5;
  double longest = 1, label_width = 0;
  std::array<bool, kGenderKinds> present{};
  std::vector<std::string> labels;
  for (const GroupCounts& row : rows) {
    longest = std::max(longest, static_cast<double>(row.total()));
    labels.push_back(Truncate(GroupWord(row.name), kLabelLimit));
    label_width = std::max(label_width, LabelWidth(labels.back()));
    for (size_t i = 0; i < kGenderKinds; ++i) present[i] |= row.by_gender[i] > 0;
  }
  const auto count = static_cast<double>(rows.size());
  const ChartSize size{
      kWidth, static_cast<int>(rows.size()) * kRow + (with_legend ? kLegend : 0) + 48,
      std::max(kLeast, static_cast<int>(label_width) + 14), with_legend ? kLegend : 0};
  SvgChart chart(size, {.low = 0, .high = longest * kRoomForTotals},
                 {.low = count - 0.5, .high = -0.5});
  if (with_legend) {
    std::vector<SvgChart::LegendEntry> legend;
    for (size_t i = 0; i < kGenderKinds; ++i) {
      if (present[i]) legend.push_back({GenderWord(GenderAt(i)), ClassOf(GenderAt(i))});
    }
    chart.Legend(chart.left(), kLegend / 2.0 - 2, true, legend);
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto y = static_cast<double>(row);
    chart.Text(chart.left() - 8, chart.Y(y) + 4.5, "end", labels[row], "label strong");
    double start = 0;
    for (size_t i = 0; i < kGenderKinds; ++i) {
      const double end = start + static_cast<double>(rows[row].by_gender[i]);
      if (end > start) {
        chart.Rectangle(start, y - kHalf, end, y + kHalf, "part " + ClassOf(GenderAt(i)));
      }
      start = end;
    }
    const size_t total = rows[row].total();
    chart.Text(chart.X(start) + 8, chart.Y(y) + 4.5, "start",
               FormatCount(total) + "  " + FormatShare(total, whole), "label strong");
  }
  ExploreChart made{std::move(name), std::move(caption), {}, {}, {}};
  made.file = SvgFile(chart, made.caption);
  made.wide = InlineSvg(chart, made.caption);
  return made;
}

ExploreChart GenderChart(const DatasetStats& stats) {
  std::vector<GroupCounts> rows;
  for (size_t i = 0; i < kGenderKinds; ++i) {
    if (stats.genders[i] == 0) continue;
    GroupCounts row{GenderWord(GenderAt(i)), {}};
    row.by_gender[i] = stats.genders[i];
    rows.push_back(row);
  }
  return BarChart("gender", "Pictures by gender.", rows, stats.samples, false);
}

ExploreChart GroupChart(const DatasetStats& stats) {
  return BarChart("group", "Pictures by group (race in UTKFace), each bar split by gender.",
                  ShownGroups(stats), stats.samples, true);
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

std::vector<ExploreChart> MakeExploreCharts(const DatasetStats& stats) {
  std::vector<ExploreChart> charts;
  if (stats.ages_known > 0) {
    charts.push_back(AgesChart(stats));
    charts.push_back(AgesByGenderChart(stats));
  }
  charts.push_back(GenderChart(stats));
  charts.push_back(GroupChart(stats));
  return charts;
}

}  // namespace ag
