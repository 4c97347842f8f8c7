#include "native/train/nets/label_loss.h"

#include <limits>

#include "native/train/nets/layers.h"

namespace ag::train {

namespace F = torch::nn::functional;

Labels Labels::Select(const torch::Tensor& rows) const {
  const auto pick = [&rows](const torch::Tensor& t) {
    return t.defined() ? t.index_select(0, rows) : t;
  };
  return {pick(age_lo),     pick(age_hi),        pick(gender), pick(weight),
          pick(taught_age), pick(taught_female), pick(trust)};
}

torch::Tensor DistanceToRange(const torch::Tensor& value, const Labels& labels) {
  return torch::relu(labels.age_lo - value) + torch::relu(value - labels.age_hi);
}

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

torch::Tensor GenderLoss(const Settings& settings, const torch::Tensor& logit,
                         const Labels& labels) {
  const double smoothing = settings.gender_smoothing;
  const torch::Tensor infant = (labels.age_hi < 3).to(torch::kFloat32);
  const torch::Tensor known =
      (labels.gender >= 0).to(torch::kFloat32) * (1 - infant * (1 - settings.infant_gender_weight));
  const torch::Tensor target = labels.gender.clamp_min(0) * (1 - smoothing) + smoothing / 2;
  return settings.gender_weight *
         (known *
          F::binary_cross_entropy_with_logits(
              logit, target, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone)));
}

}  // namespace ag::train
