#include "native/train/data/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "native/train/data/random.h"

namespace ag::train {
namespace {

// Ranges of the jitter: about as far as 95 % of the detector's crops move when a picture is shown
// in another size, turned, with more around it or darker (`ag_native bench detect --parts
// alignment`: 1.7 to 5.1 % of the side, 4 to 13 % of the size, 2 to 7 degrees; more for turns,
// because step 5 of the face finder leaves tilts of up to 10 degrees as they are). The cached
// margin of 8 pixels on 112 covers most of shift and scale.
constexpr double kScale = 0.1;
constexpr double kMaxTurn = 10 * 3.14159265358979 / 180;
constexpr double kShift = 0.05;  // of the input's side
constexpr double kBrightness = 0.2;
constexpr double kContrast = 0.25;
constexpr double kCast = 0.08;
constexpr double kGrayChance = 0.1;
constexpr double kEraseChance = 0.2;

// As NormalizePixels in shared/infer/engine.h.
uint8_t Luma(const uint8_t* rgb) {
  return static_cast<uint8_t>((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

// From view to crop in 16.16 fixed point: crop = origin + x * step_x + y * step_y.
struct Sampling {
  int64_t origin_x, origin_y;
  int64_t a, b;  // step_x = (a, b), step_y = (-b, a); mirrored: step_x negated
  bool mirrored;
};

int64_t Fixed(double value) { return static_cast<int64_t>(std::floor(value * 65536 + 0.5)); }

Sampling DrawSampling(Random& random, CropGeometry geometry) {
  const double side = geometry.input_side;
  const double scale = random.Uniform(1 - kScale, 1 + kScale);
  const double turn = random.Uniform(-kMaxTurn, kMaxTurn);
  const double shift_x = random.Uniform(-kShift, kShift) * side;
  const double shift_y = random.Uniform(-kShift, kShift) * side;
  Sampling s;
  s.mirrored = random.Chance(0.5);
  const double a = scale * std::cos(turn);
  const double b = scale * std::sin(turn);
  s.a = Fixed(a);
  s.b = Fixed(b);
  // Pixel centres: the middle of the view lies on the (shifted) middle of the crop.
  const double middle = (side - 1) / 2;
  const double x0 = s.mirrored ? middle : -middle;
  const double centre = (geometry.cache_side - 1) / 2.0;
  s.origin_x = Fixed(centre + shift_x + a * x0 + b * middle);
  s.origin_y = Fixed(centre + shift_y + b * x0 - a * middle);
  return s;
}

// Per channel one table that holds brightness, contrast and cast.
using ColourTables = std::array<std::array<uint8_t, 256>, 3>;

ColourTables DrawColour(Random& random) {
  const double brightness = random.Uniform(-kBrightness, kBrightness) * 128;
  const double contrast = random.Uniform(1 - kContrast, 1 + kContrast);
  ColourTables tables;
  for (auto& table : tables) {
    const double gain = contrast * random.Uniform(1 - kCast, 1 + kCast);
    for (int value = 0; value < 256; ++value) {
      const double changed = (value - 128) * gain + 128 + brightness;
      table[static_cast<size_t>(value)] =
          static_cast<uint8_t>(std::clamp(std::floor(changed + 0.5), 0.0, 255.0));
    }
  }
  return tables;
}

struct Rectangle {
  int left = 0, top = 0, right = 0, bottom = 0;
  uint8_t value = 0;
};

Rectangle DrawErased(Random& random, int side) {
  Rectangle r;
  const bool erased = random.Chance(kEraseChance);
  const int width = static_cast<int>(random.Uniform(0.1, 0.35) * side);
  const int height = static_cast<int>(random.Uniform(0.1, 0.35) * side);
  r.left = static_cast<int>(random.Uniform(0, side - width));
  r.top = static_cast<int>(random.Uniform(0, side - height));
  r.value = static_cast<uint8_t>(random.Below(256));
  if (!erased) return Rectangle{};
  r.right = r.left + width;
  r.bottom = r.top + height;
  return r;
}

void SampleBilinear(std::span<const uint8_t> crop, int crop_side, int64_t x, int64_t y,
                    uint8_t* rgb) {
  const int64_t last = int64_t{crop_side - 1} << 16;
  x = std::clamp<int64_t>(x, 0, last);
  y = std::clamp<int64_t>(y, 0, last);
  const int left = static_cast<int>(x >> 16), top = static_cast<int>(y >> 16);
  const int right = std::min(left + 1, crop_side - 1), bottom = std::min(top + 1, crop_side - 1);
  const uint32_t fx = static_cast<uint32_t>(x >> 8) & 255, fy = static_cast<uint32_t>(y >> 8) & 255;
  const uint8_t* rows[2] = {crop.data() + static_cast<size_t>(top) * crop_side * 3,
                            crop.data() + static_cast<size_t>(bottom) * crop_side * 3};
  for (int c = 0; c < 3; ++c) {
    const uint32_t upper = rows[0][left * 3 + c] * (256 - fx) + rows[0][right * 3 + c] * fx;
    const uint32_t lower = rows[1][left * 3 + c] * (256 - fx) + rows[1][right * 3 + c] * fx;
    rgb[c] = static_cast<uint8_t>((upper * (256 - fy) + lower * fy + 32768) >> 16);
  }
}

}  // namespace

void CentreView(std::span<const uint8_t> crop, CropGeometry geometry, bool gray,
                std::span<uint8_t> out) {
  const int margin = (geometry.cache_side - geometry.input_side) / 2;
  const size_t side = static_cast<size_t>(geometry.input_side);
  for (size_t y = 0; y < side; ++y) {
    const uint8_t* row =
        crop.data() + ((y + margin) * static_cast<size_t>(geometry.cache_side) + margin) * 3;
    if (!gray) {
      std::copy_n(row, side * 3, out.data() + y * side * 3);
      continue;
    }
    for (size_t x = 0; x < side; ++x) out[y * side + x] = Luma(row + x * 3);
  }
}

void RandomView(std::span<const uint8_t> crop, CropGeometry geometry, bool gray, uint64_t seed,
                uint64_t epoch, uint64_t index, std::span<uint8_t> out) {
  Random random(seed, Purpose::kAugment, epoch, index);
  const Sampling s = DrawSampling(random, geometry);
  const ColourTables colour = DrawColour(random);
  const bool to_gray = random.Chance(kGrayChance);
  const Rectangle erased = DrawErased(random, geometry.input_side);
  const int64_t step_x = s.mirrored ? -s.a : s.a;
  const int64_t step_y = s.mirrored ? -s.b : s.b;
  uint8_t* to = out.data();
  for (int y = 0; y < geometry.input_side; ++y) {
    int64_t at_x = s.origin_x - y * s.b;
    int64_t at_y = s.origin_y + y * s.a;
    for (int x = 0; x < geometry.input_side; ++x, at_x += step_x, at_y += step_y) {
      uint8_t rgb[3];
      SampleBilinear(crop, geometry.cache_side, at_x, at_y, rgb);
      for (size_t c = 0; c < 3; ++c) rgb[c] = colour[c][rgb[c]];
      if (to_gray) rgb[0] = rgb[1] = rgb[2] = Luma(rgb);
      if (x >= erased.left && x < erased.right && y >= erased.top && y < erased.bottom) {
        rgb[0] = rgb[1] = rgb[2] = erased.value;
      }
      if (gray) {
        *to++ = Luma(rgb);
      } else {
        to = std::copy_n(rgb, 3, to);
      }
    }
  }
}

}  // namespace ag::train
