// Quantisation-aware training: weights as the exported file will store them, while training goes
// on.
//
// A filter is rounded to `bits` bits per output channel, symmetrically (integers of
// +-(2^(bits - 1) - 1), scale = largest magnitude / that), in the forward pass; its gradient passes
// the rounding unchanged (the straight-through estimator of Bengio, Leonard, Courville, 2013). The
// batch norm that is folded into a filter at export only scales its channels, so the integers stay
// the same.
#pragma once

#include "native/train/nets/torch_compat.h"

namespace ag::train {

// The largest integer: 127 for 8 bits.
int QuantisationLevels(int bits);

// weight [out, ...] -> the same shape, rounded; bits 0: the weight itself.
torch::Tensor Quantised(const torch::Tensor& weight, int bits);

}  // namespace ag::train
