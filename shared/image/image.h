// A picture in memory: the one pixel format that everything after decoding works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ag {

// [height, width, 3] uint8, sRGB as stored in the file (not linear light), upright.
struct Image {
  // Small enough that fixed-point coordinates and sums over a picture cannot overflow.
  static constexpr int kMaxSide = 1 << 20;
  static constexpr int64_t kMaxPixels = int64_t{1} << 28;

  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // tightly packed: no padding at the end of a row

  Image() = default;

  // Black. A side outside 1..kMaxSide, or more than kMaxPixels, gives an empty picture.
  Image(int image_width, int image_height);

  bool empty() const { return width <= 0 || height <= 0 || pixels.empty(); }

  // The three bytes R, G, B of one pixel. x in [0, width), y in [0, height): not checked.
  const uint8_t* at(int x, int y) const {
    return pixels.data() + (static_cast<size_t>(y) * static_cast<size_t>(width) + x) * 3;
  }
  uint8_t* at(int x, int y) {
    return pixels.data() + (static_cast<size_t>(y) * static_cast<size_t>(width) + x) * 3;
  }
};

}  // namespace ag
