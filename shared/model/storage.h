// Converts between float32 weights and the forms in which a model file stores them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag {

// IEEE 754 binary16, round to nearest even; overflow gives infinity.
uint16_t HalfFromFloat(float value);
float FloatFromHalf(uint16_t half);

// values.size() must be the product of `shape`. Otherwise, or if a value is not finite or overflows
// binary16, kInvalidArgument. For kInt8PerChannel the scale of a channel is max|w| / levels, and
// its integers are at most `levels` (1 to 127): fewer than 127 compress better.
StatusOr<Tensor> MakeTensor(std::string name, std::vector<uint32_t> shape,
                            std::span<const float> values, Storage storage,
                            uint8_t channel_axis = 0, int levels = 127);

// The float32 values of a tensor that passed CheckModel.
std::vector<float> ExpandTensor(const Tensor& tensor);

}  // namespace ag
