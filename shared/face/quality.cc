#include "shared/face/quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "shared/face/align.h"

namespace ag {

const double kMinEyeDistance = 16;
const double kMaxOutside = 0.2;
const double kMinSharpness = 0.1;
const double kMaxTurn = 45;
const double kMinBrightness = 0.15;
const double kMaxBrightness = 0.9;

namespace {

constexpr int kCropSide = 112;
constexpr double kDegrees = 180.0 / 3.14159265358979323846;

// [height, width] luma in 1/256 of a level (BT.601's weights as integers).
struct Plane {
  int width = 0, height = 0;
  std::vector<int32_t> values;

  int32_t at(int x, int y) const {
    return values[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
};

Plane Luma(const Image& crop) {
  Plane luma{crop.width, crop.height, {}};
  luma.values.reserve(crop.pixels.size() / 3);
  for (size_t i = 0; i < crop.pixels.size(); i += 3) {
    luma.values.push_back(77 * crop.pixels[i] + 150 * crop.pixels[i + 1] + 29 * crop.pixels[i + 2]);
  }
  return luma;
}

// [1 4 6 4 1] / 16 along rows and columns; borders are replicated.
Plane Blur(const Plane& plane) {
  const auto pass = [](const Plane& in, int dx, int dy) {
    Plane out{in.width, in.height, std::vector<int32_t>(in.values.size())};
    size_t i = 0;
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x, ++i) {
        const auto tap = [&](int k) {
          return in.at(std::clamp(x + k * dx, 0, in.width - 1),
                       std::clamp(y + k * dy, 0, in.height - 1));
        };
        out.values[i] = (tap(-2) + tap(2) + 4 * (tap(-1) + tap(1)) + 6 * tap(0) + 8) / 16;
      }
    }
    return out;
  };
  return pass(pass(plane, 1, 0), 0, 1);
}

// Sum of the squared differences to the right and lower neighbours.
double GradientEnergy(const Plane& plane) {
  double sum = 0;
  for (int y = 0; y + 1 < plane.height; ++y) {
    for (int x = 0; x + 1 < plane.width; ++x) {
      const double dx = plane.at(x + 1, y) - plane.at(x, y);
      const double dy = plane.at(x, y + 1) - plane.at(x, y);
      sum += dx * dx + dy * dy;
    }
  }
  return sum;
}

double Sharpness(const Plane& luma) {
  const double before = GradientEnergy(luma);
  if (before <= 0) return 0;
  return std::clamp(1 - GradientEnergy(Blur(luma)) / before, 0.0, 1.0);
}

// Mean luma of the middle half of the width and height, 0..1.
double Brightness(const Plane& luma) {
  double sum = 0;
  int count = 0;
  for (int y = luma.height / 4; y < luma.height - luma.height / 4; ++y) {
    for (int x = luma.width / 4; x < luma.width - luma.width / 4; ++x, ++count) {
      sum += luma.at(x, y);
    }
  }
  return sum / count / (256.0 * 255.0);
}

// The share of the crop that lies outside the picture, sampled on a grid.
double ShareOutside(const SimilarityTransform& transform, const Image& crop, int width,
                    int height) {
  constexpr int kGrid = 16;
  int outside = 0;
  for (int i = 0; i < kGrid; ++i) {
    for (int j = 0; j < kGrid; ++j) {
      const double x = ((i + 0.5) / kGrid - 0.5) * crop.width;
      const double y = ((j + 0.5) / kGrid - 0.5) * crop.height;
      const Point p = {transform.centre.x + transform.a * x - transform.b * y,
                       transform.centre.y + transform.b * x + transform.a * y};
      outside += p.x < 0 || p.y < 0 || p.x > width || p.y > height;
    }
  }
  return static_cast<double>(outside) / (kGrid * kGrid);
}

// The points in the frame of the face held upright, any scale.
std::array<Point, kFacePointCount> Upright(const Face& face, const SimilarityTransform& transform) {
  std::array<Point, kFacePointCount> upright;
  for (size_t i = 0; i < upright.size(); ++i) {
    const double x = face.points[i].x - transform.centre.x;
    const double y = face.points[i].y - transform.centre.y;
    upright[i] = {transform.a * x + transform.b * y, transform.a * y - transform.b * x};
  }
  return upright;
}

// A face as five points in space: the eyes at (-1, 0, 0) and (1, 0, 0), the corners of the mouth at
// height kMouth below them in the same plane, the tip of the nose at (0, kNose, kProtrusion) before
// it. Seen from afar, turned by yaw and then by pitch, the eyes' distance becomes 2 cos(yaw), the
// nose moves aside by kProtrusion sin(yaw), the mouth comes to kMouth cos(pitch) and the nose to
// kNose cos(pitch) - kProtrusion cos(yaw) sin(pitch); the quotients give both angles.
constexpr double kMouth = 1.99;
constexpr double kNose = 1.16;
constexpr double kProtrusion = 1.0;

void MeasureTurn(const Face& face, const SimilarityTransform& transform, FaceQuality* quality) {
  const std::array<Point, kFacePointCount> p = Upright(face, transform);
  const double half_eyes = (p[1].x - p[0].x) / 2;
  const double aside = p[2].x - (p[0].x + p[1].x) / 2;
  const double yaw = std::atan2(aside, kProtrusion * std::max(half_eyes, 0.0));
  const double eyes = (p[0].y + p[1].y) / 2, mouth = (p[3].y + p[4].y) / 2;
  const double nose = p[2].y - eyes, height = mouth - eyes;
  quality->yaw = yaw * kDegrees;
  quality->pitch = std::atan2(kNose * height - kMouth * nose,
                              kProtrusion * std::cos(yaw) * std::max(height, 0.0)) *
                   kDegrees;
  quality->roll = std::atan2(transform.b, transform.a) * kDegrees;
}

// 0 at `from`, 1 at `to`, smooth in between (3 t^2 - 2 t^3).
double Ramp(double value, double from, double to) {
  const double t = std::clamp((value - from) / (to - from), 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

}  // namespace

std::vector<std::string_view> FlagNames(uint32_t flags) {
  constexpr std::array<std::pair<FaceFlag, std::string_view>, 7> kNames = {
      {{kFlagTooSmall, "too_small"},
       {kFlagCutOff, "cut_off"},
       {kFlagBoxOnly, "box_only"},
       {kFlagBlurred, "blurred"},
       {kFlagTurnedAway, "turned_away"},
       {kFlagTooDark, "too_dark"},
       {kFlagTooBright, "too_bright"}}};
  std::vector<std::string_view> names;
  for (const auto& [flag, name] : kNames) {
    if (flags & flag) names.push_back(name);
  }
  return names;
}

FaceQuality MeasureQuality(const Face& face, const Image& crop,
                           const SimilarityTransform& transform, int picture_width,
                           int picture_height) {
  FaceQuality quality;
  const double dx = face.points[1].x - face.points[0].x, dy = face.points[1].y - face.points[0].y;
  quality.eye_distance = std::sqrt(dx * dx + dy * dy);
  MeasureTurn(face, transform, &quality);
  quality.outside = ShareOutside(transform, crop, picture_width, picture_height);
  if (crop.empty()) return quality;
  const Plane luma = Luma(crop);
  quality.sharpness = Sharpness(luma);
  quality.brightness = Brightness(luma);
  return quality;
}

StatusOr<FaceQuality> MeasureQuality(const Image& picture, const Face& face) {
  AG_ASSIGN_OR_RETURN(const SimilarityTransform transform,
                      AlignmentTransform(face, kDefaultCropPoints, kCropSide, kCropSide));
  const Image crop = WarpSimilarity(picture, transform, kCropSide, kCropSide);
  if (crop.empty()) return Status(Code::kInvalidArgument, "the face cannot be cut out");
  return MeasureQuality(face, crop, transform, picture.width, picture.height);
}

uint32_t QualityFlags(const FaceQuality& quality) {
  uint32_t flags = 0;
  if (quality.eye_distance < kMinEyeDistance) flags |= kFlagTooSmall;
  if (quality.outside >= kMaxOutside) flags |= kFlagCutOff;
  if (quality.sharpness < kMinSharpness) flags |= kFlagBlurred;
  if (std::max(std::abs(quality.yaw), std::abs(quality.pitch)) > kMaxTurn) {
    flags |= kFlagTurnedAway;
  }
  if (quality.brightness < kMinBrightness) flags |= kFlagTooDark;
  if (quality.brightness > kMaxBrightness) flags |= kFlagTooBright;
  return flags;
}

double QualityWeight(const FaceQuality& quality) {
  constexpr double kLeast = 0.02;
  const double turn = std::max(std::abs(quality.yaw), std::abs(quality.pitch));
  const double weight = Ramp(quality.eye_distance, kMinEyeDistance / 2, 2 * kMinEyeDistance) *
                        Ramp(quality.sharpness, kMinSharpness / 2, 2 * kMinSharpness) *
                        (1 - Ramp(turn, kMaxTurn / 3, 1.5 * kMaxTurn)) *
                        (1 - Ramp(quality.outside, 0, 2 * kMaxOutside)) *
                        Ramp(quality.brightness, kMinBrightness / 2, 2 * kMinBrightness) *
                        (1 - Ramp(quality.brightness, 1 - 2 * (1 - kMaxBrightness), 1));
  return std::max(kLeast, weight);
}

}  // namespace ag
