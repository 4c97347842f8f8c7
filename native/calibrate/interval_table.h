// The conformal table of age intervals. Internal to native/calibrate.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "shared/model/model.h"

namespace ag {

// A picture with an exact age and what the net says about it without a table.
struct AgedPicture {
  double age = 0;            // predicted
  double low = 0, high = 0;  // low <= age <= high
  double true_age = 0;
  int group = -1;  // of people, as labelled, from 0 on; -1: unknown
};

struct PredictedRange {
  double first = 0;  // predicted years: up to the next range's; the first begins at 0
  size_t count = 0;
};

struct IntervalTable {
  std::vector<PredictedRange> ranges;
  std::vector<AgeIntervalKnot> knots;  // one a range, at the mean of its predicted ages
};

// Empty with fewer than kMinRangePictures pictures (calibration.h).
IntervalTable FitIntervalTable(std::span<const AgedPicture> pictures);

// Index of the range that contains `age`; `ranges` is not empty.
size_t RangeOf(std::span<const PredictedRange> ranges, double age);

struct Interval {
  double low = 0, high = 0;
};
// The picture's interval as the engine gives it with this table.
Interval CorrectedInterval(const std::vector<AgeIntervalKnot>& knots, const AgedPicture& picture);

}  // namespace ag
