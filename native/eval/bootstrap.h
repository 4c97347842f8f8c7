// Percentile bootstrap (Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3).
//
// Items of one cluster (pictures of one photograph) are drawn together: taken alone they would
// count as independent, and the intervals would come out too narrow.
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

// Draws of all items, the same for every statistic that is computed on them.
class Bootstrap {
 public:
  // `clusters` [items]: any number for each cluster. As many clusters as there are, are drawn with
  // replacement, `resamples` times; the same on every machine for one `seed`.
  Bootstrap(std::span<const uint32_t> clusters, size_t resamples, uint64_t seed);

  size_t resamples() const { return resamples_; }
  size_t clusters() const { return cluster_count_; }

  // The draw number `resample`: `weights` [items] is set to how often each item was drawn. A draw
  // is made anew at each call: nothing is held but the clusters.
  void Draw(size_t resample, std::vector<uint32_t>* weights) const;

 private:
  std::vector<uint32_t> cluster_of_;  // [items], 0..cluster_count_ - 1
  size_t cluster_count_ = 0;
  size_t resamples_;
  uint64_t seed_;
};

inline constexpr double kConfidence = 0.95;

// The middle kConfidence of `values`, statistics of the resamples; undefined ones (NaN) are left
// out. Not known where fewer than nine in ten are defined: the statistic hangs on a handful of
// items.
Interval PercentileInterval(std::vector<double> values);

}  // namespace ag
