// Two models on the same pictures: the difference of their figures, with a paired bootstrap. What
// makes a picture hard is the same for both, and cancels out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "native/eval/bootstrap.h"
#include "native/eval/metrics.h"
#include "native/eval/prediction_table.h"
#include "shared/base/status.h"

namespace ag {

// The second's predictions in the order of the first's, both limited to the pictures in both.
struct PairedPredictions {
  std::vector<EvalPrediction> first, second;
  size_t unpaired = 0;  // pictures of one table alone
};

// By file name. Clusters are the first's, else the second's, else each picture is one. The names
// are those of the files, for messages. kInvalidArgument: a picture stands twice in a table, or has
// another label in the other; kEmpty: none in common.
StatusOr<PairedPredictions> PairPredictions(const PredictionTable& first,
                                            const std::string& first_name,
                                            const PredictionTable& second,
                                            const std::string& second_name);

struct FigureDifference {
  Figure figure = Figure::kMae;
  double first = 0, second = 0;
  Interval interval;         // of second - first
  double second_better = 0;  // share of the draws in which it is; a tie counts half; NaN: none

  double value() const { return second - first; }
};

struct Comparison {
  std::vector<FigureDifference> differences;  // of the figures that both have
  size_t clusters = 0;                        // what the bootstrap drew
};

// Of the figures that two predictions of one picture decide: no curves, no intervals.
Comparison ComparePredictions(const PairedPredictions& paired, size_t resamples, uint64_t seed);

}  // namespace ag
