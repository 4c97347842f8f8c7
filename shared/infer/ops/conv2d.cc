// 2-D convolution, [h, w, in] -> [h', w', out], with an optional fused ReLU.
#include <utility>

#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model& model, const Op& op, std::span<const Shape> inputs) {
  AG_ASSIGN_OR_RETURN(Shape output, WindowOutput(op, inputs[0]));
  const uint32_t in = inputs[0][2];
  const std::vector<uint32_t>& filter = model.tensors[op.tensors[0]].shape;
  const uint32_t out = filter[0];
  AG_RETURN_IF_ERROR(ExpectTensorShape(model, op.tensors[0], "filter",
                                       {out, op.kernel_height, op.kernel_width, in}));
  AG_RETURN_IF_ERROR(ExpectTensorShape(model, op.tensors[1], "bias", {out}));
  output.push_back(out);
  const uint64_t pixels = uint64_t{output[0]} * output[1];
  const uint64_t taps = uint64_t{op.kernel_height} * op.kernel_width;
  OpInfo info;
  info.macs = SaturatedProduct({pixels, taps, in, out});
  const bool pointwise = taps == 1 && op.stride_height == 1 && op.stride_width == 1;
  AddMatrixCost(pixels, taps, in, out, /*has_window=*/!pointwise, &info);
  info.output = std::move(output);
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  const Shape& input = builder.shape(op.inputs[0]);
  const Shape& output = builder.shape(op.output);
  AG_ASSIGN_OR_RETURN(const uint32_t filter, builder.Weight(op.tensors[0]));
  AG_ASSIGN_OR_RETURN(const uint32_t bias, builder.Weight(op.tensors[1]));
  const ActivationRange range = RangeOf(op.activation);
  return CheckXnn(
      xnn_define_convolution_2d(
          builder.subgraph(), op.pad_top, op.pad_right, op.pad_bottom, op.pad_left,
          op.kernel_height, op.kernel_width, op.stride_height, op.stride_width,
          /*dilation_height=*/1, /*dilation_width=*/1, /*groups=*/1,
          /*group_input_channels=*/input[2], /*group_output_channels=*/output[2], range.min,
          range.max, builder.value(op.inputs[0]), filter, bias, builder.value(op.output), 0),
      "define_convolution_2d");
}

}  // namespace

const OpKernel kConv2DKernel = {.rule = {.tensor_count = 2,
                                         .has_window = true,
                                         .has_activation = true,
                                         .rows = Rows::kZeroPaddedWindow,
                                         .infer = Infer},
                                .define = Define};

}  // namespace ag
