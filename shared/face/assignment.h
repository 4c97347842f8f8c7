// Who belongs to whom: rows and columns paired so that what the pairs are worth together is most.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace ag {

// A pair that may be made, and what it is worth (> 0). Pairs that are not listed cannot be made.
struct PossiblePair {
  size_t row = 0;
  size_t column = 0;
  double worth = 0;
};

inline constexpr size_t kUnpaired = std::numeric_limits<size_t>::max();

// For each of `rows` its column, or kUnpaired; no column twice. The Hungarian method (Kuhn 1955) by
// shortest augmenting paths (Jonker and Volgenant 1987), on each connected group of pairs by
// itself; a group with more than 200 rows or columns is paired greedily, the best pair first. Rows
// and columns in `pairs` must be below `rows` and `columns`. Deterministic.
std::vector<size_t> PairMostWorth(size_t rows, size_t columns,
                                  const std::vector<PossiblePair>& pairs);

}  // namespace ag
