// The temperature of the gender logit. Internal to native/calibrate.
#pragma once

#include <optional>
#include <span>

namespace ag {

struct GenderedPicture {
  double logit = 0;     // of "female", at temperature 1
  bool female = false;  // the data set's label
};

// Mean -log likelihood of the labels. Not for an empty list.
double GenderLoss(std::span<const GenderedPicture> pictures, double temperature);

// The one that makes GenderLoss least; absent with fewer than kMinGenderPictures (calibration.h) or
// where the least loss lies at the end of the range that is searched (0.1 to 10).
std::optional<float> FitGenderTemperature(std::span<const GenderedPicture> pictures);

}  // namespace ag
