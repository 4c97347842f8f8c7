// Pairs rows and columns so that the total worth of the pairs is greatest.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace ag {

// A possible pair and its worth (> 0). Pairs that are not listed cannot be made.
struct PossiblePair {
  size_t row = 0;
  size_t column = 0;
  double worth = 0;
};

inline constexpr size_t kUnpaired = std::numeric_limits<size_t>::max();

// The column of each of `rows`, or kUnpaired; no column twice. The Hungarian method (Kuhn 1955) by
// shortest augmenting paths (Jonker and Volgenant 1987), separately for each connected group of
// pairs; a group with more than 200 rows or columns is paired greedily, the best pair first. Rows
// and columns in `pairs` must be below `rows` and `columns`. Deterministic.
std::vector<size_t> PairMostWorth(size_t rows, size_t columns,
                                  const std::vector<PossiblePair>& pairs);

}  // namespace ag
