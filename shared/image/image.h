// A picture in memory: the one pixel format that everything after decoding works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ag {

// [height, width, 3] uint8, sRGB as stored in the file (not linear light), upright.
// A side is at most kMaxSide, so that width * height * 3 and fixed-point coordinates cannot overflow.
struct Image {
  static constexpr int kMaxSide = 1 << 20;

  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // tightly packed: no padding at the end of a row

  Image() = default;

  // Black. A width or height outside 1..kMaxSide gives an empty picture.
  Image(int image_width, int image_height);

  bool empty() const { return width <= 0 || height <= 0 || pixels.empty(); }

  // The three bytes R, G, B of one pixel. x in [0, width), y in [0, height): not checked.
  const uint8_t* at(int x, int y) const { return pixels.data() + Offset(x, y); }
  uint8_t* at(int x, int y) { return pixels.data() + Offset(x, y); }

 private:
  size_t Offset(int x, int y) const {
    return (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) * 3;
  }
};

}  // namespace ag
