// Robustness: how accurate a net is on slightly misplaced crops, and how far crops really are
// misplaced.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/predict/predictor.h"

namespace ag::bench {

struct CropRow {
  std::string change;       // "aligned", "shift 5 %", ...
  double mae = 0;           // years
  double gender_right = 0;  // 0..1
  size_t pictures = 0;
};

// On `limit` validation pictures (IsValidation, a tenth) of a labelled data set with exact ages,
// spread evenly, without those that have no face. Shifts go a fraction of the crop's side in a
// direction drawn from the seed; sizes and turns go up or down.
StatusOr<std::vector<CropRow>> MeasureCrops(const std::string& data, size_t limit, uint64_t seed,
                                            Predictor* predictor);

struct AlignmentRow {
  std::string change;  // "half the size", ...
  size_t pictures = 0;
  size_t lost = 0;  // pictures in which no face was found any more
  // 95 % of the crops are at most this far from that of the untouched picture.
  double shift = 0;    // of the crop's side
  double scale = 0;    // of its size: 0.05 is 5 % larger or smaller
  double degrees = 0;  // of its turn
};

// How much the aligned crop moves when the same picture is shown smaller, turned, darker and so on:
// the detector's error, which augmentation has to cover. Pictures as for MeasureCrops.
StatusOr<std::vector<AlignmentRow>> MeasureAlignment(const std::string& data, size_t limit,
                                                     uint64_t seed, Predictor* predictor);

}  // namespace ag::bench
