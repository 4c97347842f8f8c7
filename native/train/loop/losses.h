// Losses and error sums of one batch. Everything in float32.
#pragma once

#include "native/train/nets/label_loss.h"
#include "native/train/nets/net.h"
#include "native/train/nets/torch_compat.h"
#include "native/train/settings/settings.h"

namespace ag::train {

// The mean over the batch, to be minimised. Each picture counts `weight` times. Of the labels the
// net says what is learnt (AgeGenderNet::LabelLoss). Where teachers speak, (1 - distillation_weight)
// times that plus distillation_weight times the same with what they say in place of the labels:
// cross-entropy with their distribution, age_l1_weight times the distance between the expectations,
// gender_weight times the cross-entropy with their probability.
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
