#include "native/train/nets/net_input.h"

#include <vector>

namespace ag::train {
namespace {

torch::Tensor ChannelTensor(const std::vector<float>& values, torch::Device device) {
  return torch::tensor(values).view({1, static_cast<int64_t>(values.size()), 1, 1}).to(device);
}

}  // namespace

InputScaling::InputScaling(const InputContract& contract, torch::Device device)
    : mean(ChannelTensor(contract.mean, device)), scale(ChannelTensor(contract.scale, device)) {}

torch::Tensor NetInput(const uint8_t* pixels, int64_t count, int side, int channels,
                       const InputScaling& scaling) {
  const torch::Tensor bytes =
      torch::from_blob(const_cast<uint8_t*>(pixels), {count, side, side, channels}, torch::kUInt8);
  return bytes.to(scaling.mean.device())
      .permute({0, 3, 1, 2})
      .to(torch::kFloat32)
      .sub_(scaling.mean)
      .mul_(scaling.scale);
}

}  // namespace ag::train
