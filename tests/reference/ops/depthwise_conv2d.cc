// DepthwiseConv2D: sums over the taps of a window, each channel for itself; padding is zero.
#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model&, const Op& op, std::span<const Shape> inputs) {
  return WindowShape(op, inputs[0], inputs[0][2]);
}

void Run(const Model& model, const Op& op, std::span<const Value> inputs, OpResult& result) {
  const Picture input{inputs[0]};
  const std::vector<double> filter = DecodeWeights(model.tensors[op.tensors[0]]);  // [1, kh, kw, c]
  const std::vector<double> bias = DecodeWeights(model.tensors[op.tensors[1]]);
  result.term_count = uint64_t{op.kernel_height} * op.kernel_width + 1;
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t c) {
    Sum sum;
    sum.Add(bias[static_cast<size_t>(c)]);
    ForWindow(op, oy, ox, [&](int64_t ky, int64_t kx, int64_t y, int64_t x) {
      if (!input.Contains(y, x)) return;
      const int64_t tap = (ky * op.kernel_width + kx) * input.channels() + c;
      sum.Add(input.At(y, x, c) * filter[static_cast<size_t>(tap)]);
    });
    Append(result, sum);
  });
}

uint32_t Draw(ModelBuilder& builder, Random& random, uint32_t input, const DrawLimits& limits) {
  const Shape shape = builder.shape(input);
  if (shape.size() != 3) return input;
  const Window window = AnyWindow(random, shape);
  const uint64_t weights = uint64_t{window.kernel_height} * window.kernel_width * shape[2];
  if (weights > limits.most_weights) return input;
  return builder.DepthwiseConv2D(input, window, AnyActivation(random), limits.storage);
}

OpCase RandomShape(int trial, Random& random) {
  const uint32_t height = random.Between(1, 11), width = random.Between(1, 11);
  ModelBuilder builder(height, width, random.Chance(0.5) ? Colour::kGray : Colour::kRgb,
                       random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, random.Between(1, 67), also);
  const Window window = RandomWindow(random, height, width, 7);
  const uint32_t output = builder.DepthwiseConv2D(input, window, AnyActivation(random),
                                                  static_cast<Storage>(trial % 3));
  return CaseOf(builder, output, also, 1 + trial % 2);
}

// One channel is the case in which a depthwise filter [1, kh, kw, 1] looks like a plain one.
OpCase OneChannel(int, Random&) {
  ModelBuilder builder(9, 8, Colour::kGray, 203);
  return CaseOf(builder, builder.DepthwiseConv2D(0, {3, 3, 1, 1, 1, 1, 1, 1}));
}

OpCase Valid() {
  ModelBuilder builder(8, 8, Colour::kRgb, 204);
  builder.Flatten(0);  // value 1
  return CaseOf(builder, builder.DepthwiseConv2D(0, {3, 4, 2, 1, 2, 1, 0, 3}));
}

OpCase SmallPicture() {
  ModelBuilder builder(3, 4, Colour::kRgb, 205);
  return CaseOf(builder, builder.DepthwiseConv2D(0, {3, 3, 1, 1, 0, 0, 0, 0}));
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 200, 201, SumTolerance, RandomShape},
                                {"OneChannel", 1, 202, SumTolerance, OneChannel}};

constexpr OpRefusal kRefusals[] = {
    {"KernelHigherThanTheFilter", Code::kModelShape, [](Model&, Op& op) { op.kernel_height = 4; }},
    {"KernelWiderThanTheFilter", Code::kModelShape, [](Model&, Op& op) { op.kernel_width = 5; }},
    {"FlatInput", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; }},
    {"OutputWithoutRows", Code::kModelShape, [](Model& m, Op&) { m.input.height = 2; },
     SmallPicture},
    {"OutputWithoutColumns", Code::kModelShape, [](Model& m, Op&) { m.input.width = 2; },
     SmallPicture}};

constexpr WrongTensor kWrongTensors[] = {{0, {1, 3, 4, 2}},  // channels
                                         {0, {1, 3, 4, 6}},  // a depth multiplier of 2
                                         {0, {3, 3, 4, 1}},  // as a plain convolution orders it
                                         {0, {2, 3, 4, 3}}, {0, {1, 4, 3, 3}}, {0, {3, 4, 3}},
                                         {1, {2}},          {1, {4}},          {1, {3, 1}}};

}  // namespace

const OpOracle kDepthwiseConv2DOracle = {.shape = OutputShape,
                                         .run = Run,
                                         .draw = Draw,
                                         .frequency = 2,
                                         .series = kSeries,
                                         .valid = Valid,
                                         .refusals = kRefusals,
                                         .wrong_tensors = kWrongTensors};

}  // namespace ag::reference
