// How much a picture of a face can tell, and so what a prediction from it is worth.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "shared/face/face.h"
#include "shared/image/image.h"
#include "shared/image/warp.h"

namespace ag {

enum FaceFlag : uint32_t {
  kFlagTooSmall = 1u << 0,    // eye_distance below kMinEyeDistance
  kFlagCutOff = 1u << 1,      // outside at or above kMaxOutside
  kFlagBoxOnly = 1u << 2,     // a box was given and no face was found in it: not aligned
  kFlagBlurred = 1u << 3,     // sharpness below kMinSharpness
  kFlagTurnedAway = 1u << 4,  // |yaw| or |pitch| above kMaxTurn
  kFlagTooDark = 1u << 5,     // brightness below kMinBrightness
  kFlagTooBright = 1u << 6,   // brightness above kMaxBrightness
};
// Names in a fixed order, for records: {"too_small", "cut_off", ...}.
std::vector<std::string_view> FlagNames(uint32_t flags);

// The thresholds; quality.cc and docs/output-schema.md say how each was chosen.
extern const double kMinEyeDistance;
extern const double kMaxOutside;
extern const double kMinSharpness;
extern const double kMaxTurn;
extern const double kMinBrightness;
extern const double kMaxBrightness;

struct FaceQuality {
  double eye_distance = 0;  // pixels of the picture
  double sharpness = 0;     // 0 (a plain surface) .. 1; of the crop, independent of its contrast
  double yaw = 0;           // degrees, positive: the nose points to the right of the picture
  double pitch = 0;         // degrees, positive: up; rough, people's faces differ
  double roll = 0;          // degrees clockwise from upright, -180..180; no flag: crops are aligned
  double brightness = 0;    // 0..1, mean luma of the crop's middle
  double outside = 0;       // 0..1, share of the crop that lies outside the picture
};

// `crop` is WarpSimilarity(picture, transform, ...) of this face. Deterministic: the same numbers
// on every platform up to 1e-6 (uses atan2).
FaceQuality MeasureQuality(const Face& face, const Image& crop,
                           const SimilarityTransform& transform, int picture_width,
                           int picture_height);

// The flags that follow from the thresholds (all but kFlagBoxOnly).
uint32_t QualityFlags(const FaceQuality& quality);

// The weight of a prediction from this face among others of the same person (a video's frames):
// 0.02 (worthless) .. 1 (sharp, frontal, whole, large enough).
double QualityWeight(const FaceQuality& quality);

}  // namespace ag
