#include "native/train/nets/net.h"

#include <utility>

#include "native/train/nets/net_kind.h"
#include "native/train/nets/quantisation.h"
#include "shared/predict/predictor.h"

namespace ag::train {

torch::Tensor AgeGenderNet::LabelLoss(const Settings& settings, const NetOutput& output,
                                      const Labels& labels) const {
  torch::Tensor loss = GenderLoss(settings, output.gender, labels);
  if (age_kind() == AgeKind::kDistribution) {
    loss = loss + DistributionLoss(settings.age_sigma, output.age, labels);
  }
  return loss + settings.age_l1_weight * DistanceToRange(AgeYears(*this, output.age), labels);
}

StatusOr<std::vector<int64_t>> AgeGenderNet::Prune(AffineMap*) const {
  return std::vector<int64_t>();
}

torch::Tensor AgeGenderNet::Features(torch::Tensor) { return {}; }

void AgeGenderNet::SetWeightBits(int bits) {
  weight_bits_ = bits;
  for (NamedConvNorm& named : conv_norms()) named.layer->weight_bits = bits;
}

torch::Tensor AgeGenderNet::Head(torch::nn::Linear& head, const torch::Tensor& features) const {
  if (weight_bits_ == 0) return head(features);
  return torch::nn::functional::linear(features, Quantised(head->weight, weight_bits_), head->bias);
}

NetOutput AgeGenderNet::Heads(torch::nn::Linear& age, torch::nn::Linear& gender,
                              const torch::Tensor& features) const {
  // Autocast leaves products and sums of elements alone.
  const torch::Tensor years =
      age_kind() == AgeKind::kValue
          ? (features * Quantised(age->weight, weight_bits_)).sum(1) + age->bias
          : Head(age, features).to(torch::kFloat32);
  return {years, Head(gender, features).to(torch::kFloat32).squeeze(1)};
}

std::shared_ptr<AgeGenderNet> MakeNet(const Settings& settings) {
  const NetKind* kind = FindNet(settings.arch);
  TORCH_CHECK(kind != nullptr, "settings that were not checked name no net: ", settings.arch);
  torch::manual_seed(settings.seed);
  std::shared_ptr<AgeGenderNet> net = kind->make(settings);
  net->SetWeightBits(settings.weight_bits);
  return net;
}

AgeKind AgeKindOf(const Settings& settings) {
  return settings.age_head == kValueHead ? AgeKind::kValue : AgeKind::kDistribution;
}

int64_t ParameterCount(const AgeGenderNet& net) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : net.parameters()) count += parameter.numel();
  return count;
}

torch::Tensor AgeYears(const AgeGenderNet& net, const torch::Tensor& age) {
  if (net.age_kind() == AgeKind::kValue) return age;
  const torch::Tensor bins = torch::arange(kAgeBins, age.options());
  return torch::softmax(age, 1).matmul(bins);
}

torch::Tensor SaidYears(const AgeGenderNet& net, const torch::Tensor& age) {
  return AgeYears(net, age).clamp(0, kOldestAge);
}

}  // namespace ag::train
