// From the pixels of views to what a net takes.
#pragma once

#include <cstdint>

#include "native/train/nets/net.h"
#include "native/train/nets/torch_compat.h"

namespace ag::train {

// Mean and scale of a net's input contract, [1, C, 1, 1] each.
struct InputScaling {
  InputScaling(const InputContract& contract, torch::Device device);
  torch::Tensor mean, scale;
};

// pixels  [count, side, side, channels], read before it returns
// Returns [count, channels, side, side] float32, scaled as NormalizePixels does; channels-last in
// memory as the bytes are.
torch::Tensor NetInput(const uint8_t* pixels, int64_t count, int side, int channels,
                       const InputScaling& scaling);

}  // namespace ag::train
