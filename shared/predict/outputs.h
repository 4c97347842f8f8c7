// What a net's numbers mean: its outputs as an age with its interval, and a probability. Needs no
// engine: for shared/predict, and for whatever is fitted to a net's outputs.
#pragma once

#include <span>
#include <vector>

#include "shared/model/model.h"
#include "shared/predict/age_gender.h"

namespace ag {

// Reads the net's outputs by the model's contract. `age`: [bins] logits or [1] years; `gender`: [1]
// logit.
AgeGender ReadOutputs(const AgeGenderContract& contract, std::span<const float> age,
                      std::span<const float> gender);

// The 90 % interval of `result->age`, which must be set: from `low` and `high`, in years, as the
// net itself gives them, corrected by the model's table (may be empty) at this age. Contains the
// age, and lies within 0..kOldestAge.
void SetAgeInterval(const std::vector<AgeIntervalKnot>& knots, double low, double high,
                    AgeGender* result);

// AgeKind::kDistribution. `weights` [bins], summing to 1: sets the mean, the quantiles and the
// distribution. Bounded as AgeGender says.
void SetAgeDistribution(const AgeGenderContract& contract, std::span<const double> weights,
                        AgeGender* result);

// AgeKind::kValue: sets the age and, if the contract knows its errors, the interval. Bounded as
// AgeGender says.
void SetAgeValue(const AgeGenderContract& contract, double years, AgeGender* result);

}  // namespace ag
