// Depthwise 2-D convolution, [h, w, c] -> [h', w', c], one filter a channel, optional fused ReLU.
#include <utility>

#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

// XNNPACK has depthwise kernels for 9 and 25 taps, fewer are padded. More go through its matrix
// kernels, one input and one output at a time, in tiles that are nearly empty.
void AddCost(const Op& op, const Shape& output, OpInfo* info) {
  const uint64_t taps = uint64_t{op.kernel_height} * op.kernel_width;
  const uint64_t pixels = uint64_t{output[0]} * output[1];
  const uint64_t channels = output[2];
  constexpr uint64_t kSmall = 9, kLarge = 25;
  if (taps > kLarge) {
    AddMatrixCost(pixels, taps, 1, 1, /*has_window=*/true, info);
    info->packed_bytes = SaturatedProduct({kFloatBytes, channels, kPackedPair, taps + 1});
    info->steps = SaturatedProduct({pixels, channels, kPackedPair, taps});
    return;
  }
  const uint64_t tile = taps > kSmall ? kLarge : kSmall;
  const uint64_t padded = RoundUp(channels, kPackedOutputs);
  info->packed_bytes = SaturatedProduct({kFloatBytes, padded, tile + 1});
  info->scratch_bytes = SaturatedSum(
      {SharedPointerBytes(op, output, kLarge), SaturatedProduct({kFloatBytes, padded})});
  info->steps = SaturatedProduct({pixels, RoundUp(channels, kLanes), tile});
}

StatusOr<OpInfo> Infer(const Model& model, const Op& op, std::span<const Shape> inputs) {
  AG_ASSIGN_OR_RETURN(Shape output, WindowOutput(op, inputs[0]));
  const uint32_t channels = inputs[0][2];
  AG_RETURN_IF_ERROR(ExpectTensorShape(model, op.tensors[0], "filter",
                                       {1, op.kernel_height, op.kernel_width, channels}));
  AG_RETURN_IF_ERROR(ExpectTensorShape(model, op.tensors[1], "bias", {channels}));
  output.push_back(channels);
  OpInfo info;
  info.macs = SaturatedProduct({ElementCount(output), op.kernel_height, op.kernel_width});
  AddCost(op, output, &info);
  info.output = std::move(output);
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  const Shape& input = builder.shape(op.inputs[0]);
  AG_ASSIGN_OR_RETURN(const uint32_t filter, builder.Weight(op.tensors[0]));
  AG_ASSIGN_OR_RETURN(const uint32_t bias, builder.Weight(op.tensors[1]));
  const ActivationRange range = RangeOf(op.activation);
  return CheckXnn(xnn_define_depthwise_convolution_2d(
                      builder.subgraph(), op.pad_top, op.pad_right, op.pad_bottom, op.pad_left,
                      op.kernel_height, op.kernel_width, op.stride_height, op.stride_width,
                      /*dilation_height=*/1, /*dilation_width=*/1, /*depth_multiplier=*/1,
                      /*input_channels=*/input[2], range.min, range.max,
                      builder.value(op.inputs[0]), filter, bias, builder.value(op.output), 0),
                  "define_depthwise_convolution_2d");
}

}  // namespace

const OpKernel kDepthwiseConv2DKernel = {.rule = {.tensor_count = 2,
                                                  .has_window = true,
                                                  .has_activation = true,
                                                  .rows = Rows::kZeroPaddedWindow,
                                                  .infer = Infer},
                                         .define = Define};

}  // namespace ag
