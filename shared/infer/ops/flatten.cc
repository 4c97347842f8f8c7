// [h, w, c] -> [h * w * c] in the order of memory.
#include <array>

#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op&, std::span<const Shape> inputs) {
  AG_RETURN_IF_ERROR(ExpectImage(inputs[0]));
  // Within kMaxValueElements, so it fits.
  const auto count = static_cast<uint32_t>(ElementCount(inputs[0]));
  return OpInfo{.output = {count}, .steps = count};
}

Status Define(GraphBuilder& builder, const Op& op) {
  const std::array<size_t, 2> dims = {1, builder.shape(op.output)[0]};
  return CheckXnn(
      xnn_define_static_reshape(builder.subgraph(), dims.size(), dims.data(),
                                builder.value(op.inputs[0]), builder.value(op.output), 0),
      "define_static_reshape");
}

}  // namespace

const OpKernel kFlattenKernel = {.rule = {.infer = Infer}, .define = Define};

}  // namespace ag
