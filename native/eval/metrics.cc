#include "native/eval/metrics.h"

#include <cmath>

namespace ag {
namespace {

constexpr std::array<FigureInfo, kFigureCount> kInfos = {{
    {"mae", "MAE", "mean absolute error of the age, years", FigureUnit::kYears},
    {"median_error", "Median error", "median absolute error of the age, years", FigureUnit::kYears},
    {"cs_3", "CS@3", "share of ages with an error of at most 3 years", FigureUnit::kShare},
    {"cs_5", "CS@5", "share of ages with an error of at most 5 years", FigureUnit::kShare},
    {"cs_10", "CS@10", "share of ages with an error of at most 10 years", FigureUnit::kShare},
    {"bias", "Bias", "mean of predicted minus labelled age, years", FigureUnit::kSignedYears},
    {"within_range", "In range",
     "share of predicted ages inside the labelled range (whole years, both ends included)",
     FigureUnit::kShare},
    {"gender_accuracy", "Gender",
     "share of pictures on which the more probable gender is the label's", FigureUnit::kShare},
    {"gender_auc", "AUC",
     "area under the ROC curve of the probability of the label female; a tie counts half",
     FigureUnit::kNumber},
    {"gender_ece", "ECE",
     "expected calibration error of the probability of the label female, ten equal bins",
     FigureUnit::kNumber},
    {"interval_coverage", "Coverage", "share of exactly known ages inside the 90 % interval",
     FigureUnit::kShare},
    {"interval_width", "Width", "mean width of these 90 % intervals, years", FigureUnit::kYears},
    {"minors_as_adults", "Minors as 21+",
     "share of pictures labelled younger than 18 (a range: up to 17 or less) that are called 21 or "
     "older",
     FigureUnit::kShare},
}};

std::vector<uint32_t> WeightsOf(const std::vector<uint32_t>& items, Draws weights) {
  std::vector<uint32_t> own;
  own.reserve(items.size());
  for (const uint32_t item : items) own.push_back(weights[item]);
  return own;
}

}  // namespace

const FigureInfo& InfoOf(Figure figure) { return kInfos[static_cast<size_t>(figure)]; }

bool IsMinor(const Sample& label) { return label.has_age() && label.age_hi < kMinorBelow; }

FigureCell::FigureCell(std::span<const EvalPrediction> predictions,
                       const std::vector<uint32_t>& members)
    : pictures_(members.size()) {
  for (const uint32_t item : members) {
    AddAge(item, predictions[item]);
    if (predictions[item].label.gender != Gender::kUnknown) AddGender(item, predictions[item]);
  }
  ages_.by_distance = AscendingOrder(ages_.distance);
  genders_.by_p = AscendingOrder(genders_.p_female);
}

void FigureCell::AddAge(uint32_t item, const EvalPrediction& p) {
  const Sample& label = p.label;
  if (label.has_exact_age()) {
    ages_.items.push_back(item);
    ages_.error.push_back(p.error());
    ages_.distance.push_back(std::abs(p.error()));
    if (p.has_interval) {
      covered_.Add(item, p.age_low <= label.age_lo && label.age_lo <= p.age_high ? 1 : 0);
      width_.Add(item, p.age_high - p.age_low);
    }
  } else if (label.has_age()) {
    in_range_.Add(item, label.age_lo <= p.age && p.age < label.age_hi + 1 ? 1 : 0);
  }
  if (IsMinor(label)) called_adult_.Add(item, p.age >= kCalledAdultFrom ? 1 : 0);
}

void FigureCell::AddGender(uint32_t item, const EvalPrediction& p) {
  const bool female = p.label.gender == Gender::kFemale;
  genders_.items.push_back(item);
  genders_.p_female.push_back(p.p_female);
  genders_.female.push_back(female ? 1 : 0);
  genders_.correct.push_back(p.says_female() == female ? 1 : 0);
}

FigureValues FigureCell::Measure(Draws weights) const {
  FigureValues values;
  const auto at = [&](Figure figure) -> double& { return values[static_cast<size_t>(figure)]; };
  const std::vector<uint32_t> ages = WeightsOf(ages_.items, weights);
  at(Figure::kMae) = WeightedMean(ages_.distance, ages);
  at(Figure::kMedianError) = WeightedMedian(ages_.distance, ages_.by_distance, ages);
  at(Figure::kBias) = WeightedMean(ages_.error, ages);
  std::array<double, 3> within{};
  uint64_t all = 0;
  for (size_t i = 0; i < ages.size(); ++i) {
    all += ages[i];
    within[0] += ages_.distance[i] <= 3 ? ages[i] : 0;
    within[1] += ages_.distance[i] <= 5 ? ages[i] : 0;
    within[2] += ages_.distance[i] <= 10 ? ages[i] : 0;
  }
  const auto share = [&](double part) { return part / static_cast<double>(all); };  // 0 / 0: NaN
  at(Figure::kWithin3) = share(within[0]);
  at(Figure::kWithin5) = share(within[1]);
  at(Figure::kWithin10) = share(within[2]);

  const std::vector<uint32_t> genders = WeightsOf(genders_.items, weights);
  at(Figure::kGenderAccuracy) = WeightedMean(genders_.correct, genders);
  at(Figure::kGenderAuc) =
      AreaUnderCurve(genders_.p_female, genders_.female, genders_.by_p, genders);
  at(Figure::kGenderEce) = ExpectedCalibrationError(genders_.p_female, genders_.female, genders);

  const auto mean = [&](const Marks& marks) {
    return WeightedMean(marks.value, WeightsOf(marks.items, weights));
  };
  at(Figure::kWithinRange) = mean(in_range_);
  at(Figure::kIntervalCoverage) = mean(covered_);
  at(Figure::kIntervalWidth) = mean(width_);
  at(Figure::kMinorsAsAdults) = mean(called_adult_);
  return values;
}

size_t FigureCell::CountOf(Figure figure) const {
  switch (figure) {
    case Figure::kMae:
    case Figure::kMedianError:
    case Figure::kWithin3:
    case Figure::kWithin5:
    case Figure::kWithin10:
    case Figure::kBias:
      return ages_.items.size();
    case Figure::kWithinRange:
      return in_range_.items.size();
    case Figure::kGenderAccuracy:
    case Figure::kGenderAuc:
    case Figure::kGenderEce:
      return genders_.items.size();
    case Figure::kIntervalCoverage:
      return covered_.items.size();
    case Figure::kIntervalWidth:
      return width_.items.size();
    case Figure::kMinorsAsAdults:
      return called_adult_.items.size();
  }
  return 0;
}

}  // namespace ag
