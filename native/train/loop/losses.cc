#include "native/train/loop/losses.h"

#include <limits>

#include "native/data/dataset.h"

namespace ag::train {
namespace {

namespace F = torch::nn::functional;

// [N] distance of a value to [lo, hi].
torch::Tensor DistanceToRange(const torch::Tensor& value, const Labels& labels) {
  return torch::relu(labels.age_lo - value) + torch::relu(value - labels.age_hi);
}

// [N] of the distribution's part of the loss.
torch::Tensor DistributionLoss(double sigma, const torch::Tensor& logits, const Labels& labels) {
  const torch::Tensor bins = torch::arange(kAgeBins, logits.options());
  const torch::Tensor log_p = torch::log_softmax(logits, 1);
  const double last = kAgeBins - 1;  // older people belong to the last bin
  const torch::Tensor lo = labels.age_lo.clamp_max(last).unsqueeze(1);
  const torch::Tensor hi = labels.age_hi.clamp_max(last).unsqueeze(1);
  const torch::Tensor soft = torch::softmax((bins - lo).square() * (-0.5 / (sigma * sigma)), 1);
  const torch::Tensor exact = -(soft * log_p).sum(1);
  const torch::Tensor inside = (bins >= lo).logical_and(bins <= hi);
  const torch::Tensor mass = torch::logsumexp(
      log_p.masked_fill(inside.logical_not(), -std::numeric_limits<float>::infinity()), 1);
  // A range without a whole year in it (a bad label) would give an infinite loss.
  const torch::Tensor is_range = (labels.age_lo < labels.age_hi).logical_and(inside.any(1));
  return torch::where(is_range, -mass.masked_fill(is_range.logical_not(), 0), exact);
}

// Of a child under three the annotators guessed the gender: it counts `infant_weight` times.
torch::Tensor GenderLoss(double smoothing, double infant_weight, const torch::Tensor& logit,
                         const Labels& labels) {
  const torch::Tensor infant = (labels.age_hi < 3).to(torch::kFloat32);
  const torch::Tensor known =
      (labels.gender >= 0).to(torch::kFloat32) * (1 - infant * (1 - infant_weight));
  const torch::Tensor target = labels.gender.clamp_min(0) * (1 - smoothing) + smoothing / 2;
  return known *
         F::binary_cross_entropy_with_logits(
             logit, target, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone));
}

// [N] of what is learnt from the labels.
torch::Tensor LabelLoss(const Settings& settings, const AgeGenderNet& net, const NetOutput& output,
                        const Labels& labels) {
  torch::Tensor loss =
      settings.gender_weight *
      GenderLoss(settings.gender_smoothing, settings.infant_gender_weight, output.gender, labels);
  const torch::Tensor distance = DistanceToRange(AgeYears(net, output.age), labels);
  if (settings.arch == "notebook") return loss + distance;
  if (net.age_kind() == AgeKind::kValue) return loss + settings.age_l1_weight * distance;
  return loss + DistributionLoss(settings.age_sigma, output.age, labels) +
         settings.age_l1_weight * distance;
}

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

Labels Labels::Select(const torch::Tensor& rows) const {
  const auto pick = [&rows](const torch::Tensor& t) {
    return t.defined() ? t.index_select(0, rows) : t;
  };
  return {pick(age_lo),     pick(age_hi),        pick(gender), pick(weight),
          pick(taught_age), pick(taught_female), pick(trust)};
}

torch::Tensor Loss(const Settings& settings, const AgeGenderNet& net, const NetOutput& output,
                   const Labels& labels) {
  torch::Tensor loss = LabelLoss(settings, net, output, labels);
  if (labels.taught_age.defined()) {
    const double share = settings.teacher_share;
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
