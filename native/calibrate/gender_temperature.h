// The temperature of the gender logit. Internal to native/calibrate.
#pragma once

#include <optional>
#include <span>

namespace ag {

struct GenderedPicture {
  double logit = 0;     // of "female", at temperature 1
  bool female = false;  // the data set's label
};

// Mean negative log likelihood of the labels. The list must not be empty.
double GenderLoss(std::span<const GenderedPicture> pictures, double temperature);

// The temperature that minimises GenderLoss; absent with fewer than kMinGenderPictures
// (calibration.h), or if the minimum lies at an end of the searched range (0.1 to 10).
std::optional<float> FitGenderTemperature(std::span<const GenderedPicture> pictures);

}  // namespace ag
