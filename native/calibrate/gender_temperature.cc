#include "native/calibrate/gender_temperature.h"

#include <cmath>

#include "native/calibrate/calibration.h"

namespace ag {
namespace {

constexpr double kLeastTemperature = 0.1, kMostTemperature = 10;
constexpr double kPrecision = 1e-6;    // of the temperature's logarithm
constexpr double kEndOfSearch = 1e-3;  // this close to an end counts as the end

}  // namespace

double GenderLoss(std::span<const GenderedPicture> pictures, double temperature) {
  double sum = 0;
  for (const GenderedPicture& picture : pictures) {
    const double right = (picture.female ? picture.logit : -picture.logit) / temperature;
    sum += right > 0 ? std::log1p(std::exp(-right)) : std::log1p(std::exp(right)) - right;
  }
  return sum / static_cast<double>(pictures.size());
}

// Golden section search over the logarithm: the loss is convex in 1 / temperature, so it has one
// minimum.
std::optional<float> FitGenderTemperature(std::span<const GenderedPicture> pictures) {
  if (pictures.size() < kMinGenderPictures) return std::nullopt;
  const double golden = (std::sqrt(5.0) - 1) / 2;
  const double first = std::log(kLeastTemperature), last = std::log(kMostTemperature);
  double from = first, to = last;
  double left = to - golden * (to - from), right = from + golden * (to - from);
  double left_loss = GenderLoss(pictures, std::exp(left));
  double right_loss = GenderLoss(pictures, std::exp(right));
  while (to - from > kPrecision) {
    if (left_loss <= right_loss) {
      to = right;
      right = left;
      right_loss = left_loss;
      left = to - golden * (to - from);
      left_loss = GenderLoss(pictures, std::exp(left));
    } else {
      from = left;
      left = right;
      left_loss = right_loss;
      right = from + golden * (to - from);
      right_loss = GenderLoss(pictures, std::exp(right));
    }
  }
  const double best = (from + to) / 2;
  if (best - first < kEndOfSearch || last - best < kEndOfSearch) return std::nullopt;
  return static_cast<float>(std::exp(best));
}

}  // namespace ag
