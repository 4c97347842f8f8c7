#include "native/train/data/degrade.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace ag::train {
namespace {

constexpr double kLeastScale = 0.25, kLargestScale = 0.75;
constexpr int kMaxBlurs = 3;
constexpr double kWorstQuality = 15, kBestQuality = 75;
constexpr int kBlock = 8;

// One axis: output i is the sum of weight * input over [first, first + weights.size()).
struct Tap {
  int first = 0;
  std::vector<float> weights;
};

// Mean over the part of the input that the output pixel covers.
std::vector<Tap> AreaTaps(int from, int to) {
  std::vector<Tap> taps(static_cast<size_t>(to));
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    Tap& tap = taps[static_cast<size_t>(i)];
    const double lo = i * step, hi = (i + 1) * step;
    tap.first = static_cast<int>(lo);
    for (int x = tap.first; x < from && x < hi; ++x) {
      const double overlap = std::min(hi, x + 1.0) - std::max<double>(lo, x);
      tap.weights.push_back(static_cast<float>(overlap / step));
    }
  }
  return taps;
}

std::vector<Tap> LinearTaps(int from, int to) {
  std::vector<Tap> taps(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double x = std::clamp((i + 0.5) * from / to - 0.5, 0.0, from - 1.0);
    Tap& tap = taps[static_cast<size_t>(i)];
    tap.first = std::min(static_cast<int>(x), std::max(0, from - 2));
    const float share = static_cast<float>(x - tap.first);
    tap.weights = from > 1 ? std::vector<float>{1 - share, share} : std::vector<float>{1};
  }
  return taps;
}

// [height, width, channels] -> [height, taps.size(), channels].
std::vector<float> AlongRows(const std::vector<float>& in, int height, int width, int channels,
                             const std::vector<Tap>& taps) {
  std::vector<float> out(static_cast<size_t>(height) * taps.size() * channels);
  float* to = out.data();
  for (int y = 0; y < height; ++y) {
    const float* row = in.data() + static_cast<size_t>(y) * width * channels;
    for (const Tap& tap : taps) {
      for (int c = 0; c < channels; ++c) {
        float sum = 0;
        const float* from = row + tap.first * channels + c;
        for (size_t i = 0; i < tap.weights.size(); ++i, from += channels)
          sum += tap.weights[i] * *from;
        *to++ = sum;
      }
    }
  }
  return out;
}

// [height, width, channels] -> [taps.size(), width, channels].
std::vector<float> AlongColumns(const std::vector<float>& in, int width, int channels,
                                const std::vector<Tap>& taps) {
  const size_t row = static_cast<size_t>(width) * channels;
  std::vector<float> out(taps.size() * row, 0.0f);
  for (size_t y = 0; y < taps.size(); ++y) {
    float* to = out.data() + y * row;
    const float* from = in.data() + static_cast<size_t>(taps[y].first) * row;
    for (const float weight : taps[y].weights) {
      for (size_t x = 0; x < row; ++x) to[x] += weight * from[x];
      from += row;
    }
  }
  return out;
}

void Scale(int smaller, int side, int channels, std::vector<float>* picture) {
  const std::vector<Tap> down = AreaTaps(side, smaller), up = LinearTaps(smaller, side);
  std::vector<float> small = AlongRows(*picture, side, side, channels, down);
  small = AlongColumns(small, smaller, channels, down);
  small = AlongColumns(small, smaller, channels, up);
  *picture = AlongRows(small, side, smaller, channels, up);
}

// 1 2 1 along both axes; beyond the border its pixels are repeated.
void Blur(int side, int channels, std::vector<float>* picture) {
  std::vector<Tap> taps(static_cast<size_t>(side));
  for (int i = 0; i < side; ++i) {
    Tap& tap = taps[static_cast<size_t>(i)];
    tap.first = std::max(0, i - 1);
    tap.weights = {0.25f, 0.5f, 0.25f};
    if (i == 0) tap.weights = {0.75f, 0.25f};
    if (i == side - 1) tap.weights = {0.25f, 0.75f};
  }
  *picture = AlongColumns(AlongRows(*picture, side, side, channels, taps), side, channels, taps);
}

// The luma table of ITU-T T.81, Annex K.
constexpr std::array<int, kBlock* kBlock> kLumaTable = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};

using Block = std::array<float, kBlock * kBlock>;

// Row k: the k-th cosine, orthonormal.
const Block& CosineTable() {
  static const Block table = [] {
    Block cosines{};
    for (int k = 0; k < kBlock; ++k) {
      for (int x = 0; x < kBlock; ++x) {
        const double norm = std::sqrt((k == 0 ? 1.0 : 2.0) / kBlock);
        cosines[static_cast<size_t>(k * kBlock + x)] =
            static_cast<float>(norm * std::cos((2 * x + 1) * k * std::numbers::pi / (2 * kBlock)));
      }
    }
    return cosines;
  }();
  return table;
}

// out = a * b, or a' * b, or a * b' of 8x8 matrices.
enum class Turn { kNone, kFirst, kSecond };
Block Product(const Block& a, const Block& b, Turn turn) {
  Block out{};
  for (size_t i = 0; i < kBlock; ++i) {
    for (size_t k = 0; k < kBlock; ++k) {
      const float left = turn == Turn::kFirst ? a[k * kBlock + i] : a[i * kBlock + k];
      for (size_t j = 0; j < kBlock; ++j) {
        out[i * kBlock + j] +=
            left * (turn == Turn::kSecond ? b[j * kBlock + k] : b[k * kBlock + j]);
      }
    }
  }
  return out;
}

Block Quantised(const Block& pixels, const Block& steps) {
  const Block& cosines = CosineTable();
  Block spectrum = Product(Product(cosines, pixels, Turn::kNone), cosines, Turn::kSecond);
  for (size_t i = 0; i < spectrum.size(); ++i) {
    spectrum[i] = std::floor(spectrum[i] / steps[i] + 0.5f) * steps[i];
  }
  return Product(Product(cosines, spectrum, Turn::kFirst), cosines, Turn::kNone);
}

// Annex K's table, scaled as the widespread encoders scale it.
Block Steps(double quality) {
  const double scale = quality < 50 ? 50 / quality : 2 - quality / 50;
  Block steps{};
  for (size_t i = 0; i < steps.size(); ++i) {
    steps[i] = static_cast<float>(std::max(1.0, std::floor(kLumaTable[i] * scale + 0.5)));
  }
  return steps;
}

// The change of the luma is added to all channels: the chroma stays as it is.
void JpegNoise(double quality, int offset, int side, int channels, std::vector<float>* picture) {
  const Block steps = Steps(quality);
  // The grid of a crop's blocks lies anywhere.
  for (int top = -offset; top < side; top += kBlock) {
    for (int left = -offset; left < side; left += kBlock) {
      Block luma{};
      const auto at = [&](int x, int y) {
        const int cx = std::clamp(left + x, 0, side - 1), cy = std::clamp(top + y, 0, side - 1);
        return picture->data() + (static_cast<size_t>(cy) * side + cx) * channels;
      };
      for (int i = 0; i < kBlock * kBlock; ++i) {
        const float* p = at(i % kBlock, i / kBlock);
        luma[static_cast<size_t>(i)] =
            (channels == 3 ? 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2] : p[0]) - 128;
      }
      const Block noisy = Quantised(luma, steps);
      for (int i = 0; i < kBlock * kBlock; ++i) {
        const int x = left + i % kBlock, y = top + i / kBlock;
        if (x < 0 || y < 0 || x >= side || y >= side) continue;
        const float change = noisy[static_cast<size_t>(i)] - luma[static_cast<size_t>(i)];
        float* p = at(i % kBlock, i / kBlock);
        for (int c = 0; c < channels; ++c) p[c] += change;
      }
    }
  }
}

}  // namespace

void Degrade(Random& random, double chance, int side, int channels, std::span<uint8_t> pixels) {
  // All numbers are drawn whatever happens: one setting does not move the others.
  const bool scaled = random.Chance(chance);
  const double scale = random.Uniform(kLeastScale, kLargestScale);
  const bool blurred = random.Chance(chance);
  const int blurs = 1 + static_cast<int>(random.Below(kMaxBlurs));
  const bool noisy = random.Chance(chance);
  const double quality = random.Uniform(kWorstQuality, kBestQuality);
  const int offset = static_cast<int>(random.Below(kBlock));
  if (!scaled && !blurred && !noisy) return;
  std::vector<float> picture(pixels.begin(), pixels.end());
  if (scaled) Scale(std::max(1, static_cast<int>(scale * side)), side, channels, &picture);
  for (int i = 0; blurred && i < blurs; ++i) Blur(side, channels, &picture);
  if (noisy) JpegNoise(quality, offset, side, channels, &picture);
  for (size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<uint8_t>(std::clamp(std::floor(picture[i] + 0.5f), 0.0f, 255.0f));
  }
}

}  // namespace ag::train
