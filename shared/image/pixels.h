// Decoded pixels of other layouts -> Image.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag {

enum class PixelFormat : uint8_t { kGray, kRgb, kRgba, kBgr };

// uint8, sRGB, upright, the first row on top. Points to memory of the caller.
struct PixelView {
  const uint8_t* data = nullptr;
  size_t byte_count = 0;  // of data; what stands after the last row's pixels need not be there
  int width = 0, height = 0;
  size_t stride = 0;  // bytes from row to row; 0: no gap
  PixelFormat format = PixelFormat::kRgb;
};

// A copy. Gray gives three equal channels, alpha (not premultiplied) is laid over white.
//   kEmpty            no width or no height
//   kTooLarge         above the caps of Image
//   kInvalidArgument  no data, a negative side, a stride shorter than a row, too few bytes
StatusOr<Image> ImageFromPixels(const PixelView& pixels);

}  // namespace ag
