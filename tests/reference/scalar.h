// What the definitions of the ops (ops/) have in common: pictures, windows, sums.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "tests/reference/op_oracle.h"

namespace ag::reference {

// [height, width, channels] with bounds: outside is "no pixel".
struct Picture {
  const Value& value;
  int64_t height() const { return value.shape[0]; }
  int64_t width() const { return value.shape[1]; }
  int64_t channels() const { return value.shape[2]; }
  bool Contains(int64_t y, int64_t x) const {
    return y >= 0 && y < height() && x >= 0 && x < width();
  }
  double At(int64_t y, int64_t x, int64_t c) const {
    return value.data[static_cast<size_t>((y * width() + x) * channels() + c)];
  }
};

// Calls visit(ky, kx, y, x) for each tap of the window of output (oy, ox); taps in the padding lie
// outside of the picture.
template <typename Visit>
void ForWindow(const Op& op, int64_t oy, int64_t ox, Visit visit) {
  for (int64_t ky = 0; ky < op.kernel_height; ++ky) {
    for (int64_t kx = 0; kx < op.kernel_width; ++kx) {
      visit(ky, kx, oy * op.stride_height + ky - op.pad_top,
            ox * op.stride_width + kx - op.pad_left);
    }
  }
}

// Calls element(oy, ox, c) in row-major order.
template <typename Element>
void ForElements(const Shape& shape, Element element) {
  for (int64_t y = 0; y < shape[0]; ++y) {
    for (int64_t x = 0; x < shape[1]; ++x) {
      for (int64_t c = 0; c < shape[2]; ++c) element(y, x, c);
    }
  }
}

// A sum and the magnitude of its terms.
struct Sum {
  double value = 0, magnitude = 0;
  void Add(double term) {
    value += term;
    magnitude += std::abs(term);
  }
};

inline void Append(OpResult& result, const Sum& sum) {
  result.value.data.push_back(sum.value);
  result.magnitude.push_back(sum.magnitude);
}

// The output's shape of an op that works element by element.
inline Shape SameShape(const Model&, const Op&, std::span<const Shape> inputs) { return inputs[0]; }

// Of a window that lies wholly within the padded picture.
inline Shape WindowShape(const Op& op, const Shape& input, uint32_t channels) {
  const auto windows = [](uint32_t size, uint32_t pad, uint32_t kernel, uint32_t stride) {
    return (size + pad - kernel) / stride + 1;
  };
  return {windows(input[0], op.pad_top + op.pad_bottom, op.kernel_height, op.stride_height),
          windows(input[1], op.pad_left + op.pad_right, op.kernel_width, op.stride_width),
          channels};
}

}  // namespace ag::reference
