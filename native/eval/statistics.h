// Statistics of an evaluation over weighted items. A weight says how often an item counts: 1 for
// the data themselves, an integer in a bootstrap's resample. NaN: undefined for these items (none
// counts, or only one class does).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ag {

using Draws = std::span<const uint32_t>;  // [items] weights

// Sum of weight * value over the sum of weights.
double WeightedMean(std::span<const double> values, Draws weights);

// `order`: indices of the items, by ascending value. The smallest value that at least half of the
// weight does not exceed; the mean of it and the next if it is exactly half.
double WeightedMedian(std::span<const double> values, std::span<const uint32_t> order,
                      Draws weights);

// Area under the receiver operating characteristic: how often a positive item scores higher than a
// negative one; a tie counts half (Hanley and McNeil, 1982). `order`: by ascending score;
// `positive` [items]: 0 or 1.
double AreaUnderCurve(std::span<const double> scores, std::span<const uint8_t> positive,
                      std::span<const uint32_t> order, Draws weights);

// Bin of a probability among kReliabilityBins equal ones; 1 belongs to the last.
inline constexpr int kReliabilityBins = 10;
int ReliabilityBin(double probability);

// Expected calibration error (Naeini, Cooper, Hauskrecht, 2015) of the probability of one class:
// over kReliabilityBins equal bins, the share of items in the bin times the distance between their
// mean probability and the share of them that is positive.
double ExpectedCalibrationError(std::span<const double> probabilities,
                                std::span<const uint8_t> positive, Draws weights);

// The value below which a fraction `quantile` of `sorted` (ascending, not empty) lies, interpolated
// between neighbours: 0 is the smallest value, 1 the largest.
double Quantile(std::span<const double> sorted, double quantile);

// Indices 0..n-1 by ascending value; equal values keep their order.
std::vector<uint32_t> AscendingOrder(std::span<const double> values);

}  // namespace ag
