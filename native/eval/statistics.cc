#include "native/eval/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace ag {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double Sum(Draws weights) {
  return static_cast<double>(std::accumulate(weights.begin(), weights.end(), uint64_t{0}));
}

}  // namespace

double WeightedMean(std::span<const double> values, Draws weights) {
  double sum = 0;
  uint64_t count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += weights[i] * values[i];
    count += weights[i];
  }
  return count == 0 ? kUndefined : sum / static_cast<double>(count);
}

double WeightedMedian(std::span<const double> values, std::span<const uint32_t> order,
                      Draws weights) {
  const double half = Sum(weights) / 2;
  double below = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (weights[order[i]] == 0) continue;
    below += weights[order[i]];
    if (below < half) continue;
    const double value = values[order[i]];
    if (below > half) return value;
    while (++i < order.size()) {
      if (weights[order[i]] > 0) return (value + values[order[i]]) / 2;
    }
    return value;
  }
  return kUndefined;
}

double AreaUnderCurve(std::span<const double> scores, std::span<const uint8_t> positive,
                      std::span<const uint32_t> order, Draws weights) {
  double won = 0, positives = 0, negatives = 0;  // `negatives`: those with a lower score so far
  for (size_t i = 0; i < order.size();) {
    double tied[2] = {0, 0};
    const double score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i) {
      tied[positive[order[i]]] += weights[order[i]];
    }
    won += tied[1] * (negatives + tied[0] / 2);
    negatives += tied[0];
    positives += tied[1];
  }
  return positives == 0 || negatives == 0 ? kUndefined : won / (positives * negatives);
}

int ReliabilityBin(double probability) {
  return std::clamp(static_cast<int>(probability * kReliabilityBins), 0, kReliabilityBins - 1);
}

double ExpectedCalibrationError(std::span<const double> probabilities,
                                std::span<const uint8_t> positive, Draws weights) {
  // The weight cancels: |bin| / all * |mean - share| = |sum of (probability - positive)| / all.
  std::array<double, kReliabilityBins> excess{};
  for (size_t i = 0; i < probabilities.size(); ++i) {
    excess[static_cast<size_t>(ReliabilityBin(probabilities[i]))] +=
        weights[i] * (probabilities[i] - positive[i]);
  }
  double error = 0;
  for (const double sum : excess) error += std::abs(sum);
  const double all = Sum(weights);
  return all == 0 ? kUndefined : error / all;
}

double Quantile(std::span<const double> sorted, double quantile) {
  const double place = quantile * static_cast<double>(sorted.size() - 1);
  const size_t below = std::min(static_cast<size_t>(place), sorted.size() - 1);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<uint32_t> AscendingOrder(std::span<const double> values) {
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
  return order;
}

}  // namespace ag
