// ag_options and ag_pixels as the engine has them.
#pragma once

#include "ag/ag.h"
#include "shared/base/status.h"
#include "shared/image/decode.h"
#include "shared/image/image.h"
#include "shared/predict/video.h"

namespace ag::library {

struct Options {
  int threads = 1;
  DecodeLimits limits;
  VideoOptions video;  // its `find` is for single pictures too
};

// `given`: null for the defaults. kInvalidArgument names the field that is out of its range.
StatusOr<Options> ReadOptions(const ag_options* given);

StatusOr<Image> ReadPixels(const ag_pixels* given);

}  // namespace ag::library
