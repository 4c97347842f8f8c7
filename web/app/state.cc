#include "web/app/state.h"

#include <algorithm>
#include <cmath>

namespace ag::stage {
namespace {

constexpr float kMaxAge = 150;    // years; the axis of the chart would grow without bound
constexpr float kMaxMs = 3.6e6f;  // an hour: longer times are no measurement

StageFace ReadFace(const float* fields) {
  StageFace face;
  const float x = fields[0], y = fields[1], width = fields[2], height = fields[3];
  const float age = fields[4], low = fields[5], high = fields[6], p_female = fields[7];
  const float number = fields[8];
  // Beyond a million pixels the sum of corner and side would lose whole pixels.
  const auto in_range = [](float v) { return std::isfinite(v) && std::abs(v) <= kMaxPictureSide; };
  face.has_box =
      in_range(x) && in_range(y) && in_range(width) && in_range(height) && width > 0 && height > 0;
  if (face.has_box) {
    face.x = x;
    face.y = y;
    face.width = width;
    face.height = height;
  }
  face.has_age = std::isfinite(age);
  if (face.has_age) face.age = std::clamp(age, 0.0f, kMaxAge);
  face.has_interval = std::isfinite(low) && std::isfinite(high) && low <= high;
  if (face.has_interval) {
    face.age_low = std::clamp(low, 0.0f, kMaxAge);
    face.age_high = std::clamp(high, 0.0f, kMaxAge);
  }
  face.has_gender = p_female >= 0 && p_female <= 1;
  if (face.has_gender) face.p_female = p_female;
  if (number >= 1 && number <= kMaxNumber) face.number = static_cast<int>(number);
  return face;
}

bool StrictlyRising(const float* years, int bins) {
  for (int i = 0; i < bins; ++i) {
    if (!(years[i] >= 0 && years[i] <= kMaxAge)) return false;
    if (i > 0 && years[i] <= years[i - 1]) return false;
  }
  return true;
}

}  // namespace

void StageState::SetPicture(int width, int height) {
  const bool valid =
      width > 0 && height > 0 && width <= kMaxPictureSide && height <= kMaxPictureSide;
  picture_width_ = valid ? width : 0;
  picture_height_ = valid ? height : 0;
}

void StageState::SetFaces(int count, const float* faces, int bins, const float* years,
                          const float* distributions) {
  count = faces == nullptr ? 0 : std::clamp(count, 0, kMaxFaces);
  const bool has_bins = bins > 0 && bins <= kMaxBins && years != nullptr &&
                        distributions != nullptr && StrictlyRising(years, bins);
  if (!has_bins) bins = 0;

  faces_.clear();
  for (int i = 0; i < count; ++i) faces_.push_back(ReadFace(faces + i * kFaceFields));
  years_.assign(years, years + bins);
  distributions_.assign(distributions, distributions + size_t{1} * count * bins);
  has_distribution_.assign(count, 0);
  for (int i = 0; i < count; ++i) {
    const auto row = distributions_.begin() + size_t{1} * i * bins;
    for (auto p = row; p != row + bins; ++p) {
      // A probability above 1 is wrong, yet only the shape is drawn; infinity would flatten it.
      if (!(*p > 0) || !std::isfinite(*p)) *p = 0;
      if (*p > 0) has_distribution_[i] = 1;
    }
  }
  if (selected_ >= count) selected_ = kNoFace;
}

std::span<const float> StageState::Distribution(int face) const {
  if (face < 0 || face >= static_cast<int>(faces_.size()) || !has_distribution_[face]) return {};
  return {distributions_.data() + face * years_.size(), years_.size()};
}

void StageState::Select(int face) {
  selected_ = face >= 0 && face < static_cast<int>(faces_.size()) ? face : kNoFace;
}

void StageState::SetEngine(std::string_view name) {
  engine_ = std::string(name.substr(0, kMaxEngineName));
}

void StageState::SetTimings(const float* ms) {
  for (int i = 0; i < kTimingCount; ++i) {
    timings_ms_[i] = ms != nullptr && ms[i] >= 0 && ms[i] <= kMaxMs ? ms[i] : -1;
  }
}

}  // namespace ag::stage
