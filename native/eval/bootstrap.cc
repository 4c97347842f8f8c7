#include "native/eval/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <unordered_map>

namespace ag {
namespace {

constexpr double kLeastDefined = 0.9;

}  // namespace

Bootstrap::Bootstrap(std::span<const uint32_t> clusters, size_t resamples, uint64_t seed)
    : resamples_(resamples), seed_(seed) {
  std::unordered_map<uint32_t, uint32_t> numbers;
  for (const uint32_t cluster : clusters) {
    cluster_of_.push_back(
        numbers.try_emplace(cluster, static_cast<uint32_t>(numbers.size())).first->second);
  }
  cluster_count_ = numbers.size();
}

void Bootstrap::Draw(size_t resample, std::vector<uint32_t>* weights) const {
  // Seeded by number, so that draws are the same in any order. mt19937_64 and seed_seq are the same
  // in every standard library, unlike its distributions; the modulo's bias is below count / 2^64.
  std::seed_seq seeds{static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32),
                      static_cast<uint32_t>(resample)};
  std::mt19937_64 random(seeds);
  std::vector<uint32_t> drawn(cluster_count_, 0);
  for (size_t i = 0; i < cluster_count_; ++i) ++drawn[random() % cluster_count_];
  weights->resize(cluster_of_.size());
  for (size_t i = 0; i < cluster_of_.size(); ++i) (*weights)[i] = drawn[cluster_of_[i]];
}

Interval PercentileInterval(std::vector<double> values) {
  const size_t all = values.size();
  std::erase_if(values, [](double value) { return std::isnan(value); });
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  if (values.empty() ||
      static_cast<double>(values.size()) < kLeastDefined * static_cast<double>(all)) {
    return {unknown, unknown};
  }
  std::sort(values.begin(), values.end());
  return {Quantile(values, (1 - kConfidence) / 2), Quantile(values, (1 + kConfidence) / 2)};
}

}  // namespace ag
