// Max pooling, [h, w, c] -> [h', w', c]; padding counts as minus infinity.
#include <utility>

#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op& op, std::span<const Shape> inputs) {
  // XNNPACK refuses both.
  if (op.kernel_height * op.kernel_width == 1) {
    return Status(Code::kModelOp, "a pooling window of 1 x 1");
  }
  if (op.stride_height > op.kernel_height || op.stride_width > op.kernel_width) {
    return Status(Code::kModelOp, "a stride larger than the pooling window");
  }
  AG_ASSIGN_OR_RETURN(Shape output, WindowOutput(op, inputs[0]));
  output.push_back(inputs[0][2]);
  OpInfo info;
  // Nine taps at first, eight in each further pass.
  const uint64_t taps = RoundUp(uint64_t{op.kernel_height} * op.kernel_width, 8) + 8;
  info.scratch_bytes = SharedPointerBytes(op, output, /*spare=*/16);
  info.steps = SaturatedProduct({output[0], output[1], RoundUp(output[2], kLanes), taps});
  info.output = std::move(output);
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  const ActivationRange range;
  return CheckXnn(xnn_define_max_pooling_2d(
                      builder.subgraph(), op.pad_top, op.pad_right, op.pad_bottom, op.pad_left,
                      op.kernel_height, op.kernel_width, op.stride_height, op.stride_width,
                      /*dilation_height=*/1, /*dilation_width=*/1, range.min, range.max,
                      builder.value(op.inputs[0]), builder.value(op.output), 0),
                  "define_max_pooling_2d");
}

}  // namespace

const OpKernel kMaxPool2DKernel = {
    .rule = {.has_window = true, .rows = Rows::kWindow, .infer = Infer}, .define = Define};

}  // namespace ag
