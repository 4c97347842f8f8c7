#include "native/train/loop/history.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "native/plot/svg_chart.h"

namespace ag::train {
namespace {

struct Panel {
  const char* title;
  double EpochRow::*train;
  double EpochRow::*val;
  bool legend_below;  // the curves leave the upper or the lower right corner free
};
constexpr Panel kPanels[] = {
    {"Loss", &EpochRow::loss, &EpochRow::val_loss, false},
    {"Gender accuracy", &EpochRow::gender_accuracy, &EpochRow::val_gender_accuracy, true},
    {"Age: mean error in years", &EpochRow::age_mae, &EpochRow::val_age_mae, false}};

// Epochs that have the value.
std::vector<SvgChart::Point> CurveOf(const std::vector<EpochRow>& rows, double EpochRow::*value) {
  std::vector<SvgChart::Point> curve;
  for (const EpochRow& row : rows) {
    if (std::isfinite(row.*value)) curve.emplace_back(row.epoch, row.*value);
  }
  return curve;
}

ChartAxis EpochAxis(const std::vector<EpochRow>& rows) {
  ChartAxis axis{1, 2, {}, TickText::kPlain, "Epoch"};
  if (!rows.empty()) axis.low = rows.front().epoch;
  if (!rows.empty()) axis.high = std::max(axis.low + 1, double{1} * rows.back().epoch);
  axis.ticks = RoundTicks(axis.low, axis.high, 6);
  std::erase_if(axis.ticks, [](double tick) { return tick != std::floor(tick); });
  return axis;
}

// Round numbers around all values.
ChartAxis ValueAxis(const std::vector<SvgChart::Point>& a, const std::vector<SvgChart::Point>& b) {
  constexpr int kTicks = 5;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto* curve : {&a, &b}) {
    for (const auto& [epoch, value] : *curve) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > high) return {};
  if (low == high) high = low + std::max(1e-3, std::abs(low) * 0.1);
  const double step = RoundStep((high - low) / kTicks);
  ChartAxis axis{std::floor(low / step) * step, std::ceil(high / step) * step};
  axis.ticks = RoundTicks(axis.low, axis.high, kTicks);
  return axis;
}

SvgChart DrawPanel(const std::vector<EpochRow>& rows, const Panel& panel) {
  constexpr ChartSize kSize = {.width = 426, .height = 360, .left = 62, .top = 34};
  const std::vector<SvgChart::Point> train = CurveOf(rows, panel.train),
                                     val = CurveOf(rows, panel.val);
  SvgChart chart(kSize, EpochAxis(rows), ValueAxis(train, val));
  chart.DrawAxes();
  chart.Text((chart.left() + chart.right()) / 2, 20, "middle", panel.title, "label strong");
  chart.Polyline(train, "line training");
  chart.Polyline(val, "line validation");
  for (const auto& [epoch, value] : val) chart.Dot(epoch, value, 3, "dot validation");
  std::vector<SvgChart::LegendEntry> legend = {{"training", "training"}};
  if (!val.empty()) legend.push_back({"validation", "validation"});
  chart.Legend(chart.right() - 110, panel.legend_below ? chart.bottom() - 36 : chart.top() + 14,
               false, legend);
  return chart;
}

}  // namespace

std::string HistoryCsv(const std::vector<EpochRow>& rows) {
  std::string csv =
      "epoch,seconds,images_per_second,loss,gender_accuracy,age_mae,val_loss,val_gender_accuracy,"
      "val_age_mae\n";
  for (const EpochRow& row : rows) {
    char line[256];
    std::snprintf(line, sizeof(line), "%d,%.2f,%.1f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n", row.epoch,
                  row.seconds, row.images_per_second, row.loss, row.gender_accuracy, row.age_mae,
                  row.val_loss, row.val_gender_accuracy, row.val_age_mae);
    csv += line;
  }
  return csv;
}

nlohmann::json HistoryToJson(const std::vector<EpochRow>& rows) {
  nlohmann::json json = nlohmann::json::array();
  for (const EpochRow& r : rows) {
    // NaN becomes null.
    json.push_back({r.epoch, r.seconds, r.images_per_second, r.loss, r.gender_accuracy, r.age_mae,
                    r.val_loss, r.val_gender_accuracy, r.val_age_mae});
  }
  return json;
}

std::vector<EpochRow> HistoryFromJson(const nlohmann::json& json) {
  std::vector<EpochRow> rows;
  for (const nlohmann::json& values : json) {
    const auto number = [&](size_t i) {
      return values.at(i).is_null() ? std::numeric_limits<double>::quiet_NaN()
                                    : values.at(i).get<double>();
    };
    rows.push_back({values.at(0).get<int>(), number(1), number(2), number(3), number(4), number(5),
                    number(6), number(7), number(8)});
  }
  return rows;
}

std::string DrawHistory(const std::vector<EpochRow>& rows, const std::string& title) {
  std::vector<SvgChart> panels;
  for (const Panel& panel : kPanels) panels.push_back(DrawPanel(rows, panel));
  return SvgFile(panels, title,
                 "Loss, gender accuracy and mean age error by epoch, in training and validation");
}

}  // namespace ag::train
