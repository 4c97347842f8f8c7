// What the labels of a batch are, and the parts that a net's loss is put together from
// (AgeGenderNet::LabelLoss). Everything in float32, one number a picture.
#pragma once

#include "native/train/nets/torch_compat.h"
#include "native/train/settings/settings.h"

namespace ag::train {

struct Labels {
  torch::Tensor age_lo, age_hi;  // [N] years; equal where the age is known exactly
  torch::Tensor gender;          // [N] 0 male, 1 female, -1 unknown
  torch::Tensor weight;          // [N]
  // What teachers say (distillation.h); undefined without them.
  torch::Tensor taught_age;     // [N, kAgeBins] probabilities
  torch::Tensor taught_female;  // [N] probability
  torch::Tensor trust;          // [N] weight of the labels beside what is taught; undefined: 1

  // Those of `rows` (int64), in that order.
  Labels Select(const torch::Tensor& rows) const;
};

// [N] distance of a value [N] to the age or the range of ages.
torch::Tensor DistanceToRange(const torch::Tensor& value, const Labels& labels);

// [N] of the logits [N, kAgeBins]: cross-entropy with a Gaussian of `sigma` years around the age;
// for a range, -log of the probability inside it.
torch::Tensor DistributionLoss(double sigma, const torch::Tensor& logits, const Labels& labels);

// [N] gender_weight times the cross-entropy with smoothed labels; an unknown gender adds nothing,
// and that of a child under three, which the annotators guessed, counts infant_gender_weight times.
torch::Tensor GenderLoss(const Settings& settings, const torch::Tensor& logit,
                         const Labels& labels);

}  // namespace ag::train
