// FullyConnected: a matrix [out, in] times the value [in], plus a bias.
#include <algorithm>

#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model& model, const Op& op, std::span<const Shape>) {
  return {model.tensors[op.tensors[0]].shape[0]};
}

void Run(const Model& model, const Op& op, std::span<const Value> inputs, OpResult& result) {
  const std::vector<double> filter = DecodeWeights(model.tensors[op.tensors[0]]);  // [out, in]
  const std::vector<double> bias = DecodeWeights(model.tensors[op.tensors[1]]);
  const std::vector<double>& input = inputs[0].data;
  result.term_count = input.size() + 1;
  for (size_t o = 0; o < bias.size(); ++o) {
    Sum sum;
    sum.Add(bias[o]);
    for (size_t i = 0; i < input.size(); ++i) sum.Add(input[i] * filter[o * input.size() + i]);
    Append(result, sum);
  }
}

uint32_t Draw(ModelBuilder& builder, Random& random, uint32_t input, const DrawLimits& limits) {
  const Shape& shape = builder.shape(input);
  if (shape.size() != 1 || shape[0] > limits.most_weights) return input;
  const auto most = static_cast<uint32_t>(std::min<uint64_t>(4096, limits.most_weights / shape[0]));
  return builder.FullyConnected(input, random.Between(1, most), AnyActivation(random),
                                limits.storage);
}

OpCase RandomShape(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 12), random.Between(1, 12),
                       random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
  const uint32_t flat = builder.Flatten(0);
  const uint32_t channels = random.Between(1, 67);
  const uint32_t output = builder.FullyConnected(flat, channels, AnyActivation(random),
                                                 static_cast<Storage>(trial % 3));
  return CaseOf(builder, output, {flat}, 1 + trial % 2);
}

// The notebook's dense layer has 9,216 inputs: long sums.
OpCase LongSums(int, Random&) {
  ModelBuilder builder(96, 96, Colour::kGray, 603);
  const uint32_t flat = builder.Flatten(0);
  return CaseOf(builder, builder.FullyConnected(flat, 17, Activation::kRelu), {flat}, 2);
}

OpCase Valid() {
  ModelBuilder builder(2, 4, Colour::kRgb, 604);
  return CaseOf(builder, builder.FullyConnected(builder.Flatten(0), 5));
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 200, 601, SumTolerance, RandomShape},
                                {"LongSums", 1, 602, SumTolerance, LongSums}};

// Flatten or GlobalAveragePool has to come before: the order of a picture's elements is the model's
// decision.
constexpr OpRefusal kRefusals[] = {
    {"Picture", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 0; }}};

constexpr WrongTensor kWrongTensors[] = {{0, {5, 23}}, {0, {5, 25}}, {0, {6, 24}},
                                         {0, {24, 5}}, {0, {120}},   {0, {5, 2, 4, 3}},
                                         {1, {4}},     {1, {6}},     {1, {5, 1}}};

}  // namespace

const OpOracle kFullyConnectedOracle = {.shape = OutputShape,
                                        .run = Run,
                                        .draw = Draw,
                                        .frequency = 2,
                                        .series = kSeries,
                                        .valid = Valid,
                                        .refusals = kRefusals,
                                        .wrong_tensors = kWrongTensors};

}  // namespace ag::reference
