// MaxPool2D: the largest pixel under a window, each channel for itself; padding never wins.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model&, const Op& op, std::span<const Shape> inputs) {
  return WindowShape(op, inputs[0], inputs[0][2]);
}

void Run(const Model&, const Op& op, std::span<const Value> inputs, OpResult& result) {
  const Picture input{inputs[0]};
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t c) {
    double maximum = -std::numeric_limits<double>::infinity();
    ForWindow(op, oy, ox, [&](int64_t, int64_t, int64_t y, int64_t x) {
      if (input.Contains(y, x)) maximum = std::max(maximum, input.At(y, x, c));
    });
    result.value.data.push_back(maximum);
    result.magnitude.push_back(std::abs(maximum));
  });
}

// What XNNPACK of this version can do: no stride beyond the window.
Window Poolable(Window window) {
  window.stride_height = std::min(window.stride_height, window.kernel_height);
  window.stride_width = std::min(window.stride_width, window.kernel_width);
  return window;
}

uint32_t Draw(ModelBuilder& builder, Random& random, uint32_t input, const DrawLimits&) {
  if (builder.shape(input).size() != 3) return input;
  const Window window = Poolable(AnyWindow(random, builder.shape(input)));
  if (window.kernel_height * window.kernel_width == 1) return input;
  return builder.MaxPool2D(input, window);
}

OpCase RandomShape(int trial, Random& random) {
  const uint32_t height = random.Between(2, 12), width = random.Between(2, 12);
  ModelBuilder builder(height, width, random.Chance(0.5) ? Colour::kGray : Colour::kRgb,
                       random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, random.Between(1, 67), also);
  Window window = Poolable(RandomWindow(random, height, width, 5));
  if (window.kernel_height * window.kernel_width == 1) window.kernel_height = 2;
  return CaseOf(builder, builder.MaxPool2D(input, window), also, 1 + trial % 2);
}

// Where all pixels are negative, a padding of zeros would win; it must not.
OpCase NegativePixels(int, Random&) {
  ModelBuilder builder(6, 6, Colour::kGray, 303);
  const uint32_t negative = builder.Conv2D(0, 4);
  // Filter zero, bias about -100: every pixel is negative.
  std::vector<Tensor>& tensors = builder.model().tensors;
  std::fill(tensors[0].data.begin(), tensors[0].data.end(), 0);
  for (size_t i = 3; i < 16; i += 4) tensors[1].data[i] = 0xC2;
  for (size_t i = 2; i < 16; i += 4) tensors[1].data[i] = 0xC8;
  return CaseOf(builder, builder.MaxPool2D(negative, {3, 3, 2, 2, 1, 1, 1, 1}), {negative});
}

// More than 9 taps take XNNPACK's multi-pass kernels.
OpCase LargeWindow(int trial, Random& random) {
  constexpr Window kWindows[] = {{7, 7, 1, 1, 3, 3, 3, 3},
                                 {1, 16, 1, 5, 0, 0, 2, 9},
                                 {13, 2, 13, 2, 0, 0, 0, 0},
                                 {20, 20, 1, 1, 0, 0, 0, 0}};
  ModelBuilder builder(20, 20, Colour::kRgb, random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, 19, also);
  return CaseOf(builder, builder.MaxPool2D(input, kWindows[trial]), also);
}

OpCase Valid() {
  ModelBuilder builder(8, 8, Colour::kRgb, 305);
  builder.Flatten(0);  // value 1
  return CaseOf(builder, builder.MaxPool2D(0, {2, 4, 2, 1, 1, 0, 0, 3}));
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 200, 301, ExactTolerance, RandomShape},
                                {"NegativePixels", 1, 302, ExactTolerance, NegativePixels},
                                {"LargeWindows", 4, 304, ExactTolerance, LargeWindow}};

constexpr OpRefusal kRefusals[] = {
    {"WindowOfOnePixel", Code::kModelOp,
     [](Model&, Op& op) {
       op.kernel_height = op.kernel_width = op.stride_height = op.stride_width = 1;
       op.pad_top = op.pad_right = 0;
     }},
    {"StrideHigherThanTheWindow", Code::kModelOp, [](Model&, Op& op) { op.stride_height = 3; }},
    {"StrideWiderThanTheWindow", Code::kModelOp, [](Model&, Op& op) { op.stride_width = 5; }},
    {"FlatInput", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; }},
    {"OutputWithoutRows", Code::kModelShape, [](Model&, Op& op) { op.kernel_height = 10; }},
    {"OutputWithoutColumns", Code::kModelShape, [](Model&, Op& op) { op.kernel_width = 12; }}};

}  // namespace

const OpOracle kMaxPool2DOracle = {.shape = OutputShape,
                                   .run = Run,
                                   .draw = Draw,
                                   .frequency = 2,
                                   .series = kSeries,
                                   .valid = Valid,
                                   .refusals = kRefusals};

}  // namespace ag::reference
