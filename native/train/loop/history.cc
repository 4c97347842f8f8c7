#include "native/train/loop/history.h"

#include <cstdio>
#include <iterator>
#include <limits>
#include <string_view>

#include "native/plot/gnuplot.h"

namespace ag::train {
namespace {

constexpr std::string_view kFrame =
    "set border 0\n"
    "set tics scale 0\n"
    "set grid lt 1 lc rgb 'gray' lw 1\n"
    "set xlabel 'Epoch'\n";

struct Panel {
  const char* label;
  double EpochRow::*train;
  double EpochRow::*val;
  const char* key;  // the corner that the curves leave free
};
constexpr Panel kPanels[] = {
    {"Loss", &EpochRow::loss, &EpochRow::val_loss, "top right"},
    {"Gender accuracy", &EpochRow::gender_accuracy, &EpochRow::val_gender_accuracy, "bottom right"},
    {"Age: mean error in years", &EpochRow::age_mae, &EpochRow::val_age_mae, "top right"}};

std::string PanelBlock(const std::vector<EpochRow>& rows, const Panel& panel,
                       const std::string& name) {
  std::string block = name + " << EOD\n";
  for (const EpochRow& row : rows) {
    block += std::to_string(row.epoch) + " " + GnuplotNumber(row.*panel.train) + " " +
             GnuplotNumber(row.*panel.val) + "\n";
  }
  return block + "EOD\n";
}

std::string PlotScript(const std::vector<EpochRow>& rows, const std::string& title) {
  std::string data, plots;
  for (size_t i = 0; i < std::size(kPanels); ++i) {
    const std::string name = "$panel" + std::to_string(i);
    data += PanelBlock(rows, kPanels[i], name);
    plots += "set title " + GnuplotQuote(kPanels[i].label) + "\nset key " + kPanels[i].key +
             "\nplot " + name + " using 1:2 with lines lw 2 lc rgb '#8b929c' title 'training', " +
             name +
             " using 1:3 with linespoints lw 2 pt 7 ps 0.4 lc rgb '#3f7fd6' title 'validation'\n";
  }
  return data + std::string(kFrame) + "set multiplot layout 1,3 title " + GnuplotQuote(title) +
         "\n" + plots + "unset multiplot\n";
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

Status PlotHistory(const std::vector<EpochRow>& rows, const std::string& run,
                   const std::string& title) {
  const std::string script = PlotScript(rows, title);
  PlotOptions options;
  options.width = 1280;
  options.height = 400;
  AG_RETURN_IF_ERROR(RunGnuplot(script, run + "/history.svg", options));
  return RunGnuplot(script, run + "/history.png", options);
}

}  // namespace ag::train
