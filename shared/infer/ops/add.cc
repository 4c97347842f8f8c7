// Sum of two values of one shape, with an optional fused ReLU.
#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op& op, std::span<const Shape> inputs) {
  if (inputs[0] != inputs[1]) {
    return Status(Code::kModelShape,
                  "inputs " + ShapeText(inputs[0]) + " and " + ShapeText(inputs[1]) + " differ");
  }
  OpInfo info{.output = inputs[0], .steps = ElementCount(inputs[0])};
  // XNNPACK clamps a sum in an op of its own.
  if (op.activation != Activation::kNone) info.scratch_bytes = FloatsOf(info.output);
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  const ActivationRange range = RangeOf(op.activation);
  xnn_binary_params params{};
  params.output_min = range.min;
  params.output_max = range.max;
  return CheckXnn(
      xnn_define_binary(builder.subgraph(), xnn_binary_add, &params, builder.value(op.inputs[0]),
                        builder.value(op.inputs[1]), builder.value(op.output), 0),
      "define_binary");
}

}  // namespace

const OpKernel kAddKernel = {
    .rule = {.input_count = 2, .has_activation = true, .rows = Rows::kSame, .infer = Infer},
    .define = Define};

}  // namespace ag
