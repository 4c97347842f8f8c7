// Conv2D: sums over the taps of a window and all channels; padding is zero.
#include <algorithm>

#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model& model, const Op& op, std::span<const Shape> inputs) {
  return WindowShape(op, inputs[0], model.tensors[op.tensors[0]].shape[0]);
}

void Run(const Model& model, const Op& op, std::span<const Value> inputs, OpResult& result) {
  const Picture input{inputs[0]};
  const std::vector<double> filter =
      DecodeWeights(model.tensors[op.tensors[0]]);  // [out, kh, kw, in]
  const std::vector<double> bias = DecodeWeights(model.tensors[op.tensors[1]]);
  const int64_t in = input.channels();
  result.term_count = static_cast<uint64_t>(in) * op.kernel_height * op.kernel_width + 1;
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t oc) {
    Sum sum;
    sum.Add(bias[static_cast<size_t>(oc)]);
    ForWindow(op, oy, ox, [&](int64_t ky, int64_t kx, int64_t y, int64_t x) {
      if (!input.Contains(y, x)) return;
      const int64_t tap = ((oc * op.kernel_height + ky) * op.kernel_width + kx) * in;
      for (int64_t ic = 0; ic < in; ++ic) {
        sum.Add(input.At(y, x, ic) * filter[static_cast<size_t>(tap + ic)]);
      }
    });
    Append(result, sum);
  });
}

uint32_t Draw(ModelBuilder& builder, Random& random, uint32_t input, const DrawLimits& limits) {
  const Shape shape = builder.shape(input);
  if (shape.size() != 3) return input;
  const Window window = random.Chance(0.3) ? Window{} : AnyWindow(random, shape);
  const uint64_t each = uint64_t{window.kernel_height} * window.kernel_width * shape[2];
  if (each > limits.most_weights) return input;
  const auto most = static_cast<uint32_t>(std::min<uint64_t>(512, limits.most_weights / each));
  return builder.Conv2D(input, random.Between(1, most), window, AnyActivation(random),
                        limits.storage);
}

OpCase RandomShape(int trial, Random& random) {
  const uint32_t height = random.Between(1, 9), width = random.Between(1, 9);
  ModelBuilder builder(height, width, random.Chance(0.5) ? Colour::kGray : Colour::kRgb,
                       random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, random.Between(1, 67), also);
  const uint32_t channels = random.Between(1, 67);
  const Window window = RandomWindow(random, height, width, 5);
  const uint32_t output = builder.Conv2D(input, channels, window, AnyActivation(random),
                                         static_cast<Storage>(trial % 3));
  return CaseOf(builder, output, also, 1 + trial % 2);
}

// The first layers of real nets: few input channels, larger pictures, "same" and "valid" padding.
OpCase FirstLayer(int trial, Random& random) {
  constexpr Window kWindows[] = {{3, 3, 1, 1, 0, 0, 0, 0}, {3, 3, 2, 2, 1, 1, 1, 1},
                                 {3, 3, 2, 2, 0, 1, 0, 1}, {5, 3, 3, 1, 4, 0, 0, 2},
                                 {7, 7, 2, 2, 3, 3, 3, 3}, {1, 1, 2, 2, 0, 0, 0, 0}};
  ModelBuilder builder(33, 31, trial < 6 ? Colour::kRgb : Colour::kGray, random.Next());
  return CaseOf(builder, builder.Conv2D(0, 16, kWindows[trial % 6], Activation::kRelu), {}, 2);
}

// A filter with one tap moves the picture: shows which way padding and strides go, without sums.
OpCase SingleTap(int tap, Random&) {
  ModelBuilder builder(5, 4, Colour::kGray, 7);
  const uint32_t output = builder.Conv2D(0, 1, {2, 3, 2, 1, 1, 0, 2, 1});
  std::vector<Tensor>& tensors = builder.model().tensors;
  for (size_t i = 0; i < 6; ++i) {
    const uint8_t one[4] = {0, 0, 0x80, 0x3F};
    for (size_t b = 0; b < 4; ++b) tensors[0].data[4 * i + b] = int(i) == tap ? one[b] : 0;
  }
  tensors[1].data.assign(4, 0);
  return CaseOf(builder, output);
}

OpCase Valid() {
  ModelBuilder builder(8, 8, Colour::kRgb, 104);
  builder.Flatten(0);  // value 1
  return CaseOf(builder, builder.Conv2D(0, 5, {3, 4, 2, 1, 2, 1, 0, 3}));
}

OpCase SmallPicture() {
  ModelBuilder builder(3, 4, Colour::kRgb, 105);
  return CaseOf(builder, builder.Conv2D(0, 2, {3, 3, 1, 1, 0, 0, 0, 0}));
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 150, 101, SumTolerance, RandomShape},
                                {"FirstLayers", 12, 102, SumTolerance, FirstLayer},
                                {"SingleTapMovesThePicture", 6, 103, ExactTolerance, SingleTap}};

constexpr OpRefusal kRefusals[] = {
    {"KernelHigherThanTheFilter", Code::kModelShape, [](Model&, Op& op) { op.kernel_height = 4; }},
    {"KernelWiderThanTheFilter", Code::kModelShape, [](Model&, Op& op) { op.kernel_width = 5; }},
    {"FlatInput", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; }},
    {"OutputWithoutRows", Code::kModelShape, [](Model& m, Op&) { m.input.height = 2; },
     SmallPicture},
    {"OutputWithoutColumns", Code::kModelShape, [](Model& m, Op&) { m.input.width = 2; },
     SmallPicture}};

constexpr WrongTensor kWrongTensors[] = {
    {0, {5, 3, 4, 2}},                     // input channels
    {0, {5, 3, 4, 4}}, {0, {6, 3, 4, 3}},  // output channels that are not the bias's
    {0, {5, 4, 3, 3}},                     // kernel turned round
    {0, {5, 36}},                          // rank
    {0, {180}},        {1, {4}},          {1, {6}}, {1, {1, 5}}};

}  // namespace

const OpOracle kConv2DOracle = {.shape = OutputShape,
                                .run = Run,
                                .draw = Draw,
                                .frequency = 6,
                                .series = kSeries,
                                .valid = Valid,
                                .refusals = kRefusals,
                                .wrong_tensors = kWrongTensors};

}  // namespace ag::reference
