#include "native/bench/textures.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace ag::bench {
namespace {

struct Colour {
  double r = 0, g = 0, b = 0;
};

Colour RandomColour(Random* random) {
  return {random->Uniform(0, 255), random->Uniform(0, 255), random->Uniform(0, 255)};
}

Colour Mix(const Colour& a, const Colour& b, double t) {
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

void SetPixel(const Colour& colour, uint8_t* pixel) {
  const auto byte = [](double v) { return static_cast<uint8_t>(std::clamp(v, 0.0, 255.0)); };
  pixel[0] = byte(colour.r);
  pixel[1] = byte(colour.g);
  pixel[2] = byte(colour.b);
}

// [height * width], about -1..1: random values on grids of halving spacing, interpolated, each
// octave `gain` times as strong as the one before.
std::vector<float> MakeNoise(int width, int height, double spacing, double gain, Random* random) {
  std::vector<float> noise(static_cast<size_t>(width) * static_cast<size_t>(height));
  double strength = 1, total = 0;
  for (; spacing >= 1; spacing /= 2, strength *= gain) {
    total += strength;
    const int columns = static_cast<int>(width / spacing) + 2;
    const int rows = static_cast<int>(height / spacing) + 2;
    std::vector<float> grid(static_cast<size_t>(columns) * static_cast<size_t>(rows));
    for (float& value : grid) value = static_cast<float>(random->Uniform(-strength, strength));
    for (int y = 0; y < height; ++y) {
      const double gy = y / spacing;
      const size_t row = static_cast<size_t>(gy);
      const float fy = static_cast<float>(gy - static_cast<double>(row));
      for (int x = 0; x < width; ++x) {
        const double gx = x / spacing;
        const size_t column = static_cast<size_t>(gx);
        const float fx = static_cast<float>(gx - static_cast<double>(column));
        const float* cell = &grid[row * static_cast<size_t>(columns) + column];
        const float top = cell[0] + (cell[1] - cell[0]) * fx;
        const float bottom = cell[columns] + (cell[columns + 1] - cell[columns]) * fx;
        noise[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)] +=
            top + (bottom - top) * fy;
      }
    }
  }
  for (float& value : noise) value /= static_cast<float>(total);
  return noise;
}

// Two colours, mixed by the noise.
void PaintNoise(double spacing, double gain, double contrast, Random* random, Image* image) {
  const std::vector<float> noise = MakeNoise(image->width, image->height, spacing, gain, random);
  const Colour dark = RandomColour(random), light = RandomColour(random);
  for (size_t i = 0; i < noise.size(); ++i) {
    const double t = std::clamp(0.5 + contrast * static_cast<double>(noise[i]), 0.0, 1.0);
    SetPixel(Mix(dark, light, t), &image->pixels[3 * i]);
  }
}

// A filled ellipse with a lighter upper left side.
void PaintEllipse(double cx, double cy, double rx, double ry, double angle, const Colour& colour,
                  Image* image) {
  const double reach = std::max(rx, ry);
  const double c = std::cos(angle), s = std::sin(angle);
  const int y0 = std::max(0, static_cast<int>(cy - reach));
  const int y1 = std::min(image->height - 1, static_cast<int>(cy + reach) + 1);
  const int x0 = std::max(0, static_cast<int>(cx - reach));
  const int x1 = std::min(image->width - 1, static_cast<int>(cx + reach) + 1);
  for (int y = y0; y <= y1; ++y) {
    for (int x = x0; x <= x1; ++x) {
      const double dx = x - cx, dy = y - cy;
      const double u = (c * dx + s * dy) / rx, v = (c * dy - s * dx) / ry;
      if (u * u + v * v > 1) continue;
      const double light = 1 - 0.45 * (dx + dy) / (2 * reach);
      SetPixel({colour.r * light, colour.g * light, colour.b * light}, image->at(x, y));
    }
  }
}

void PaintFur(Random* random, Image* image) {
  PaintNoise(64, 0.5, 0.6, random, image);
  const Colour base = RandomColour(random);
  const double direction = random->Uniform(0, 2 * std::numbers::pi);
  const int64_t hairs = int64_t{image->width} * image->height / 40;
  for (int64_t i = 0; i < hairs; ++i) {
    double x = random->Uniform(0, image->width), y = random->Uniform(0, image->height);
    double angle = direction + 0.6 * std::sin(x / 90) + random->Uniform(-0.4, 0.4);
    const double light = random->Uniform(0.3, 1.3);
    for (int step = 0; step < 25; ++step) {
      const int px = static_cast<int>(std::floor(x)), py = static_cast<int>(std::floor(y));
      if (px >= 0 && py >= 0 && px < image->width && py < image->height) {
        SetPixel({base.r * light, base.g * light, base.b * light}, image->at(px, py));
      }
      x += std::cos(angle);
      y += std::sin(angle);
      angle += random->Uniform(-0.05, 0.06);
    }
  }
}

void PaintLeaves(Random* random, Image* image) {
  PaintNoise(32, 0.6, 0.5, random, image);
  const double size = random->Uniform(8, 30);
  const int64_t leaves =
      static_cast<int64_t>(2.5 * image->width * image->height / (size * size)) + 1;
  for (int64_t i = 0; i < leaves; ++i) {
    const double length = size * random->Uniform(0.5, 1.5);
    PaintEllipse(random->Uniform(0, image->width), random->Uniform(0, image->height), length,
                 length * random->Uniform(0.25, 0.6), random->Uniform(0, std::numbers::pi),
                 {random->Uniform(20, 140), random->Uniform(70, 210), random->Uniform(10, 90)},
                 image);
  }
}

// A weave of two threads, with folds that darken it.
void PaintCloth(Random* random, Image* image) {
  const std::vector<float> folds = MakeNoise(image->width, image->height, 128, 0.4, random);
  const Colour warp = RandomColour(random), weft = RandomColour(random);
  const double period = random->Uniform(3, 24);
  for (int y = 0; y < image->height; ++y) {
    for (int x = 0; x < image->width; ++x) {
      const size_t i =
          static_cast<size_t>(y) * static_cast<size_t>(image->width) + static_cast<size_t>(x);
      const double fold = static_cast<double>(folds[i]);
      const double u = x + 20 * fold, v = y + 14 * fold;
      const double wave =
          std::sin(2 * std::numbers::pi * u / period) * std::sin(2 * std::numbers::pi * v / period);
      const Colour thread = Mix(warp, weft, 0.5 + 0.5 * wave);
      const double light = 0.75 + 0.6 * fold;
      SetPixel({thread.r * light, thread.g * light, thread.b * light}, &image->pixels[3 * i]);
    }
  }
}

// Checks, dots and bars: regular patterns whose pieces look like eyes and mouths.
void PaintChecks(Random* random, Image* image) {
  const Colour a = RandomColour(random), b = RandomColour(random), c = RandomColour(random);
  const double period = random->Uniform(6, 60), tilt = random->Uniform(-0.5, 0.5);
  const int style = random->Below(3);
  for (int y = 0; y < image->height; ++y) {
    for (int x = 0; x < image->width; ++x) {
      const double u = (x + tilt * y) / period, v = (y - tilt * x) / period;
      const double fu = u - std::floor(u), fv = v - std::floor(v);
      const bool dot = (fu - 0.5) * (fu - 0.5) + (fv - 0.5) * (fv - 0.5) < 0.06;
      const bool first = style == 0 ? (fu < 0.5) == (fv < 0.5) : style == 1 ? dot : fv < 0.3;
      const bool third = style != 0 && fu < 0.15;
      SetPixel(third ? c : first ? a : b, image->at(x, y));
    }
  }
}

// Lines of glyphs, each a few strokes on a small grid.
void PaintText(Random* random, Image* image) {
  const Colour paper = RandomColour(random), ink = RandomColour(random);
  for (int y = 0; y < image->height; ++y) {
    for (int x = 0; x < image->width; ++x) SetPixel(paper, image->at(x, y));
  }
  const int size = 8 + random->Below(32);
  const auto bar = [&](int x0, int y0, int width, int height) {
    for (int y = std::max(0, y0); y < std::min(image->height, y0 + height); ++y) {
      for (int x = std::max(0, x0); x < std::min(image->width, x0 + width); ++x) {
        SetPixel(ink, image->at(x, y));
      }
    }
  };
  const int stroke = std::max(1, size / 7);
  for (int top = size / 2; top < image->height; top += size + size / 2) {
    for (int left = size / 2; left < image->width; left += size * 2 / 3) {
      if (random->Below(6) == 0) continue;
      for (int i = 0; i < 3; ++i) {
        const int offset = random->Below(3) * size / 4;
        if (random->Below(2) == 0) {
          bar(left + offset, top, stroke, size - random->Below(2) * size / 2);
        } else {
          bar(left, top + offset, size / 2, stroke);
        }
      }
    }
  }
}

// Roundish things in the colours of skin and stone, with dark spots.
void PaintPebbles(Random* random, Image* image) {
  PaintNoise(16, 0.6, 0.5, random, image);
  const double size = random->Uniform(10, 50);
  const int64_t pebbles =
      static_cast<int64_t>(1.2 * image->width * image->height / (size * size)) + 1;
  for (int64_t i = 0; i < pebbles; ++i) {
    const double x = random->Uniform(0, image->width), y = random->Uniform(0, image->height);
    const double radius = size * random->Uniform(0.4, 1);
    const double tone = random->Uniform(0.4, 1);
    PaintEllipse(x, y, radius * 0.8, radius, random->Uniform(-0.5, 0.5),
                 {230 * tone, 180 * tone, 150 * tone}, image);
    const int spots = random->Below(4);
    for (int spot = 0; spot < spots; ++spot) {
      PaintEllipse(x + radius * random->Uniform(-0.5, 0.5), y + radius * random->Uniform(-0.5, 0.5),
                   radius * 0.15, radius * 0.1, 0, {50, 40, 40}, image);
    }
  }
}

}  // namespace

uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double Random::Uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(Next() >> 11) * 0x1p-53;
}

int Random::Below(int count) { return static_cast<int>(Next() % static_cast<uint64_t>(count)); }

Image MakeTexture(size_t kind, int width, int height, uint64_t seed) {
  Random random(seed * kTextures.size() + kind);
  Image image(width, height);
  if (image.empty()) return image;
  switch (kind) {
    case 0:
      PaintNoise(256, 0.45, 1.2, &random, &image);
      break;
    case 1:
      PaintNoise(64, 0.8, 1.5, &random, &image);
      break;
    case 2:
      for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.Next());
      break;
    case 3:
      PaintFur(&random, &image);
      break;
    case 4:
      PaintLeaves(&random, &image);
      break;
    case 5:
      PaintCloth(&random, &image);
      break;
    case 6:
      PaintChecks(&random, &image);
      break;
    case 7:
      PaintText(&random, &image);
      break;
    default:
      PaintPebbles(&random, &image);
      break;
  }
  return image;
}

}  // namespace ag::bench
