#include "native/calibrate/interval_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "native/calibrate/calibration.h"
#include "native/data/age_ranges.h"
#include "shared/predict/outputs.h"

namespace ag {
namespace {

// Where ranges of predicted ages begin, before small ones are joined: narrow where a year means
// much, a decade wide later on.
constexpr std::array<double, 12> kRangeStarts = {0, 3, 7, 12, 18, 25, 32, 40, 50, 60, 70, 80};
constexpr double kCovered = 0.90;  // of all pictures
// Coverage of each end and of any range of predicted ages. The one that gives the narrowest
// intervals is used: what ranges of true ages and groups add is taken off everywhere, down to 86 %
// of a range of predicted ages.
constexpr std::array<double, 9> kEndCovered = {0.93,   0.9325, 0.935,  0.9375, 0.94,
                                               0.9425, 0.945,  0.9475, 0.95};
// Coverage of the pictures of any range of true ages. These two shares widen the intervals of all
// others: with more, UTKFace's validation part as a whole is covered by over 92 % (cross-fitted).
constexpr double kLeastOfTrueRange = 0.89;
constexpr size_t kMinTrueRangePictures = 20;
// Coverage of the pictures of any group of people. No net is told who belongs to it, so everybody
// of the same predicted age gets a wider interval.
constexpr double kLeastOfGroup = 0.87;
constexpr size_t kMinGroupPictures = 50;
constexpr double kPastThePicture = 1e-3;  // years: a widened end must pass the age

// The rank (from 1) of the score that at least `share` of new pictures stay below.
size_t FiniteSampleRank(size_t count, double share) {
  const double rank = std::ceil(share * static_cast<double>(count + 1));
  return std::clamp<size_t>(static_cast<size_t>(rank), 1, count);
}

double ScoreOfRank(std::vector<double> scores, size_t rank) {
  const auto at = scores.begin() + static_cast<ptrdiff_t>(rank - 1);
  std::nth_element(scores.begin(), at, scores.end());
  return *at;
}

std::vector<PredictedRange> MakeRanges(std::span<const AgedPicture> pictures) {
  std::array<size_t, kRangeStarts.size()> counts{};
  for (const AgedPicture& picture : pictures) {
    const auto after = std::upper_bound(kRangeStarts.begin() + 1, kRangeStarts.end(), picture.age);
    ++counts[static_cast<size_t>(after - kRangeStarts.begin()) - 1];
  }
  std::vector<PredictedRange> ranges;
  PredictedRange open;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (open.count == 0) open.first = ranges.empty() ? 0 : kRangeStarts[i];
    open.count += counts[i];
    if (open.count < kMinRangePictures) continue;
    ranges.push_back(open);
    open = {};
  }
  if (!ranges.empty()) ranges.back().count += open.count;
  return ranges;
}

// The knot of one range: each end corrected by itself.
AgeIntervalKnot FitKnot(std::span<const AgedPicture> pictures, double end_covered) {
  std::vector<double> below, above;
  double sum = 0;
  for (const AgedPicture& picture : pictures) {
    below.push_back(picture.low - picture.true_age);
    above.push_back(picture.true_age - picture.high);
    sum += picture.age;
  }
  const size_t rank = FiniteSampleRank(pictures.size(), end_covered);
  return {static_cast<float>(sum / static_cast<double>(pictures.size())),
          static_cast<float>(-ScoreOfRank(below, rank)),
          static_cast<float>(ScoreOfRank(above, rank))};
}

// One way to cover one more picture: an end of a knot moves by `years`.
struct Widening {
  double cost = std::numeric_limits<double>::infinity();  // years, summed over the range's pictures
  size_t knot = 0;
  bool upper = false;
  double years = 0;
};

// At least half of the correction at `age` comes from this knot.
size_t NearestKnot(const std::vector<AgeIntervalKnot>& knots, double age) {
  size_t nearest = 0;
  for (size_t i = 1; i < knots.size(); ++i) {
    if (std::abs(knots[i].age - age) < std::abs(knots[nearest].age - age)) nearest = i;
  }
  return nearest;
}

// Pictures of which enough must lie in their interval: a range of true ages, or a group.
struct Cell {
  Cell(double least_share, size_t from_count) : least(least_share), min_count(from_count) {}

  double least;
  size_t min_count;
  size_t count = 0, covered = 0;
  Widening cheapest;

  bool NeedsMore() const { return count >= min_count && covered < FiniteSampleRank(count, least); }
};

// Their coverage, and what would improve each.
std::vector<Cell> LookAtCells(std::span<const AgedPicture> pictures, const IntervalTable& table) {
  std::vector<Cell> cells(kAgeRanges.size(), Cell(kLeastOfTrueRange, kMinTrueRangePictures));
  for (const AgedPicture& picture : pictures) {
    const Interval interval = CorrectedInterval(table.knots, picture);
    const bool upper = picture.true_age > interval.high;
    const bool covered = !upper && picture.true_age >= interval.low;
    Widening widening;
    if (!covered) {
      const size_t knot = NearestKnot(table.knots, picture.age);
      const double years =
          upper ? picture.true_age - interval.high : interval.low - picture.true_age;
      widening = {years * static_cast<double>(table.ranges[knot].count), knot, upper, years};
    }
    const auto add = [&](size_t index) {
      if (index >= cells.size()) cells.resize(index + 1, Cell(kLeastOfGroup, kMinGroupPictures));
      Cell& cell = cells[index];
      ++cell.count;
      cell.covered += covered ? 1 : 0;
      if (!covered && widening.cost < cell.cheapest.cost) cell.cheapest = widening;
    };
    add(AgeRangeIndex(picture.true_age));
    if (picture.group >= 0) add(kAgeRanges.size() + static_cast<size_t>(picture.group));
  }
  return cells;
}

// Widens the table, cheapest step first, until no range of true ages and no group is left out too
// often.
void CoverCells(std::span<const AgedPicture> pictures, IntervalTable* table) {
  // A step covers one picture or goes half of the way: the knot that weighs most moves. The limit
  // on steps is only a safeguard.
  for (size_t step = 0; step < 20 * pictures.size(); ++step) {
    Widening next;
    for (const Cell& cell : LookAtCells(pictures, *table)) {
      if (cell.NeedsMore() && cell.cheapest.cost < next.cost) next = cell.cheapest;
    }
    if (!std::isfinite(next.cost)) return;
    AgeIntervalKnot& knot = table->knots[next.knot];
    const auto years = static_cast<float>(next.years + kPastThePicture);
    (next.upper ? knot.upper : knot.lower) += next.upper ? years : -years;
  }
}

struct Held {
  size_t count = 0;  // pictures in their interval
  double years = 0;  // of all intervals together
};

Held CountHeld(std::span<const AgedPicture> pictures, const std::vector<AgeIntervalKnot>& knots) {
  Held held;
  for (const AgedPicture& picture : pictures) {
    const Interval interval = CorrectedInterval(knots, picture);
    held.count += interval.low <= picture.true_age && picture.true_age <= interval.high ? 1 : 0;
    held.years += interval.high - interval.low;
  }
  return held;
}

// One knot a range.
std::vector<AgeIntervalKnot> FitKnots(const std::vector<std::vector<AgedPicture>>& of_range,
                                      double end_covered) {
  std::vector<AgeIntervalKnot> knots;
  for (const std::vector<AgedPicture>& range : of_range) {
    AgeIntervalKnot knot = FitKnot(range, end_covered);
    // Means on both sides of a border may round to the same float.
    if (!knots.empty() && knot.age <= knots.back().age) {
      knot.age = std::nextafter(knots.back().age, std::numeric_limits<float>::infinity());
    }
    knots.push_back(knot);
  }
  return knots;
}

}  // namespace

size_t RangeOf(std::span<const PredictedRange> ranges, double age) {
  size_t index = ranges.size() - 1;
  while (index > 0 && age < ranges[index].first) --index;
  return index;
}

Interval CorrectedInterval(const std::vector<AgeIntervalKnot>& knots, const AgedPicture& picture) {
  AgeGender result;
  result.age = picture.age;
  SetAgeInterval(knots, picture.low, picture.high, &result);
  return {result.age_low, result.age_high};
}

IntervalTable FitIntervalTable(std::span<const AgedPicture> pictures) {
  IntervalTable table;
  table.ranges = MakeRanges(pictures);
  if (table.ranges.empty()) return table;
  std::vector<std::vector<AgedPicture>> of_range(table.ranges.size());
  for (const AgedPicture& picture : pictures) {
    of_range[RangeOf(table.ranges, picture.age)].push_back(picture);
  }
  const size_t enough = FiniteSampleRank(pictures.size(), kCovered);
  double least_years = std::numeric_limits<double>::infinity();
  IntervalTable tried = table;
  for (const double end_covered : kEndCovered) {
    tried.knots = FitKnots(of_range, end_covered);
    CoverCells(pictures, &tried);
    const Held held = CountHeld(pictures, tried.knots);
    // The last one covers enough whatever the pictures are, except for the finite sample.
    const bool last = end_covered == kEndCovered.back() && table.knots.empty();
    if (!last && (held.count < enough || held.years >= least_years)) continue;
    table.knots = tried.knots;
    least_years = held.years;
  }
  return table;
}

}  // namespace ag
