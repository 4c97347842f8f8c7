#include "native/calibrate/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "native/calibrate/folds.h"
#include "native/calibrate/gender_temperature.h"
#include "native/calibrate/interval_table.h"

namespace ag {
namespace {

// Beyond this a probability in double precision can no longer be told from 1.
constexpr double kMostLogit = 36;

double LogitOf(double probability) {
  const double logit = std::log(probability) - std::log1p(-probability);
  return std::clamp(logit, -kMostLogit, kMostLogit);
}

std::vector<AgedPicture> WithExactAge(std::span<const AgeGender> predictions,
                                      std::span<const Sample> labels) {
  std::vector<AgedPicture> pictures;
  std::map<std::pair<std::string, Gender>, int> groups;  // numbered as they come
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].has_exact_age()) continue;
    const AgeGender& said = predictions[i];
    int group = -1;
    if (!labels[i].group.empty() && labels[i].gender != Gender::kUnknown) {
      const int next = static_cast<int>(groups.size());
      group = groups.try_emplace({labels[i].group, labels[i].gender}, next).first->second;
    }
    pictures.push_back({said.age, said.has_interval ? said.age_low : said.age,
                        said.has_interval ? said.age_high : said.age, labels[i].age_lo, group});
  }
  return pictures;
}

std::vector<GenderedPicture> WithGender(std::span<const AgeGender> predictions,
                                        std::span<const Sample> labels) {
  std::vector<GenderedPicture> pictures;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].gender == Gender::kUnknown) continue;
    pictures.push_back({LogitOf(predictions[i].p_female), labels[i].gender == Gender::kFemale});
  }
  return pictures;
}

bool Holds(const Interval& interval, const AgedPicture& picture) {
  return interval.low <= picture.true_age && picture.true_age <= interval.high;
}

// Sums over the pictures of one range, or of all.
struct Coverage {
  size_t count = 0, covered = 0;
  double width = 0;

  void Add(const Interval& interval, const AgedPicture& picture) {
    ++count;
    covered += Holds(interval, picture) ? 1 : 0;
    width += interval.high - interval.low;
  }
  double share() const { return static_cast<double>(covered) / static_cast<double>(count); }
  double mean_width() const { return width / static_cast<double>(count); }
};

void FitAges(std::span<const AgedPicture> pictures, Calibration* calibration) {
  calibration->age_count = pictures.size();
  const IntervalTable table = FitIntervalTable(pictures);
  if (table.ranges.empty()) return;
  std::vector<Coverage> before(table.ranges.size()), after(table.ranges.size());
  Coverage all_before, all_after;
  ForEachFold(pictures, [&](std::span<const AgedPicture> others, std::span<const AgedPicture> own) {
    const IntervalTable fold_table = FitIntervalTable(others);
    for (const AgedPicture& picture : own) {
      const size_t range = RangeOf(table.ranges, picture.age);
      const Interval raw = CorrectedInterval({}, picture);
      const Interval corrected = CorrectedInterval(fold_table.knots, picture);
      before[range].Add(raw, picture);
      after[range].Add(corrected, picture);
      all_before.Add(raw, picture);
      all_after.Add(corrected, picture);
    }
  });
  for (size_t i = 0; i < table.ranges.size(); ++i) {
    const double last = i + 1 < table.ranges.size() ? table.ranges[i + 1].first
                                                    : std::numeric_limits<double>::infinity();
    calibration->ranges.push_back({table.ranges[i].first, last, table.ranges[i].count,
                                   table.knots[i], before[i].share(), after[i].share()});
  }
  calibration->coverage_before = all_before.share();
  calibration->coverage = all_after.share();
  calibration->width_before = all_before.mean_width();
  calibration->width = all_after.mean_width();
}

void FitGender(std::span<const GenderedPicture> pictures, Calibration* calibration) {
  calibration->gender_count = pictures.size();
  calibration->gender_temperature = FitGenderTemperature(pictures);
  if (!calibration->gender_temperature) return;
  calibration->gender_loss_before = GenderLoss(pictures, 1);
  double sum = 0;
  ForEachFold(pictures,
              [&](std::span<const GenderedPicture> others, std::span<const GenderedPicture> own) {
                sum += GenderLoss(own, FitGenderTemperature(others).value_or(1.0f)) *
                       static_cast<double>(own.size());
              });
  calibration->gender_loss = sum / static_cast<double>(pictures.size());
}

void SetMetric(std::string name, double value, std::vector<Metric>* metrics) {
  const auto same = [&](const Metric& metric) { return metric.name == name; };
  const auto old = std::find_if(metrics->begin(), metrics->end(), same);
  if (old != metrics->end()) {
    old->value = value;
  } else {
    metrics->push_back({std::move(name), value});
  }
}

}  // namespace

AgeGenderContract WithoutCalibration(AgeGenderContract contract) {
  contract.age_interval.clear();
  contract.age_error_low = contract.age_error_high = 0;
  contract.gender_temperature = 1;
  return contract;
}

StatusOr<Calibration> FitCalibration(std::span<const AgeGender> predictions,
                                     std::span<const Sample> labels) {
  if (predictions.size() != labels.size()) {
    return Status(Code::kInvalidArgument, std::to_string(predictions.size()) + " predictions, " +
                                              std::to_string(labels.size()) + " labels");
  }
  Calibration calibration;
  FitAges(WithExactAge(predictions, labels), &calibration);
  FitGender(WithGender(predictions, labels), &calibration);
  if (calibration.ranges.empty() && !calibration.gender_temperature) {
    return Status(Code::kEmpty,
                  "too few pictures to calibrate with: " + std::to_string(calibration.age_count) +
                      " of an exact age (needed: " + std::to_string(kMinRangePictures) + "), " +
                      std::to_string(calibration.gender_count) + " of a labelled gender (needed: " +
                      std::to_string(kMinGenderPictures) + ", of which the net gets some wrong)");
  }
  return calibration;
}

void ApplyAgeBins(const AgeBins& fit, Model* model) {
  model->age_gender->age_bins = fit.bins;
  SetMetric("calibration_mae_before", fit.mae_before, &model->provenance.metrics);
  SetMetric("calibration_mae", fit.mae, &model->provenance.metrics);
}

void ApplyCalibration(const Calibration& calibration, Model* model) {
  AgeGenderContract& contract = *model->age_gender;
  std::vector<Metric>* metrics = &model->provenance.metrics;
  if (!calibration.ranges.empty()) {
    contract.age_interval.clear();
    for (const CalibratedRange& range : calibration.ranges) {
      contract.age_interval.push_back(range.knot);
    }
    contract.age_error_low = contract.age_error_high = 0;
    SetMetric("calibration_ages", static_cast<double>(calibration.age_count), metrics);
    SetMetric("calibration_coverage_before", calibration.coverage_before, metrics);
    SetMetric("calibration_coverage", calibration.coverage, metrics);
    SetMetric("calibration_width_before", calibration.width_before, metrics);
    SetMetric("calibration_width", calibration.width, metrics);
  }
  if (calibration.gender_temperature) {
    contract.gender_temperature = *calibration.gender_temperature;
    SetMetric("calibration_genders", static_cast<double>(calibration.gender_count), metrics);
    SetMetric("calibration_gender_temperature", contract.gender_temperature, metrics);
    SetMetric("calibration_gender_loss_before", calibration.gender_loss_before, metrics);
    SetMetric("calibration_gender_loss", calibration.gender_loss, metrics);
  }
}

}  // namespace ag
