// 1 / (1 + exp(-x)), element by element.
#include "shared/infer/ops/kernels.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op&, std::span<const Shape> inputs) {
  return OpInfo{.output = inputs[0], .steps = ElementCount(inputs[0])};
}

Status Define(GraphBuilder& builder, const Op& op) {
  xnn_unary_params params{};
  return CheckXnn(xnn_define_unary(builder.subgraph(), xnn_unary_sigmoid, &params,
                                   builder.value(op.inputs[0]), builder.value(op.output), 0),
                  "define_unary");
}

}  // namespace

const OpKernel kSigmoidKernel = {.rule = {.rows = Rows::kSame, .infer = Infer}, .define = Define};

}  // namespace ag
