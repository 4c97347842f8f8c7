// What XNNPACK needs for an op (OpInfo in shared/model/op_rule.h), from its source at the version
// in cmake/dependencies.txt: src/operators/convolution-nhwc.c, max-pooling-nhwc.c, src/configs.
// Upper bounds over the processors that it is built for; tests/hostile/model_cost_test.cc measures
// them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "shared/model/op_rule.h"

namespace ag {

inline constexpr uint64_t kFloatBytes = 4;
// As on 64-bit processors; the page refuses what they refuse.
inline constexpr uint64_t kPointerBytes = 8;
// A matrix kernel makes this many channels at once (nr; AVX-512 has the most), reads this many
// inputs at once (kr * sr), for this many pixels (mr, at most 7). Filters are padded to the first
// two, lists of pointers to the last.
inline constexpr uint64_t kPackedOutputs = 32;
inline constexpr uint64_t kPackedInputs = 4;
inline constexpr uint64_t kPixels = 8;
// At most nr * kr * sr: what one output of one input is padded to.
inline constexpr uint64_t kPackedPair = 64;
// Kernels that make fewer channels at once are slower in proportion, so time is counted in these.
inline constexpr uint64_t kLanes = 16;

inline constexpr uint64_t RoundUp(uint64_t value, uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

inline uint64_t FloatsOf(const Shape& shape) {
  return SaturatedProduct({kFloatBytes, ElementCount(shape)});
}

// A convolution or a dense layer as a matrix product: `taps` pixels of `in` channels give each of
// `pixels` its `out` channels. `has_window`: through a list of pointers, one for each tap of each
// pixel, and a pixel of zeros for the padding.
inline void AddMatrixCost(uint64_t pixels, uint64_t taps, uint64_t in, uint64_t out,
                          bool has_window, OpInfo* info) {
  const uint64_t padded_in = RoundUp(in, kPackedInputs);
  info->packed_bytes =
      SaturatedProduct({kFloatBytes, RoundUp(out, kPackedOutputs), taps * padded_in + 1});
  info->steps = SaturatedProduct({pixels, taps, padded_in, RoundUp(out, kLanes)});
  if (!has_window) return;
  info->scratch_bytes =
      SaturatedSum({SaturatedProduct({kPointerBytes, taps, RoundUp(pixels, kPixels)}),
                    SaturatedProduct({kFloatBytes, padded_in})});
}

// Pointers to the taps of a window that goes over each row: neighbours in a row share columns.
// `spare`: pointers that kernels may read past the end.
inline uint64_t SharedPointerBytes(const Op& op, const Shape& output, uint64_t spare) {
  const uint64_t columns =
      op.kernel_width + uint64_t{output[1] - 1} * std::min(op.stride_width, op.kernel_width);
  const uint64_t pointers = SaturatedProduct({output[0], columns, op.kernel_height});
  return SaturatedProduct({kPointerBytes, SaturatedSum({pointers, spare})});
}

}  // namespace ag
