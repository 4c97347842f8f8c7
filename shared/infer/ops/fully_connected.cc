// Dense layer, [in] -> [out], with an optional fused ReLU.
#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model& model, const Op& op, std::span<const Shape> inputs) {
  if (inputs[0].size() != 1) {
    return Status(Code::kModelShape,
                  "input " + ShapeText(inputs[0]) + ", expected [in] (Flatten comes before)");
  }
  const uint32_t in = inputs[0][0];
  const uint32_t out = model.tensors[op.tensors[0]].shape[0];
  AG_RETURN_IF_ERROR(ExpectTensorShape(model, op.tensors[0], "filter", {out, in}));
  AG_RETURN_IF_ERROR(ExpectTensorShape(model, op.tensors[1], "bias", {out}));
  OpInfo info{.output = {out}, .macs = uint64_t{in} * out};
  AddMatrixCost(/*pixels=*/1, /*taps=*/1, in, out, /*has_window=*/false, &info);
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  AG_ASSIGN_OR_RETURN(const uint32_t filter, builder.Weight(op.tensors[0]));
  AG_ASSIGN_OR_RETURN(const uint32_t bias, builder.Weight(op.tensors[1]));
  const ActivationRange range = RangeOf(op.activation);
  return CheckXnn(xnn_define_fully_connected(builder.subgraph(), range.min, range.max,
                                             builder.value(op.inputs[0]), filter, bias,
                                             builder.value(op.output), 0),
                  "define_fully_connected");
}

}  // namespace

const OpKernel kFullyConnectedKernel = {
    .rule = {.tensor_count = 2, .has_activation = true, .infer = Infer}, .define = Define};

}  // namespace ag
