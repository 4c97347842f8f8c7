// Resizing whole pictures, in integer arithmetic: the same pixels on every platform.
#pragma once

#include "shared/image/image.h"

namespace ag {

// Each axis on its own, horizontally first:
//   shrinking   every output pixel is the area-weighted mean of the source interval it covers, so
//               nothing aliases, whatever the ratio;
//   enlarging   linear interpolation between pixel centres, the border replicated;
//   same size   copied.
// Weights have 16 bits and sum to exactly 1, so a constant picture stays constant. One rounding to
// 8 bits at the end (the horizontal pass keeps 8 fractional bits).
// Cost: about one multiplication a source sample when shrinking (12 megapixels to 320x240 in about
// 15 ms). An empty picture, or a size outside 1..Image::kMaxSide, gives an empty picture.
Image ResizeArea(const Image& image, int width, int height);

}  // namespace ag
