#include "shared/face/assignment.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace ag {
namespace {

// The cube of this many steps takes a few milliseconds; no video has so many faces so close
// together that nobody can tell them apart.
constexpr size_t kLargestGroup = 200;

// Which rows and columns are connected; columns follow the rows in one numbering.
class Groups {
 public:
  explicit Groups(size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }

  size_t Find(size_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }
  void Join(size_t a, size_t b) { parent_[Find(a)] = Find(b); }

 private:
  std::vector<size_t> parent_;
};

struct Group {
  std::vector<size_t> rows, columns;  // ascending
  std::vector<PossiblePair> pairs;
};

// Keeps `sorted` ascending. Groups are small, and a sort is 3 KB of the page's engine.
void InsertOnce(size_t value, std::vector<size_t>* sorted) {
  const auto at = std::lower_bound(sorted->begin(), sorted->end(), value);
  if (at == sorted->end() || *at != value) sorted->insert(at, value);
}

std::vector<Group> SplitIntoGroups(size_t rows, size_t columns,
                                   const std::vector<PossiblePair>& pairs) {
  Groups groups(rows + columns);
  for (const PossiblePair& pair : pairs) groups.Join(pair.row, rows + pair.column);
  std::map<size_t, Group> by_root;
  for (const PossiblePair& pair : pairs) by_root[groups.Find(pair.row)].pairs.push_back(pair);
  std::vector<Group> result;
  for (auto& [root, group] : by_root) {
    for (const PossiblePair& pair : group.pairs) {
      InsertOnce(pair.row, &group.rows);
      InsertOnce(pair.column, &group.columns);
    }
    result.push_back(std::move(group));
  }
  return result;
}

size_t IndexOf(const std::vector<size_t>& sorted, size_t value) {
  return static_cast<size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                             sorted.begin());
}

// Adds one row at a time: the cheapest way to move the rows that already have a column aside is a
// shortest path (Dijkstra), on costs that the potentials keep at 0 or above.
class Hungarian {
 public:
  // costs [rows, columns], rows <= columns
  Hungarian(size_t rows, size_t columns, std::vector<double> costs)
      : rows_(rows),
        columns_(columns),
        costs_(std::move(costs)),
        row_potential_(rows, 0.0),
        column_potential_(columns, 0.0),
        row_of_(columns, kUnpaired) {}

  // The row of each column, or kUnpaired.
  const std::vector<size_t>& Solve() {
    for (size_t row = 0; row < rows_; ++row) AddRow(row);
    return row_of_;
  }

 private:
  static constexpr double kFar = std::numeric_limits<double>::infinity();

  double Reduced(size_t row, size_t column) const {
    return costs_[row * columns_ + column] - row_potential_[row] - column_potential_[column];
  }

  void AddRow(size_t first_row) {
    std::vector<double> distance(columns_, kFar);
    std::vector<size_t> previous(columns_, kUnpaired);  // column before it on the path
    std::vector<bool> reached(columns_, false);
    size_t row = first_row;
    size_t from = kUnpaired;
    while (true) {
      size_t nearest = kUnpaired;
      for (size_t column = 0; column < columns_; ++column) {
        if (reached[column]) continue;
        const double step = Reduced(row, column);
        if (step < distance[column]) {
          distance[column] = step;
          previous[column] = from;
        }
        if (nearest == kUnpaired || distance[column] < distance[nearest]) nearest = column;
      }
      Lower(distance[nearest], first_row, reached, &distance);
      reached[nearest] = true;
      from = nearest;
      if (row_of_[nearest] == kUnpaired) break;
      row = row_of_[nearest];
    }
    while (previous[from] != kUnpaired) {
      row_of_[from] = row_of_[previous[from]];
      from = previous[from];
    }
    row_of_[from] = first_row;
  }

  // Moves the potentials so that the edge to the nearest column costs nothing.
  void Lower(double by, size_t first_row, const std::vector<bool>& reached,
             std::vector<double>* distance) {
    row_potential_[first_row] += by;
    for (size_t column = 0; column < columns_; ++column) {
      if (reached[column]) {
        row_potential_[row_of_[column]] += by;
        column_potential_[column] -= by;
      } else {
        (*distance)[column] -= by;
      }
    }
  }

  size_t rows_, columns_;
  std::vector<double> costs_;
  std::vector<double> row_potential_, column_potential_;
  std::vector<size_t> row_of_;
};

void PairBest(const Group& group, std::vector<size_t>* column_of) {
  const size_t rows = group.rows.size();
  // Each row has a column of its own, worth nothing, for staying unpaired.
  const size_t columns = group.columns.size() + rows;
  // More expensive than any whole assignment, and small enough that sums lose no significant digit.
  double impossible = 1;
  for (const PossiblePair& pair : group.pairs) impossible += pair.worth;
  std::vector<double> costs(rows * columns, impossible);
  for (const PossiblePair& pair : group.pairs) {
    costs[IndexOf(group.rows, pair.row) * columns + IndexOf(group.columns, pair.column)] =
        -pair.worth;
  }
  for (size_t row = 0; row < rows; ++row) costs[row * columns + group.columns.size() + row] = 0;
  Hungarian hungarian(rows, columns, std::move(costs));
  const std::vector<size_t>& row_of = hungarian.Solve();
  for (size_t column = 0; column < group.columns.size(); ++column) {
    if (row_of[column] == kUnpaired) continue;
    (*column_of)[group.rows[row_of[column]]] = group.columns[column];
  }
}

void PairGreedily(Group group, size_t columns, std::vector<size_t>* column_of) {
  std::stable_sort(group.pairs.begin(), group.pairs.end(),
                   [](const PossiblePair& a, const PossiblePair& b) { return a.worth > b.worth; });
  std::vector<bool> taken(columns, false);
  for (const PossiblePair& pair : group.pairs) {
    if (taken[pair.column] || (*column_of)[pair.row] != kUnpaired) continue;
    taken[pair.column] = true;
    (*column_of)[pair.row] = pair.column;
  }
}

}  // namespace

std::vector<size_t> PairMostWorth(size_t rows, size_t columns,
                                  const std::vector<PossiblePair>& pairs) {
  std::vector<size_t> column_of(rows, kUnpaired);
  for (Group& group : SplitIntoGroups(rows, columns, pairs)) {
    if (std::max(group.rows.size(), group.columns.size()) <= kLargestGroup) {
      PairBest(group, &column_of);
    } else {
      PairGreedily(std::move(group), columns, &column_of);
    }
  }
  return column_of;
}

}  // namespace ag
