// The robustness curve: how good a net is on crops that are a little off.
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
// drawn evenly, those without a face left out. Shifts go a share of the crop's side in a direction
// drawn from the seed, sizes and turns up or down.
StatusOr<std::vector<CropRow>> MeasureCrops(const std::string& data, size_t limit, uint64_t seed,
                                            Predictor* predictor);

}  // namespace ag::bench
