// Mean over all pixels, [h, w, c] -> [c].
#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op&, std::span<const Shape> inputs) {
  AG_RETURN_IF_ERROR(ExpectImage(inputs[0]));
  OpInfo info{.output = {inputs[0][2]}, .steps = ElementCount(inputs[0])};
  info.scratch_bytes = 2 * FloatsOf(info.output);  // sums, and zeros for what is not there
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  const size_t axes[] = {1, 2};  // height and width of [1, h, w, c]
  return CheckXnn(
      xnn_define_static_reduce(builder.subgraph(), xnn_reduce_mean, 2, axes,
                               builder.value(op.inputs[0]), builder.value(op.output), 0),
      "define_static_reduce");
}

}  // namespace

const OpKernel kGlobalAveragePoolKernel = {.rule = {.infer = Infer}, .define = Define};

}  // namespace ag
