#include "native/eval/comparison.h"

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace ag {
namespace {

// Figures that two predictions of one picture decide; smaller is better unless `more_is_better`.
struct Compared {
  Figure figure;
  bool more_is_better;
};
constexpr std::array<Compared, 6> kCompared = {{{Figure::kMae, false},
                                                {Figure::kMedianError, false},
                                                {Figure::kWithin5, true},
                                                {Figure::kWithinRange, true},
                                                {Figure::kGenderAccuracy, true},
                                                {Figure::kMinorsAsAdults, false}}};

using ByFile = std::map<std::string, const EvalPrediction*>;

StatusOr<ByFile> IndexByFile(const PredictionTable& table, const std::string& name) {
  ByFile of_file;
  for (const EvalPrediction& prediction : table.predictions) {
    if (!of_file.emplace(prediction.label.file, &prediction).second) {
      return Status(Code::kInvalidArgument,
                    name + ": '" + prediction.label.file + "' appears twice");
    }
  }
  return of_file;
}

bool SameLabel(const Sample& a, const Sample& b) {
  return a.age_lo == b.age_lo && a.age_hi == b.age_hi && a.gender == b.gender;
}

// In how many of the draws the second is better; NaN where the figure is undefined in all.
double ShareBetter(const std::vector<double>& draws, bool more_is_better) {
  double wins = 0, defined = 0;
  for (const double draw : draws) {
    if (std::isnan(draw)) continue;
    defined += 1;
    wins += draw == 0 ? 0.5 : (draw > 0) == more_is_better ? 1 : 0;
  }
  return defined > 0 ? wins / defined : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

StatusOr<PairedPredictions> PairPredictions(const PredictionTable& first,
                                            const std::string& first_name,
                                            const PredictionTable& second,
                                            const std::string& second_name) {
  AG_RETURN_IF_ERROR(IndexByFile(first, first_name).status());
  AG_ASSIGN_OR_RETURN(const ByFile of_file, IndexByFile(second, second_name));
  PairedPredictions paired;
  uint32_t alone = 0;
  for (const EvalPrediction& prediction : first.predictions) {
    const auto found = of_file.find(prediction.label.file);
    if (found == of_file.end()) continue;
    const EvalPrediction& other = *found->second;
    if (!SameLabel(prediction.label, other.label)) {
      return Status(Code::kInvalidArgument, second_name + ": '" + prediction.label.file +
                                                "' has a different label in " + first_name);
    }
    paired.first.push_back(prediction);
    paired.second.push_back(other);
    if (!first.has_clusters) {
      paired.first.back().cluster = second.has_clusters ? other.cluster : alone++;
    }
  }
  if (paired.first.empty()) {
    return Status(Code::kEmpty, first_name + " and " + second_name + " have no picture in common");
  }
  paired.unpaired = first.predictions.size() + second.predictions.size() - 2 * paired.first.size();
  return paired;
}

Comparison ComparePredictions(const PairedPredictions& paired, size_t resamples, uint64_t seed) {
  std::vector<uint32_t> members(paired.first.size());
  std::iota(members.begin(), members.end(), 0u);
  const FigureCell first(paired.first, members), second(paired.second, members);
  std::vector<uint32_t> cluster_of;
  for (const EvalPrediction& prediction : paired.first) cluster_of.push_back(prediction.cluster);
  const Bootstrap bootstrap(cluster_of, resamples, seed);

  const std::vector<uint32_t> once(members.size(), 1);
  const FigureValues a = first.Measure(once), b = second.Measure(once);
  std::array<std::vector<double>, kCompared.size()> draws;
  std::vector<uint32_t> weights;
  for (size_t resample = 0; resample < bootstrap.resamples(); ++resample) {
    bootstrap.Draw(resample, &weights);
    const FigureValues of_first = first.Measure(weights), of_second = second.Measure(weights);
    for (size_t i = 0; i < kCompared.size(); ++i) {
      const auto figure = static_cast<size_t>(kCompared[i].figure);
      draws[i].push_back(of_second[figure] - of_first[figure]);
    }
  }
  Comparison comparison;
  comparison.clusters = bootstrap.clusters();
  for (size_t i = 0; i < kCompared.size(); ++i) {
    const auto figure = static_cast<size_t>(kCompared[i].figure);
    if (std::isnan(a[figure]) || std::isnan(b[figure])) continue;
    const double better = ShareBetter(draws[i], kCompared[i].more_is_better);
    comparison.differences.push_back({kCompared[i].figure, a[figure], b[figure],
                                      PercentileInterval(std::move(draws[i])), better});
  }
  return comparison;
}

}  // namespace ag
