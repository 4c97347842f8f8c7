// What convolutions and pooling have in common: a window that slides over [h, w, c].
#pragma once

#include <string>

#include "shared/base/status.h"
#include "shared/model/op_rule.h"

namespace ag {

inline Status ExpectImage(const Shape& shape) {
  if (shape.size() == 3) return OkStatus();
  return Status(Code::kModelShape, "input " + ShapeText(shape) + ", expected [h, w, c]");
}

inline Status ExpectTensorShape(const Model& model, uint32_t index, const char* what,
                                const std::vector<uint32_t>& expected) {
  const Tensor& tensor = model.tensors[index];
  if (tensor.shape == expected) return OkStatus();
  return Status(Code::kModelShape, std::string(what) + " '" + tensor.name + "' has shape " +
                                       ShapeText(tensor.shape) + ", expected " +
                                       ShapeText(expected));
}

// [output height, output width] of op's window on `input` [h, w, c]: floor((in + pad - k) / s) + 1.
inline StatusOr<Shape> WindowOutput(const Op& op, const Shape& input) {
  AG_RETURN_IF_ERROR(ExpectImage(input));
  const uint64_t height = uint64_t{input[0]} + op.pad_top + op.pad_bottom;
  const uint64_t width = uint64_t{input[1]} + op.pad_left + op.pad_right;
  if (height < op.kernel_height || width < op.kernel_width) {
    return Status(Code::kModelShape, "a window of " + std::to_string(op.kernel_height) + " x " +
                                         std::to_string(op.kernel_width) + " on " +
                                         ShapeText(input) + ", which is smaller");
  }
  return Shape{static_cast<uint32_t>((height - op.kernel_height) / op.stride_height + 1),
               static_cast<uint32_t>((width - op.kernel_width) / op.stride_width + 1)};
}

}  // namespace ag
