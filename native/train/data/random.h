// Random numbers that depend on where they are used, not on what was drawn before: a run resumed at
// any step draws the same numbers as an uninterrupted one.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace ag::train {

// SplitMix64's finaliser (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
// 2014).
inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// One number from several: (seed, purpose, epoch, index).
inline uint64_t MixAll(std::initializer_list<uint64_t> parts) {
  uint64_t state = 0;
  for (uint64_t part : parts) state = Mix(state ^ part);
  return state;
}

// The purpose of a stream of random numbers, so that no two purposes share one.
enum class Purpose : uint64_t {
  kOrder = 1,
  kAugment = 2,
  kDropout = 3,
  kToyFace = 4,
  kRepeats = 5,
  kDegrade = 6,
  kMixup = 7
};

class Random {
 public:
  explicit Random(uint64_t state) : state_(state) {}
  Random(uint64_t seed, Purpose purpose, uint64_t a, uint64_t b = 0)
      : state_(MixAll({seed, static_cast<uint64_t>(purpose), a, b})) {}

  uint64_t Next() { return Mix(state_++); }

  // [0, 1), 53 bits.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Unit(); }
  bool Chance(double probability) { return Unit() < probability; }

  // 0..count-1; the modulo bias is below 2^-32 for the counts used here.
  uint64_t Below(uint64_t count) { return Next() % count; }

  // Beta(alpha, alpha) on [0, 1]: Johnk's method (1964), as exact as libm's pow.
  double SymmetricBeta(double alpha) {
    for (;;) {
      const double u = std::pow(Unit(), 1 / alpha), v = std::pow(Unit(), 1 / alpha);
      if (u + v > 0 && u + v <= 1) return u / (u + v);
    }
  }

  // Roughly normal: the sum of 12 uniforms minus 6 (mean 0, variance 1, within +-6), without libm.
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Unit();
    return sum;
  }

 private:
  uint64_t state_;
};

// 0..count-1 in random order (Fisher-Yates).
inline std::vector<uint32_t> Permutation(Random random, uint32_t count) {
  std::vector<uint32_t> order(count);
  for (uint32_t i = 0; i < count; ++i) order[i] = i;
  for (uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

}  // namespace ag::train
