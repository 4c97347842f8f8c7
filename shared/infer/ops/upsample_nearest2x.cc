// Every pixel becomes 2 x 2 of itself, [h, w, c] -> [2h, 2w, c].
//
// XNNPACK of this version has no such op. A view [1, h, 1, w, 1, c] times ones [1, 1, 2, 1, 2, 1]
// broadcasts to [1, h, 2, w, 2, c], whose memory is the wanted [1, 2h, 2w, c]; multiplying by one
// is exact.
#include <array>

#include "shared/infer/ops/cost.h"
#include "shared/infer/ops/kernels.h"
#include "shared/infer/ops/window.h"

namespace ag {
namespace {

StatusOr<OpInfo> Infer(const Model&, const Op&, std::span<const Shape> inputs) {
  AG_RETURN_IF_ERROR(ExpectImage(inputs[0]));
  const uint64_t height = uint64_t{inputs[0][0]} * 2, width = uint64_t{inputs[0][1]} * 2;
  if (height > UINT32_MAX || width > UINT32_MAX) {
    return Status(Code::kModelLimit, "upsampling of " + ShapeText(inputs[0]) + " is too large");
  }
  OpInfo info;
  info.output = {static_cast<uint32_t>(height), static_cast<uint32_t>(width), inputs[0][2]};
  // The view and the product are values too.
  info.scratch_bytes = SaturatedSum({FloatsOf(inputs[0]), FloatsOf(info.output)});
  info.steps = SaturatedProduct({height, width, RoundUp(inputs[0][2], kLanes)});
  return info;
}

Status Define(GraphBuilder& builder, const Op& op) {
  const Shape& input = builder.shape(op.inputs[0]);
  const size_t h = input[0], w = input[1], c = input[2];
  const std::array<size_t, 6> view_dims = {1, h, 1, w, 1, c};
  const std::array<size_t, 6> ones_dims = {1, 1, 2, 1, 2, 1};
  const std::array<size_t, 6> product_dims = {1, h, 2, w, 2, c};
  const std::array<size_t, 4> output_dims = {1, 2 * h, 2 * w, c};
  AG_ASSIGN_OR_RETURN(const uint32_t view, builder.Intermediate(view_dims));
  AG_ASSIGN_OR_RETURN(const uint32_t ones, builder.Constant(ones_dims, 1.0f));
  AG_ASSIGN_OR_RETURN(const uint32_t product, builder.Intermediate(product_dims));
  AG_RETURN_IF_ERROR(
      CheckXnn(xnn_define_static_reshape(builder.subgraph(), view_dims.size(), view_dims.data(),
                                         builder.value(op.inputs[0]), view, 0),
               "define_static_reshape"));
  const ActivationRange range;
  xnn_binary_params params{};
  params.output_min = range.min;
  params.output_max = range.max;
  AG_RETURN_IF_ERROR(CheckXnn(
      xnn_define_binary(builder.subgraph(), xnn_binary_multiply, &params, view, ones, product, 0),
      "define_binary"));
  return CheckXnn(
      xnn_define_static_reshape(builder.subgraph(), output_dims.size(), output_dims.data(), product,
                                builder.value(op.output), 0),
      "define_static_reshape");
}

}  // namespace

const OpKernel kUpsampleNearest2xKernel = {.rule = {.infer = Infer}, .define = Define};

}  // namespace ag
