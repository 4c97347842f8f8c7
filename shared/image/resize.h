// Resizing whole pictures, in integer arithmetic: the same pixels on every platform.
#pragma once

#include "shared/image/image.h"

namespace ag {

// Each axis separately:
//   shrinking   every output pixel is the area-weighted mean of the source interval it covers, so
//               nothing aliases, whatever the ratio;
//   enlarging   linear interpolation between pixel centres, the border replicated;
//   same size   copied.
// Weights are integers (a source pixel is as long as the output has pixels, and vice versa), so the
// weighted mean is exact and rounded once, to nearest; a constant stays constant. Cost: one
// multiplication per source sample (12 megapixels to 320x240: see tests/bench/image_bench.cc),
// memory for one row. An empty picture, or a size that Image refuses, gives an
// empty picture.
Image ResizeArea(const Image& image, int width, int height);

}  // namespace ag
