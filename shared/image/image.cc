#include "shared/image/image.h"

namespace ag {

Image::Image(int image_width, int image_height) {
  if (image_width < 1 || image_height < 1) return;
  if (image_width > kMaxSide || image_height > kMaxSide) return;
  const int64_t pixel_count = int64_t{image_width} * image_height;
  if (pixel_count > kMaxPixels) return;
  width = image_width;
  height = image_height;
  pixels.resize(static_cast<size_t>(pixel_count) * 3);
}

}  // namespace ag
