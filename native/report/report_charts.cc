#include "native/report/report_charts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "native/base/text_format.h"
#include "native/data/age_ranges.h"
#include "native/data/label_text.h"
#include "native/plot/svg_chart.h"
#include "native/report/explore_samples.h"

namespace ag {
namespace {

constexpr ChartSize kSize;
constexpr ChartSize kSquare = {.height = 440};
constexpr size_t kMostDots = 5000;  // more would make the page heavy and the cloud a blot
constexpr double kOldest = 100;     // years at the end of an axis; the few above stand at its edge
constexpr double kPromised = 0.9;   // of the interval

ChartAxis YearsAxis(std::string title, double low, double high, int ticks) {
  return {low, high, RoundTicks(low, high, ticks), TickText::kPlain, std::move(title)};
}

ChartAxis ShareAxis(std::string title, double low = 0, double high = 1) {
  return {low, high, RoundTicks(low, high, 5), TickText::kPercent, std::move(title)};
}

std::string Number(double value, int digits) {
  return std::isfinite(value) ? FormatDecimal(value, digits) : "unknown";
}

// Of the pictures with an exact age; which of them a cloud shows.
std::vector<const EvalPrediction*> ExactAges(std::span<const EvalPrediction> predictions) {
  std::vector<const EvalPrediction*> exact;
  for (const EvalPrediction& p : predictions) {
    if (p.label.has_exact_age()) exact.push_back(&p);
  }
  return exact;
}

std::optional<ReportChart> Scatter(const std::vector<const EvalPrediction*>& exact) {
  if (exact.empty()) return std::nullopt;
  SvgChart chart(kSquare, YearsAxis("Labelled age, years", 0, kOldest, 5),
                 YearsAxis("Predicted age, years", 0, kOldest, 5));
  chart.DrawAxes();
  std::vector<size_t> order = ShuffledOrder(exact.size(), 1);
  order.resize(std::min(order.size(), kMostDots));
  std::mt19937_64 random(1);
  std::vector<std::pair<double, double>> dots;
  for (const size_t index : order) {
    // Labels are whole years: spread over their year, so that dots do not hide each other.
    const double jitter = static_cast<double>(random() % 1000) / 1250 - 0.4;
    dots.emplace_back(exact[index]->label.age_lo + jitter, exact[index]->age);
  }
  chart.Cloud(dots, "cloud");
  chart.Line(0, 0, kOldest, kOldest, "mark");
  std::string caption = "Each dot is a picture; on the dashed line the prediction is the label.";
  if (exact.size() > kMostDots) {
    caption += " " + FormatCount(kMostDots) + " of " + FormatCount(exact.size()) +
               " pictures, chosen at random.";
  }
  return ReportChart{"Predicted beside labelled age", caption, InlineSvg(chart, caption)};
}

// Sorted values of one column of a box chart.
struct Column {
  std::string label;
  std::vector<double> values;
  double range_low = 0, range_high = 0;  // of ages labelled as a range
};

// Whiskers from 5 % to 95 %, a box from 25 % to 75 %, a line at the median.
void DrawBox(SvgChart* chart, double x, const std::vector<double>& sorted) {
  constexpr double kHalf = 0.3;
  const auto at = [&](double quantile) { return Quantile(sorted, quantile); };
  chart->Line(x, at(0.05), x, at(0.95), "whisker");
  chart->Rectangle(x - kHalf, at(0.25), x + kHalf, at(0.75), "box");
  chart->Line(x - kHalf, at(0.5), x + kHalf, at(0.5), "median");
}

void LabelColumns(SvgChart* chart, const std::vector<Column>& columns) {
  constexpr size_t kRoomy = 8;  // more labels than this side by side need a smaller font
  const char* const css_class = columns.size() > kRoomy ? "label dense" : "label";
  for (size_t i = 0; i < columns.size(); ++i) {
    chart->Text(chart->X(static_cast<double>(i)), chart->bottom() + 17, "middle", columns[i].label,
                css_class);
  }
}

ChartAxis ColumnAxis(size_t columns, std::string title) {
  return {-0.6, static_cast<double>(columns) - 0.4, {}, TickText::kPlain, std::move(title)};
}

std::optional<ReportChart> ErrorsByAge(const std::vector<const EvalPrediction*>& exact) {
  std::vector<Column> columns;
  for (const AgeRange& range : kAgeRanges) columns.push_back({std::string(range.name), {}});
  for (const EvalPrediction* p : exact) {
    columns[AgeRangeIndex(p->label.age_lo)].values.push_back(p->error());
  }
  std::erase_if(columns, [](const Column& column) { return column.values.empty(); });
  if (columns.empty()) return std::nullopt;
  constexpr double kMost = 30;
  SvgChart chart(kSize, ColumnAxis(columns.size(), "Labelled age, years"),
                 YearsAxis("Predicted − labelled, years", -kMost, kMost, 6));
  chart.DrawAxes();
  chart.Line(-0.6, 0, static_cast<double>(columns.size()) - 0.4, 0, "mark");
  for (size_t i = 0; i < columns.size(); ++i) {
    std::sort(columns[i].values.begin(), columns[i].values.end());
    DrawBox(&chart, static_cast<double>(i), columns[i].values);
  }
  LabelColumns(&chart, columns);
  const std::string caption =
      "Middle half of the errors (box), their median (line), and from 5 % to 95 % of them "
      "(whiskers). "
      "Above zero: called too old.";
  return ReportChart{"Errors by labelled age", caption, InlineSvg(chart, caption)};
}

std::optional<ReportChart> ErrorHistogram(const std::vector<const EvalPrediction*>& exact,
                                          const CellResult& overall) {
  if (exact.empty()) return std::nullopt;
  constexpr int kMost = 30, kBin = 2, kBins = 2 * kMost / kBin;
  std::vector<double> shares(kBins, 0.0);
  for (const EvalPrediction* p : exact) {
    const int bin = static_cast<int>(std::floor((p->error() + kMost) / kBin));
    shares[static_cast<size_t>(std::clamp(bin, 0, kBins - 1))] +=
        1.0 / static_cast<double>(exact.size());
  }
  const double highest = *std::max_element(shares.begin(), shares.end());
  SvgChart chart(kSize, YearsAxis("Predicted − labelled, years", -kMost, kMost, 6),
                 ShareAxis("Share of pictures", 0, highest * 1.05));
  chart.DrawAxes();
  for (int i = 0; i < kBins; ++i) {
    const double left = -kMost + i * kBin;
    chart.Rectangle(left + 0.1, 0, left + kBin - 0.1, shares[static_cast<size_t>(i)], "bar");
  }
  chart.Line(0, 0, 0, highest * 1.05, "mark");
  const std::string caption =
      "Bins of two years; errors beyond 30 years stand in the outermost. Mean " +
      Number(overall.of(Figure::kBias).value, 2) + " years.";
  return ReportChart{"How far off, and which way", caption, InlineSvg(chart, caption)};
}

std::optional<ReportChart> CumulativeScore(const std::vector<const EvalPrediction*>& exact) {
  if (exact.empty()) return std::nullopt;
  constexpr double kMost = 20;
  std::vector<double> distances;
  for (const EvalPrediction* p : exact) distances.push_back(std::abs(p->error()));
  std::sort(distances.begin(), distances.end());
  std::vector<std::pair<double, double>> curve;
  for (int step = 0; step <= 40; ++step) {
    const double years = step * kMost / 40;
    const auto within = std::upper_bound(distances.begin(), distances.end(), years);
    curve.emplace_back(years, static_cast<double>(within - distances.begin()) /
                                  static_cast<double>(distances.size()));
  }
  SvgChart chart(kSize, YearsAxis("Error of at most so many years", 0, kMost, 5),
                 ShareAxis("Share of pictures"));
  chart.DrawAxes();
  chart.Polyline(curve, "line");
  const std::string caption =
      "Cumulative score: the share of pictures whose predicted age is off by at most so much.";
  return ReportChart{"Share of pictures within an error", caption, InlineSvg(chart, caption)};
}

// Ages that are labelled as ranges: what is predicted for each range.
std::optional<ReportChart> AgesByRange(std::span<const EvalPrediction> predictions) {
  constexpr size_t kMostColumns = 14;
  std::map<std::pair<double, double>, Column> by_range;
  for (const EvalPrediction& p : predictions) {
    if (p.label.has_exact_age() || !p.label.has_age()) continue;
    Column& column = by_range[{p.label.age_lo, p.label.age_hi}];
    column.range_low = p.label.age_lo;
    column.range_high = p.label.age_hi + 1;  // whole years, both included
    column.values.push_back(p.age);
  }
  if (by_range.empty() || by_range.size() > kMostColumns) return std::nullopt;
  std::vector<Column> columns;
  for (auto& [range, column] : by_range) {
    column.label = AgeWords(range.first, range.second);
    std::sort(column.values.begin(), column.values.end());
    columns.push_back(std::move(column));
  }
  SvgChart chart(kSize, ColumnAxis(columns.size(), "Labelled range, years"),
                 YearsAxis("Predicted age, years", 0, kOldest, 5));
  chart.DrawAxes();
  for (size_t i = 0; i < columns.size(); ++i) {
    const double x = static_cast<double>(i);
    chart.Rectangle(x - 0.45, columns[i].range_low, x + 0.45,
                    std::min(columns[i].range_high, kOldest), "band");
    DrawBox(&chart, x, columns[i].values);
  }
  LabelColumns(&chart, columns);
  const std::string caption =
      "Predicted ages for each labelled range (shaded): middle half (box), median (line), from 5 % "
      "to "
      "95 % (whiskers).";
  return ReportChart{"Predicted ages by labelled range", caption, InlineSvg(chart, caption)};
}

std::optional<ReportChart> GenderReliability(const EvalResults& results) {
  if (results.reliability.empty()) return std::nullopt;
  size_t most = 1;
  for (const ReliabilityBinResult& bin : results.reliability) most = std::max(most, bin.count);
  SvgChart chart(kSize, ShareAxis("Predicted probability of “female”"),
                 ShareAxis("Labelled female"));
  chart.DrawAxes();
  for (const ReliabilityBinResult& bin : results.reliability) {
    const double height = 0.25 * static_cast<double>(bin.count) / static_cast<double>(most);
    chart.Rectangle(bin.low + 0.01, 0, bin.high - 0.01, height, "count");
  }
  chart.Line(0, 0, 1, 1, "mark");
  std::vector<std::pair<double, double>> curve;
  for (const ReliabilityBinResult& bin : results.reliability) {
    if (bin.count == 0) continue;
    curve.emplace_back(bin.mean_p, bin.share_female.value);
    const Interval& interval = bin.share_female.interval;
    if (std::isfinite(interval.low)) {
      chart.Line(bin.mean_p, interval.low, bin.mean_p, interval.high, "whisker");
    }
  }
  chart.Polyline(curve, "line");
  for (const auto& [p, share] : curve) chart.Dot(p, share, 3.5, "dot");
  const std::string caption =
      "Of the pictures that are given a probability, how many are labelled female, with 95 % "
      "intervals; "
      "right probabilities lie on the dashed line. Bars: how many pictures. ECE " +
      Number(results.overall.of(Figure::kGenderEce).value, 4) + ".";
  return ReportChart{"Are the gender probabilities right?", caption, InlineSvg(chart, caption)};
}

std::optional<ReportChart> DistributionCalibration(const EvalResults& results) {
  if (results.age_calibration.empty()) return std::nullopt;
  SvgChart chart(kSize, ShareAxis("Middle part of the predicted distribution"),
                 ShareAxis("Labelled ages inside"));
  chart.DrawAxes();
  std::vector<SvgChart::BandPoint> band = {{0, 0, 0}};
  std::vector<std::pair<double, double>> curve = {{0, 0}};
  for (const AgeCalibrationPoint& point : results.age_calibration) {
    const Interval& interval = point.covered.interval;
    const bool known = std::isfinite(interval.low);
    band.push_back({point.level, known ? interval.low : point.covered.value,
                    known ? interval.high : point.covered.value});
    curve.emplace_back(point.level, point.covered.value);
  }
  chart.Band(band);
  chart.Line(0, 0, 1, 1, "mark");
  chart.Polyline(curve, "line");
  const std::string caption =
      "How many labelled ages lie in the middle part of the age distribution, with the 95 % "
      "interval; a "
      "right distribution lies on the dashed line, below it is one that is too narrow. The 90 % "
      "interval "
      "that is shown to users may be corrected (coverage, beside).";
  return ReportChart{"Is the age distribution as wide as it should be?", caption,
                     InlineSvg(chart, caption)};
}

// A row for each cell of some breakdowns: the figure and its interval.
struct RowSource {
  const BreakdownResult* breakdown;
  std::string prefix;
};

std::optional<ReportChart> FigureRows(const std::vector<RowSource>& sources, Figure figure,
                                      const std::string& title, const std::string& axis,
                                      double mark, const std::string& mark_words) {
  struct Row {
    std::string label;
    const Estimate* estimate;
  };
  std::vector<Row> rows;
  for (const RowSource& source : sources) {
    if (source.breakdown == nullptr) continue;
    for (const CellResult& cell : source.breakdown->cells) {
      if (std::isfinite(cell.of(figure).value)) {
        rows.push_back({source.prefix + cell.name.label, &cell.of(figure)});
      }
    }
  }
  if (rows.size() < 2) return std::nullopt;
  const bool share = InfoOf(figure).unit == FigureUnit::kShare;
  double low = mark, high = mark;
  for (const Row& row : rows) {
    const Interval& interval = row.estimate->interval;
    low = std::min({low, row.estimate->value, std::isfinite(interval.low) ? interval.low : low});
    high =
        std::max({high, row.estimate->value, std::isfinite(interval.high) ? interval.high : high});
  }
  low = share ? std::max(0.0, std::floor(low * 20 - 0.01) / 20) : 0;
  high = share ? 1 : std::ceil(high + 0.01);

  constexpr int kRowHeight = 21;
  constexpr size_t kLongestLabel = 26;
  double label_width = 0;
  for (Row& row : rows) {
    row.label = Truncate(row.label, kLongestLabel);
    label_width = std::max(label_width, LabelWidth(row.label));
  }
  const auto count = static_cast<int>(rows.size());
  ChartAxis x{low, high, RoundTicks(low, high, 5), share ? TickText::kPercent : TickText::kPlain,
              axis};
  SvgChart chart({.height = count * kRowHeight + 68, .left = static_cast<int>(label_width) + 14},
                 std::move(x), {.low = -0.6, .high = count - 0.4});
  chart.DrawAxes();
  chart.Line(mark, -0.6, mark, count - 0.4, "mark");
  for (int i = 0; i < count; ++i) {
    const Row& row = rows[static_cast<size_t>(i)];
    const double y = count - 1 - i;
    chart.Text(chart.left() - 8, chart.Y(y) + 4.5, "end", row.label);
    const Interval& interval = row.estimate->interval;
    if (std::isfinite(interval.low)) chart.Line(interval.low, y, interval.high, y, "whisker");
    chart.Dot(row.estimate->value, y, 3.5, "dot");
  }
  std::string caption(InfoOf(figure).meaning);
  caption[0] = static_cast<char>(std::toupper(caption[0]));
  caption += ", with 95 % intervals. " + mark_words;
  return ReportChart{title, caption, InlineSvg(chart, caption)};
}

}  // namespace

std::vector<ReportChart> MakeReportCharts(std::span<const EvalPrediction> predictions,
                                          const EvalResults& results) {
  const std::vector<const EvalPrediction*> exact = ExactAges(predictions);
  const BreakdownResult* const by_group = results.Find("by_group");
  const double mae = results.overall.of(Figure::kMae).value;
  const double gender = results.overall.of(Figure::kGenderAccuracy).value;
  const std::string all = "Dashed: all pictures.";
  std::vector<std::optional<ReportChart>> charts;
  charts.push_back(Scatter(exact));
  charts.push_back(ErrorsByAge(exact));
  charts.push_back(ErrorHistogram(exact, results.overall));
  charts.push_back(CumulativeScore(exact));
  charts.push_back(AgesByRange(predictions));
  charts.push_back(GenderReliability(results));
  charts.push_back(DistributionCalibration(results));
  charts.push_back(
      FigureRows({{by_group, ""}}, Figure::kMae, "Age error by group", "MAE, years", mae, all));
  charts.push_back(FigureRows({{by_group, ""}}, Figure::kWithinRange, "Ages in range by group",
                              "Inside the labelled range",
                              results.overall.of(Figure::kWithinRange).value, all));
  charts.push_back(FigureRows({{by_group, ""}}, Figure::kGenderAccuracy, "Gender by group",
                              "Agrees with the label", gender, all));
  charts.push_back(FigureRows({{results.Find("by_age"), "age "}}, Figure::kGenderAccuracy,
                              "Gender by age", "Agrees with the label", gender, all));
  charts.push_back(FigureRows({{results.Find("by_age"), "age "},
                               {results.Find("by_predicted_age"), "predicted "},
                               {by_group, ""}},
                              Figure::kIntervalCoverage, "Does the 90 % interval keep its promise?",
                              "Labelled ages inside", kPromised,
                              "Dashed: the 90 % that are promised."));
  std::vector<ReportChart> made;
  for (std::optional<ReportChart>& chart : charts) {
    if (chart) made.push_back(*std::move(chart));
  }
  return made;
}

}  // namespace ag
