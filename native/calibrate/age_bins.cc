#include "native/calibrate/age_bins.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "native/calibrate/folds.h"
#include "native/data/age_ranges.h"

namespace ag {
namespace {

// The move is a cubic B-spline: a coefficient every ten years, and one more beyond each end.
constexpr double kKnotYears = 10;
constexpr size_t kSegments = 10;
using Moves = std::array<double, kSegments + 3>;  // years

constexpr int kIterations = 60;
constexpr double kLeastError = 0.3;  // years: nearer errors count like this one, else one picture
                                     // that is met exactly would hold everything
// In units of a sum over pictures of 1 / error: some hundreds for 2,000 pictures and one knot.
constexpr double kSmoothness = 3;
constexpr double kSmallness = 0.1;
// Neighbouring bins keep at least this fraction of their distance.
constexpr double kLeastStep = 0.05;

struct Item {
  Moves shares{};    // how much of each coefficient's move the mean gets
  double error = 0;  // labelled minus predicted mean, years
  double weight = 1;
  double label = 0;
  std::span<const float> distribution;
};

// Nobody is younger than 0: the move fades towards that age, or the first bins would be squeezed
// together there (as moves of more than two years still do). Half of it is left at this age.
constexpr double kHalfMoved = 2;  // years

// How much of each coefficient's move a bin gets: four neighbours share it.
Moves SharesAt(double age) {
  Moves shares{};
  if (age <= 0) return shares;
  const double at = std::clamp(age / kKnotYears, 0.0, static_cast<double>(kSegments));
  const size_t first = std::min(static_cast<size_t>(at), kSegments - 1);
  const double u = at - static_cast<double>(first), v = 1 - u;
  shares[first] = v * v * v / 6;
  shares[first + 1] = (4 - 3 * u * u * (2 - u)) / 6;
  shares[first + 2] = (4 - 3 * v * v * (2 - v)) / 6;
  shares[first + 3] = u * u * u / 6;
  for (double& share : shares) share *= age / (age + kHalfMoved);
  return shares;
}

// Solves A x = b for a symmetric positive definite A by Cholesky decomposition.
Moves Solve(std::array<Moves, std::tuple_size_v<Moves>> a, Moves b) {
  constexpr size_t n = std::tuple_size_v<Moves>;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? std::sqrt(sum) : sum / a[j][j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

double MoveOf(const Item& item, const Moves& moves) {
  double sum = 0;
  for (size_t k = 0; k < moves.size(); ++k) sum += item.shares[k] * moves[k];
  return sum;
}

Moves FitMoves(std::span<const Item> items) {
  Moves moves{};
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    std::array<Moves, std::tuple_size_v<Moves>> a{};
    Moves b{};
    for (const Item& item : items) {
      const double rest = std::abs(item.error - MoveOf(item, moves));
      const double weight = item.weight / std::max(kLeastError, rest);
      for (size_t i = 0; i < moves.size(); ++i) {
        if (item.shares[i] == 0) continue;
        b[i] += weight * item.shares[i] * item.error;
        for (size_t j = 0; j < moves.size(); ++j) {
          a[i][j] += weight * item.shares[i] * item.shares[j];
        }
      }
    }
    for (size_t i = 0; i < moves.size(); ++i) {
      a[i][i] += kSmallness;
      if (i == 0) continue;
      a[i][i] += kSmoothness;
      a[i - 1][i - 1] += kSmoothness;
      a[i][i - 1] -= kSmoothness;
      a[i - 1][i] -= kSmoothness;
    }
    moves = Solve(a, b);
  }
  return moves;
}

std::vector<float> MovedBins(std::span<const float> bins, const Moves& moves) {
  std::vector<float> moved;
  for (size_t i = 0; i < bins.size(); ++i) {
    Item item;
    item.shares = SharesAt(bins[i]);
    double years = std::max(0.0, bins[i] + MoveOf(item, moves));
    if (i > 0) {
      years = std::max(years, moved[i - 1] + kLeastStep * (double{bins[i]} - bins[i - 1]));
    }
    moved.push_back(static_cast<float>(years));
  }
  return moved;
}

double MeanOver(std::span<const float> bins, std::span<const float> distribution) {
  double mean = 0;
  for (size_t i = 0; i < bins.size(); ++i) mean += double{distribution[i]} * bins[i];
  return mean;
}

}  // namespace

std::optional<AgeBins> FitAgeBins(std::span<const float> bins,
                                  std::span<const AgeGender> predictions,
                                  std::span<const Sample> labels) {
  std::vector<Item> items;
  std::array<double, kAgeRanges.size()> in_range{};
  std::vector<Moves> shares;
  for (const float bin : bins) shares.push_back(SharesAt(bin));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].has_exact_age()) continue;
    const std::vector<float>& distribution = predictions[i].age_distribution;
    if (distribution.size() != bins.size()) return std::nullopt;
    Item item;
    for (size_t bin = 0; bin < bins.size(); ++bin) {
      for (size_t k = 0; k < item.shares.size(); ++k) {
        item.shares[k] += double{distribution[bin]} * shares[bin][k];
      }
    }
    item.label = labels[i].age_lo;
    item.error = item.label - MeanOver(bins, distribution);
    item.distribution = distribution;
    in_range[AgeRangeIndex(item.label)] += 1;
    items.push_back(item);
  }
  if (bins.size() < 2 || items.size() < kMinBinPictures) return std::nullopt;

  const auto count = static_cast<double>(items.size());
  double weights = 0;
  for (Item& item : items) {
    item.weight = std::sqrt(count / in_range[AgeRangeIndex(item.label)]);
    weights += item.weight;
  }
  for (Item& item : items) item.weight *= count / weights;

  AgeBins fit;
  fit.count = items.size();
  const std::span<const Item> all = items;
  ForEachFold(all, [&](std::span<const Item> others, std::span<const Item> own) {
    const std::vector<float>& moved =
        fit.cross_fitted.emplace_back(MovedBins(bins, FitMoves(others)));
    for (const Item& item : own) {
      fit.mae_before += std::abs(item.error) / count;
      fit.mae += std::abs(item.label - MeanOver(moved, item.distribution)) / count;
    }
  });
  if (!(fit.mae <= (1 - kMinBinGain) * fit.mae_before)) return std::nullopt;
  fit.bins = MovedBins(bins, FitMoves(items));
  return fit;
}

}  // namespace ag
