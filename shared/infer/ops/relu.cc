// max(x, 0), element by element.
#include "shared/infer/ops/kernels.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op&, std::span<const Shape> inputs) {
  return OpInfo{.output = inputs[0], .steps = ElementCount(inputs[0])};
}

Status Define(GraphBuilder& builder, const Op& op) {
  xnn_unary_params params{};
  const ActivationRange range = RangeOf(Activation::kRelu);
  params.clamp.min = range.min;
  params.clamp.max = range.max;
  return CheckXnn(xnn_define_unary(builder.subgraph(), xnn_unary_clamp, &params,
                                   builder.value(op.inputs[0]), builder.value(op.output), 0),
                  "define_unary");
}

}  // namespace

const OpKernel kReluKernel = {.rule = {.rows = Rows::kSame, .infer = Infer}, .define = Define};

}  // namespace ag
