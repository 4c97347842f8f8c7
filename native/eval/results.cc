#include "native/eval/results.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>

namespace ag {
namespace {

// Appends its statistics of one draw: as many at every call.
using Statistics = std::function<void(Draws, std::vector<double>*)>;

// The statistics of the data themselves, with the intervals of the bootstrap.
std::vector<Estimate> EstimateAll(const std::vector<Statistics>& statistics, size_t items,
                                  const Bootstrap* bootstrap) {
  const auto measure = [&](Draws weights) {
    std::vector<double> values;
    for (const Statistics& some : statistics) some(weights, &values);
    return values;
  };
  std::vector<uint32_t> weights(items, 1);
  const std::vector<double> own = measure(weights);
  std::vector<std::vector<double>> drawn(own.size());
  for (size_t i = 0; bootstrap != nullptr && i < bootstrap->resamples(); ++i) {
    bootstrap->Draw(i, &weights);
    const std::vector<double> values = measure(weights);
    for (size_t k = 0; k < values.size(); ++k) drawn[k].push_back(values[k]);
  }
  std::vector<Estimate> estimates;
  for (size_t k = 0; k < own.size(); ++k) {
    estimates.push_back({own[k], PercentileInterval(std::move(drawn[k]))});
    if (std::isnan(own[k])) estimates.back().interval = {own[k], own[k]};
  }
  return estimates;
}

Statistics OfCell(const FigureCell* cell) {
  return [cell](Draws weights, std::vector<double>* out) {
    const FigureValues values = cell->Measure(weights);
    out->insert(out->end(), values.begin(), values.end());
  };
}

CellResult TakeCell(const CellName& name, const FigureCell& cell,
                    std::span<const Estimate>* estimates) {
  CellResult result;
  result.name = name;
  result.pictures = cell.pictures();
  for (size_t i = 0; i < kFigureCount; ++i) {
    result.figures[i] = (*estimates)[i];
    result.counts[i] = cell.CountOf(FigureAt(i));
  }
  *estimates = estimates->subspan(kFigureCount);
  return result;
}

// Pictures with a gender, by bin of p_female.
class Reliability {
 public:
  explicit Reliability(std::span<const EvalPrediction> predictions) : bins_(kReliabilityBins) {
    for (uint32_t i = 0; i < predictions.size(); ++i) {
      const EvalPrediction& p = predictions[i];
      if (p.label.gender == Gender::kUnknown) continue;
      Bin& bin = bins_[static_cast<size_t>(ReliabilityBin(p.p_female))];
      bin.items.push_back(i);
      bin.p_sum += p.p_female;
      bin.female.push_back(p.label.gender == Gender::kFemale ? 1 : 0);
      any_ = true;
    }
  }

  bool any() const { return any_; }

  void Measure(Draws weights, std::vector<double>* out) const {
    for (const Bin& bin : bins_) {
      uint64_t count = 0, female = 0;
      for (size_t i = 0; i < bin.items.size(); ++i) {
        count += weights[bin.items[i]];
        female += bin.female[i] * weights[bin.items[i]];
      }
      out->push_back(static_cast<double>(female) / static_cast<double>(count));  // 0 / 0: NaN
    }
  }

  std::vector<ReliabilityBinResult> Take(std::span<const Estimate>* estimates) const {
    std::vector<ReliabilityBinResult> results;
    for (size_t i = 0; i < bins_.size(); ++i) {
      const size_t count = bins_[i].items.size();
      results.push_back({static_cast<double>(i) / kReliabilityBins,
                         static_cast<double>(i + 1) / kReliabilityBins, count,
                         bins_[i].p_sum / static_cast<double>(count), (*estimates)[i]});
    }
    *estimates = estimates->subspan(bins_.size());
    return results;
  }

 private:
  struct Bin {
    std::vector<uint32_t> items;
    std::vector<uint32_t> female;  // 0 or 1
    double p_sum = 0;
  };
  std::vector<Bin> bins_;
  bool any_ = false;
};

// Pictures with an exact age and a distribution, by the least level that covers their age.
class AgeCalibration {
 public:
  static constexpr int kLevels = 19;  // 5 %, 10 %, ..., 95 %

  explicit AgeCalibration(std::span<const EvalPrediction> predictions) {
    for (uint32_t i = 0; i < predictions.size(); ++i) {
      if (std::isnan(predictions[i].age_rank)) continue;
      items_.push_back(i);
      level_.push_back(2 * std::abs(predictions[i].age_rank - 0.5));
    }
  }

  bool any() const { return !items_.empty(); }

  void Measure(Draws weights, std::vector<double>* out) const {
    std::array<uint64_t, kLevels> covered{};
    uint64_t count = 0;
    for (size_t i = 0; i < items_.size(); ++i) {
      count += weights[items_[i]];
      for (int k = kLevels - 1; k >= 0 && level_[i] <= LevelAt(k); --k) {
        covered[static_cast<size_t>(k)] += weights[items_[i]];
      }
    }
    for (const uint64_t part : covered) {
      out->push_back(static_cast<double>(part) / static_cast<double>(count));
    }
  }

  std::vector<AgeCalibrationPoint> Take(std::span<const Estimate>* estimates) const {
    std::vector<AgeCalibrationPoint> points;
    for (int k = 0; k < kLevels; ++k) {
      points.push_back({LevelAt(k), (*estimates)[static_cast<size_t>(k)]});
    }
    *estimates = estimates->subspan(kLevels);
    return points;
  }

 private:
  static double LevelAt(int index) { return (index + 1) / (kLevels + 1.0); }

  std::vector<uint32_t> items_;
  std::vector<double> level_;
};

std::vector<std::vector<uint32_t>> Members(std::span<const EvalPrediction> predictions,
                                           const Breakdown& breakdown) {
  std::vector<std::vector<uint32_t>> members(breakdown.cells.size());
  for (uint32_t i = 0; i < predictions.size(); ++i) {
    const int cell = breakdown.cell_of(predictions[i]);
    if (cell >= 0) members[static_cast<size_t>(cell)].push_back(i);
  }
  return members;
}

double AbsoluteErrorSd(std::span<const EvalPrediction> predictions) {
  double count = 0, mean = 0, squares = 0;  // Welford
  for (const EvalPrediction& p : predictions) {
    if (!p.label.has_exact_age()) continue;
    const double distance = std::abs(p.error());
    const double step = distance - mean;
    mean += step / ++count;
    squares += step * (distance - mean);
  }
  return count < 2 ? std::nan("") : std::sqrt(squares / (count - 1));
}

}  // namespace

const BreakdownResult* EvalResults::Find(std::string_view name) const {
  for (const BreakdownResult& breakdown : breakdowns) {
    if (breakdown.name == name) return &breakdown;
  }
  return nullptr;
}

EvalResults ComputeResults(std::span<const EvalPrediction> predictions,
                           const std::vector<Breakdown>& breakdowns, const Bootstrap* bootstrap) {
  std::vector<uint32_t> everyone(predictions.size());
  for (uint32_t i = 0; i < everyone.size(); ++i) everyone[i] = i;
  const FigureCell all(predictions, everyone);
  std::vector<std::vector<FigureCell>> cells(breakdowns.size());
  std::vector<Statistics> statistics = {OfCell(&all)};
  for (size_t b = 0; b < breakdowns.size(); ++b) {
    for (const std::vector<uint32_t>& members : Members(predictions, breakdowns[b])) {
      cells[b].emplace_back(predictions, members);
    }
    for (const FigureCell& cell : cells[b]) {
      if (cell.pictures() > 0) statistics.push_back(OfCell(&cell));
    }
  }
  const Reliability reliability(predictions);
  const AgeCalibration ages(predictions);
  if (reliability.any()) {
    statistics.push_back([&](Draws w, std::vector<double>* out) { reliability.Measure(w, out); });
  }
  if (ages.any()) {
    statistics.push_back([&](Draws w, std::vector<double>* out) { ages.Measure(w, out); });
  }

  const std::vector<Estimate> estimates = EstimateAll(statistics, predictions.size(), bootstrap);
  std::span<const Estimate> left = estimates;
  EvalResults results;
  results.clusters = bootstrap == nullptr ? 0 : bootstrap->clusters();
  results.absolute_error_sd = AbsoluteErrorSd(predictions);
  results.overall = TakeCell({.label = "all"}, all, &left);
  for (size_t b = 0; b < breakdowns.size(); ++b) {
    BreakdownResult result{breakdowns[b].name, breakdowns[b].title, {}};
    for (size_t c = 0; c < cells[b].size(); ++c) {
      if (cells[b][c].pictures() == 0) continue;
      result.cells.push_back(TakeCell(breakdowns[b].cells[c], cells[b][c], &left));
    }
    results.breakdowns.push_back(std::move(result));
  }
  if (reliability.any()) results.reliability = reliability.Take(&left);
  if (ages.any()) results.age_calibration = ages.Take(&left);
  return results;
}

}  // namespace ag
