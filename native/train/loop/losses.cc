#include "native/train/loop/losses.h"

#include "native/data/dataset.h"

namespace ag::train {
namespace {

namespace F = torch::nn::functional;

// [N] of what is learnt from teachers.
torch::Tensor TaughtLoss(const Settings& settings, const AgeGenderNet& net, const NetOutput& output,
                         const Labels& labels) {
  const torch::Tensor bins = torch::arange(kAgeBins, labels.taught_age.options());
  const torch::Tensor distance = (AgeYears(net, output.age) - labels.taught_age.matmul(bins)).abs();
  torch::Tensor loss = settings.gender_weight *
                       F::binary_cross_entropy_with_logits(
                           output.gender, labels.taught_female,
                           F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone));
  if (net.age_kind() == AgeKind::kDistribution) {
    loss = loss - (labels.taught_age * torch::log_softmax(output.age, 1)).sum(1);
  }
  return loss + settings.age_l1_weight * distance;
}

}  // namespace

torch::Tensor Loss(const Settings& settings, const AgeGenderNet& net, const NetOutput& output,
                   const Labels& labels) {
  torch::Tensor loss = net.LabelLoss(settings, output, labels);
  if (labels.taught_age.defined()) {
    const double share = settings.distillation_weight;
    if (labels.trust.defined()) loss = loss * labels.trust;
    loss = loss * (1 - share) + TaughtLoss(settings, net, output, labels) * share;
  }
  return (loss * labels.weight).mean();
}

void AddErrors(const AgeGenderNet& net, const NetOutput& output, const Labels& labels, double loss,
               ErrorSums* sums) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor known = labels.gender >= 0;
  const torch::Tensor right = (output.gender > 0) == (labels.gender > 0.5);
  const double pictures = static_cast<double>(labels.gender.size(0));
  sums->loss += loss * pictures;
  sums->pictures += pictures;
  sums->age_error += DistanceToRange(SaidYears(net, output.age), labels).sum().item<double>();
  const torch::Tensor aged = (labels.age_lo > 0).logical_or(labels.age_hi < kMaxAgeYears);
  sums->ages += aged.sum().item<double>();
  sums->genders += known.sum().item<double>();
  sums->gender_right += right.logical_and(known).sum().item<double>();
}

}  // namespace ag::train
