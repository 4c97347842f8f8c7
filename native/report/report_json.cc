#include "native/report/report_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kDecimals = 1e6;

// Six decimals: more would be noise, and a table of it unreadable.
Json Number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * kDecimals) / kDecimals + 0.0;
}

Json EstimateJson(const Estimate& estimate) {
  return {{"value", Number(estimate.value)},
          {"low", Number(estimate.interval.low)},
          {"high", Number(estimate.interval.high)}};
}

void AppendCell(const CellResult& cell, Json* json) {
  (*json)["pictures"] = cell.pictures;
  for (size_t i = 0; i < kFigureCount; ++i) {
    Json& figure = (*json)[std::string(InfoOf(FigureAt(i)).name)];
    if (!std::isfinite(cell.figures[i].value)) {
      figure = nullptr;
      continue;
    }
    figure = EstimateJson(cell.figures[i]);
    figure["count"] = cell.counts[i];
  }
}

}  // namespace

Json ReportJson(const ReportMeta& meta, const EvalResults& results) {
  Json json = MetaJson(meta);
  json["bootstrap"]["units"] = results.clusters;
  AppendCell(results.overall, &json["overall"]);
  json["absolute_error_sd"] = Number(results.absolute_error_sd);
  json["breakdowns"] = Json::object();
  for (const BreakdownResult& breakdown : results.breakdowns) {
    Json& rows = json["breakdowns"][breakdown.name];
    rows = Json::array();
    for (const CellResult& cell : breakdown.cells) {
      Json row = {{"label", cell.name.label}};
      AppendCell(cell, &row);
      rows.push_back(std::move(row));
    }
  }
  json["gender_reliability"] = Json::array();
  for (const ReliabilityBinResult& bin : results.reliability) {
    json["gender_reliability"].push_back({{"low", bin.low},
                                          {"high", bin.high},
                                          {"count", bin.count},
                                          {"mean_p_female", Number(bin.mean_p)},
                                          {"share_female", EstimateJson(bin.share_female)}});
  }
  json["age_calibration"] = Json::array();
  for (const AgeCalibrationPoint& point : results.age_calibration) {
    json["age_calibration"].push_back(
        {{"level", Number(point.level)}, {"covered", EstimateJson(point.covered)}});
  }
  return json;
}

}  // namespace ag
