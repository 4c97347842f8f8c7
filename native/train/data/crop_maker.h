// One picture's bytes -> its training crop: decode, find, align, warp, with the functions of
// shared/ that prediction uses, in the same order.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "native/train/data/crops_cache.h"
#include "shared/base/status.h"
#include "shared/face/finder.h"
#include "shared/image/image.h"
#include "shared/infer/engine.h"

namespace ag::train {

struct Crop {
  Image image;  // [cache_side, cache_side, 3]
  bool aligned = false;
};

// One thread at a time. Makers on different threads share the detector's weights.
class CropMaker {
 public:
  // `detector`: nullptr takes centres only.
  static StatusOr<CropMaker> Create(std::shared_ptr<Weights> detector, CropGeometry geometry);

  // Errors of DecodeImage. A failing detector is an error; a picture without a face is not.
  StatusOr<Crop> Make(std::span<const uint8_t> file);
  StatusOr<Crop> Make(const Image& picture);

 private:
  CropMaker(std::optional<FaceFinder> finder, CropGeometry geometry);
  std::optional<FaceFinder> finder_;
  CropGeometry geometry_;
};

}  // namespace ag::train
