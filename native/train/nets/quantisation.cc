#include "native/train/nets/quantisation.h"

namespace ag::train {

int QuantisationLevels(int bits) { return (1 << (bits - 1)) - 1; }

torch::Tensor Quantised(const torch::Tensor& weight, int bits) {
  if (bits == 0) return weight;
  torch::Tensor rounded;
  {
    const torch::NoGradGuard no_grad;
    const torch::Tensor w = weight.detach().to(torch::kFloat32);
    const torch::Tensor rows = w.flatten(1);
    const torch::Tensor scale =
        (rows.abs().amax(1, true) / static_cast<double>(QuantisationLevels(bits))).clamp_min(1e-30);
    rounded = ((rows / scale).round() * scale).view_as(w);
  }
  // Its value is `rounded`, its gradient that of `weight`.
  return weight + (rounded - weight.detach());
}

}  // namespace ag::train
