// What a net's numbers mean: ReadOutputs.
#include "shared/predict/outputs.h"

#include <algorithm>
#include <cmath>

namespace ag {
namespace {

constexpr double kLowQuantile = 0.05, kHighQuantile = 0.95;

std::vector<double> Softmax(std::span<const float> logits, double temperature) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights;
  double sum = 0;
  for (float logit : logits) {
    weights.push_back(std::exp((logit - largest) / temperature));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// The age below which a fraction `quantile` of the distribution lies. Each bin's mass is spread
// evenly between the midpoints to its neighbours (half a neighbour's distance at the ends).
double Quantile(std::span<const float> bins, std::span<const double> weights, double quantile) {
  double below = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    if (below + weights[i] < quantile && i + 1 < bins.size()) {
      below += weights[i];
      continue;
    }
    const double before = i > 0 ? bins[i] - bins[i - 1] : bins[i + 1] - bins[i];
    const double after = i + 1 < bins.size() ? bins[i + 1] - bins[i] : before;
    const double share = weights[i] > 0 ? std::min(1.0, (quantile - below) / weights[i]) : 0.0;
    return bins[i] - before / 2 + share * (before + after) / 2;
  }
  return bins.back();
}

// The age limited to the bins, if there are any, and to what people reach.
double BoundedAge(const AgeGenderContract& contract, double age) {
  if (contract.age_bins.empty()) return std::clamp(age, 0.0, kOldestAge);
  const double first = std::clamp<double>(contract.age_bins.front(), 0, kOldestAge);
  const double last = std::clamp<double>(contract.age_bins.back(), 0, kOldestAge);
  return std::clamp(age, first, last);
}

}  // namespace

void SetAgeInterval(const std::vector<AgeIntervalKnot>& knots, double low, double high,
                    AgeGender* result) {
  const double age = result->age;
  low = std::min(low, age);
  high = std::max(high, age);
  if (!knots.empty()) {
    size_t next = 0;
    while (next + 1 < knots.size() && knots[next].age < age) ++next;
    // Before the first knot both are the first one.
    const AgeIntervalKnot &from = knots[next > 0 ? next - 1 : 0], &to = knots[next];
    const double span = double{to.age} - from.age;
    const double share = span > 0 ? std::min(1.0, (age - from.age) / span) : 0.0;
    low += from.lower + share * (double{to.lower} - from.lower);
    high += from.upper + share * (double{to.upper} - from.upper);
  }
  result->age_low = std::min(age, std::max(0.0, low));
  result->age_high = std::max(age, std::min(kOldestAge, high));
  result->has_interval = true;
}

void SetAgeDistribution(const AgeGenderContract& contract, std::span<const double> weights,
                        AgeGender* result) {
  result->age = 0;
  for (size_t i = 0; i < weights.size(); ++i) result->age += weights[i] * contract.age_bins[i];
  result->age = BoundedAge(contract, result->age);
  const double lowest = contract.age_bins.front();
  SetAgeInterval(contract.age_interval,
                 std::max(lowest, Quantile(contract.age_bins, weights, kLowQuantile)),
                 Quantile(contract.age_bins, weights, kHighQuantile), result);
  result->age_distribution.assign(weights.begin(), weights.end());
}

void SetAgeValue(const AgeGenderContract& contract, double years, AgeGender* result) {
  // A net without a ReLU at its end may give less than 0.
  result->age = BoundedAge(contract, years);
  const bool known = contract.age_error_low != 0 || contract.age_error_high != 0;
  if (!known && contract.age_interval.empty()) return;
  SetAgeInterval(contract.age_interval, result->age + contract.age_error_low,
                 result->age + contract.age_error_high, result);
}

AgeGender ReadOutputs(const AgeGenderContract& contract, std::span<const float> age,
                      std::span<const float> gender) {
  AgeGender result;
  switch (contract.age_kind) {
    case AgeKind::kDistribution:
      SetAgeDistribution(contract, Softmax(age, contract.age_temperature), &result);
      break;
    case AgeKind::kValue:
      SetAgeValue(contract, age[0], &result);
      break;
  }
  result.p_female = 1.0 / (1.0 + std::exp(-double{gender[0]} / contract.gender_temperature));
  return result;
}

}  // namespace ag
