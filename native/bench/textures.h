// Generated pictures without a face, of the kinds in which face detectors see one: noise, fur,
// leaves, cloth, checks, text, pebbles. Backgrounds for collages, and a test of their own.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "shared/image/image.h"

namespace ag::bench {

// Random numbers that are the same everywhere for one seed (SplitMix64: Steele, Lea, Flood, "Fast
// splittable pseudorandom number generators", 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  double Uniform(double low, double high);  // [low, high)
  int Below(int count);                     // 0..count - 1; count >= 1

 private:
  uint64_t state_;
};

inline constexpr std::array<std::string_view, 9> kTextures = {
    "smooth", "rough", "white", "fur", "leaves", "cloth", "checks", "text", "pebbles"};

// [height, width, 3]; `kind` indexes kTextures. The same seed gives the same picture.
Image MakeTexture(size_t kind, int width, int height, uint64_t seed);

}  // namespace ag::bench
