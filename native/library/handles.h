// What stands behind the C API's opaque pointers.
#pragma once

#include <cstdint>
#include <memory>

#include "ag/ag.h"
#include "native/library/options.h"
#include "shared/infer/engine.h"
#include "shared/predict/predictor.h"
#include "shared/predict/video.h"

struct ag_models {
  std::shared_ptr<ag::Weights> net, detector;
};

struct ag_predictor {
  ag::Predictor predictor;
  ag::library::Options options;
};

struct ag_video {
  ag::VideoPredictor video;
  ag::library::Options options;
  int64_t frames = 0;  // given so far
};

// Of a picture too: its faces have no track (id 0).
struct ag_result {
  ag::FrameResult found;
  uint32_t picture_flags = 0;
  int64_t frame = -1;  // its number in a video
};
