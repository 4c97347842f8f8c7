// The net's view of a cached crop, in training and in validation.
//
// Everything is drawn from (seed, epoch, index of the picture) and computed in integers on 8-bit
// pixels, so a resumed run sees the same pictures as an uninterrupted one.
#pragma once

#include <cstdint>
#include <span>

#include "native/train/data/crops_cache.h"

namespace ag::train {

// The middle of the crop: what the net sees in validation and in use.
//   crop  [cache_side, cache_side, 3]
//   out   [input_side, input_side, 3], or [.., .., 1] ITU-R 601 luma where `gray`
void CentreView(std::span<const uint8_t> crop, CropGeometry geometry, bool gray,
                std::span<uint8_t> out);

// A random variation of it: mirrored (1/2), scaled by 0.9 to 1.1, turned by up to 10 degrees,
// shifted by up to 5 %, bilinear; brightness, contrast and colour cast; sometimes gray (1/10);
// sometimes with a uniform gray rectangle over a part (1/5). Outside the crop its border is
// replicated. Cost: about 0.1 ms at 112x112.
void RandomView(std::span<const uint8_t> crop, CropGeometry geometry, bool gray, uint64_t seed,
                uint64_t epoch, uint64_t index, std::span<uint8_t> out);

}  // namespace ag::train
