// All figures of an evaluation, with intervals where a bootstrap is asked for: as a whole, by each
// breakdown, and the calibration curves.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/eval/bootstrap.h"
#include "native/eval/breakdowns.h"
#include "native/eval/metrics.h"

namespace ag {

// A number and the interval that the bootstrap gives it; NaN: undefined, or no bootstrap.
struct Estimate {
  static constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

  double value = kUndefined;
  Interval interval = {kUndefined, kUndefined};
};

// One without pictures has no figure.
struct CellResult {
  CellName name;
  size_t pictures = 0;
  std::array<Estimate, kFigureCount> figures;
  std::array<size_t, kFigureCount> counts{};  // of pictures that each figure is taken over

  const Estimate& of(Figure figure) const { return figures[static_cast<size_t>(figure)]; }
  size_t count_of(Figure figure) const { return counts[static_cast<size_t>(figure)]; }
};

struct BreakdownResult {
  std::string name, title;
  std::vector<CellResult> cells;  // those with pictures, in the breakdown's order
};

// Of a bin of p_female: how many of its pictures are labelled female.
struct ReliabilityBinResult {
  double low = 0, high = 0;  // of the bin
  size_t count = 0;
  double mean_p = 0;  // NaN where the bin is empty
  Estimate share_female;
};

// How many labelled ages lie in the middle `level` of the predicted distribution. A correct
// distribution covers as many as the level says.
struct AgeCalibrationPoint {
  double level = 0;
  Estimate covered;
};

struct EvalResults {
  CellResult overall;
  double absolute_error_sd = 0;  // standard deviation of |error| of one picture, years; NaN below 2
  std::vector<BreakdownResult> breakdowns;
  std::vector<ReliabilityBinResult> reliability;     // kReliabilityBins; empty without genders
  std::vector<AgeCalibrationPoint> age_calibration;  // empty without distributions
  size_t clusters = 0;  // what the bootstrap draws: pictures, or groups of them; 0 without one

  // Null where there is none of that name (BreakdownResult::name).
  const BreakdownResult* Find(std::string_view name) const;
};

// `bootstrap`: null: no intervals, and one pass over the predictions.
EvalResults ComputeResults(std::span<const EvalPrediction> predictions,
                           const std::vector<Breakdown>& breakdowns, const Bootstrap* bootstrap);

}  // namespace ag
