// The history of a run: one row per epoch, as CSV and as a plot.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ag::train {

struct EpochRow {
  int epoch = 0;       // 1-based
  double seconds = 0;  // of training, without validation
  double images_per_second = 0;
  double loss = 0, gender_accuracy = 0, age_mae = 0;              // while training, dropout on
  double val_loss = 0, val_gender_accuracy = 0, val_age_mae = 0;  // after it; NaN without a part
};

std::string HistoryCsv(const std::vector<EpochRow>& rows);

// Lossless in both directions: history goes through the checkpoint.
nlohmann::json HistoryToJson(const std::vector<EpochRow>& rows);
std::vector<EpochRow> HistoryFromJson(const nlohmann::json& json);

// Loss, gender accuracy and age MAE by epoch, as an SVG file's text.
std::string DrawHistory(const std::vector<EpochRow>& rows, const std::string& title);

}  // namespace ag::train
