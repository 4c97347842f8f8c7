// The two ways in which a net says an age, as an age with its interval. Internal to shared/predict.
#pragma once

#include <span>

#include "shared/model/model.h"
#include "shared/predict/predictor.h"

namespace ag {

// AgeKind::kDistribution. `weights` [bins], sums to 1: sets the mean, the quantiles and the
// distribution.
void SetAgeDistribution(const AgeGenderContract& contract, std::span<const double> weights,
                        AgeGender* result);

// AgeKind::kValue: sets the age (never below 0) and, where the contract knows its errors, the
// interval.
void SetAgeValue(const AgeGenderContract& contract, double years, AgeGender* result);

}  // namespace ag
