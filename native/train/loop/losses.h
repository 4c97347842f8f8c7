// Losses and error sums of one batch. Everything in float32.
#pragma once

#include "native/train/nets/nets.h"
#include "native/train/nets/torch_compat.h"
#include "native/train/recipe/settings.h"

namespace ag::train {

struct Labels {
  torch::Tensor age_lo, age_hi;  // [N] years; equal where the age is known exactly
  torch::Tensor gender;          // [N] 0 male, 1 female, -1 unknown
  torch::Tensor weight;          // [N]
  // What teachers say (teaching.h); undefined without them.
  torch::Tensor taught_age;     // [N, kAgeBins] probabilities
  torch::Tensor taught_female;  // [N] probability
  torch::Tensor trust;          // [N] weight of the labels beside what is taught; undefined: 1

  // Those of `rows` (int64), in that order.
  Labels Select(const torch::Tensor& rows) const;
};

// The mean over the batch, to be minimised. Each picture counts `weight` times.
//   notebook  |age - prediction| (0 inside a range) + binary cross-entropy of the gender
//   compact   soft-label cross-entropy of the age (Gaussian of age_sigma years around it; Gao et
//   al.,
//             "Age estimation using expectation of label distribution learning", 2018), or, for a
//             range, -log of the probability inside it; plus age_l1_weight times the expectation's
//             distance to the age or range; plus binary cross-entropy with smoothed labels; with
//             --age-head value, whose age is one number, the same without the distribution's part
// The gender's part counts gender_weight times. An unknown gender adds nothing. Where teachers
// speak, (1 - teacher_share) times that plus teacher_share times the same with what they say in
// place of the labels: cross-entropy with their distribution, L1 between the expectations,
// cross-entropy with their probability.
torch::Tensor Loss(const Settings& settings, const AgeGenderNet& net, const NetOutput& output,
                   const Labels& labels);

// Sums over pictures, from which an epoch's metrics are made.
struct ErrorSums {
  double loss = 0;  // times pictures
  double pictures = 0;
  double age_error = 0;  // years; distance to the range where the age is one
  double ages = 0;       // pictures whose age is known
  double genders = 0;    // pictures whose gender is known
  double gender_right = 0;

  double mean_loss() const { return pictures > 0 ? loss / pictures : 0; }
  double age_mae() const { return ages > 0 ? age_error / ages : 0; }
  double gender_accuracy() const { return genders > 0 ? gender_right / genders : 0; }
};

void AddErrors(const AgeGenderNet& net, const NetOutput& output, const Labels& labels, double loss,
               ErrorSums* sums);

}  // namespace ag::train
