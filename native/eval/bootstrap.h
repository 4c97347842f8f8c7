// Percentile bootstrap (Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3).
//
// Items of one cluster (pictures of one photograph) are drawn together: separately they would count
// as independent, and the intervals would come out too narrow.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "native/eval/statistics.h"

namespace ag {

struct Interval {
  double low = 0, high = 0;  // NaN: not known
};

// Resamples of all items, shared by every statistic computed on them.
class Bootstrap {
 public:
  // `clusters` [items]: any number for each cluster. Draws as many clusters as there are, with
  // replacement, `resamples` times; the same on every machine for one `seed`.
  Bootstrap(std::span<const uint32_t> clusters, size_t resamples, uint64_t seed);

  size_t resamples() const { return resamples_; }
  size_t clusters() const { return cluster_count_; }

  // Resample number `resample`: `weights` [items] is set to how often each item was drawn. Computed
  // again at each call: nothing is stored but the clusters.
  void Draw(size_t resample, std::vector<uint32_t>* weights) const;

 private:
  std::vector<uint32_t> cluster_of_;  // [items], 0..cluster_count_ - 1
  size_t cluster_count_ = 0;
  size_t resamples_;
  uint64_t seed_;
};

inline constexpr double kConfidence = 0.95;

// The middle kConfidence of `values`, statistics of the resamples; undefined ones (NaN) are left
// out. Unknown if fewer than nine in ten are defined: the statistic then depends on a handful of
// items.
Interval PercentileInterval(std::vector<double> values);

}  // namespace ag
