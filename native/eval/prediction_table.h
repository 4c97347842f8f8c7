// Predictions as CSV: what `eval --predictions` and a report's predictions.csv hold, and what
// `compare` reads of either.
#pragma once

#include <string>
#include <vector>

#include "native/eval/prediction.h"
#include "shared/base/csv.h"
#include "shared/base/file_name.h"
#include "shared/base/status.h"

namespace ag {

// file, [file_encoding], age, gender, age_predicted, p_female.
std::string PredictionHeader(const FileColumn& file);
std::string PredictionRow(const FileColumn& file, const EvalPrediction& prediction);

// Everything that is known of a picture: with group, interval, sizes and cluster.
std::string FullPredictionHeader(const FileColumn& file);
std::string FullPredictionRow(const FileColumn& file, const EvalPrediction& prediction);

struct PredictionTable {
  std::vector<EvalPrediction> predictions;  // with file, age and gender as labels; no interval
  bool has_clusters = false;
};

// kInvalidArgument names the line that holds no prediction.
StatusOr<PredictionTable> ReadPredictionTable(const std::string& path);

}  // namespace ag
