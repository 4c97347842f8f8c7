// Add: the sum of two values of one shape.
#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

void Run(const Model&, const Op&, std::span<const Value> inputs, OpResult& result) {
  result.term_count = 2;
  for (size_t i = 0; i < inputs[0].data.size(); ++i) {
    Sum sum;
    sum.Add(inputs[0].data[i]);
    sum.Add(inputs[1].data[i]);
    Append(result, sum);
  }
}

uint32_t Draw(ModelBuilder& builder, Random& random, uint32_t input, const DrawLimits&) {
  const uint32_t other = random.Chance(0.5) ? input : builder.Relu(input);
  return builder.Add(input, other, AnyActivation(random));
}

// One float32 addition has one rounding: the result is the float nearest to the exact sum.
double NearestTolerance(const OpResult& exact, size_t element) {
  return std::abs(exact.value.data[element]) * 0x1p-24;
}

OpCase RandomPicture(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 9), random.Between(1, 9), Colour::kRgb, random.Next());
  const uint32_t channels = random.Between(1, 67);
  const uint32_t a = builder.Conv2D(0, channels), b = builder.Conv2D(0, channels);
  const Activation activation = trial % 2 == 0 ? Activation::kRelu : Activation::kNone;
  return CaseOf(builder, builder.Add(a, b, activation), {a, b}, 1 + trial % 2);
}

OpCase FlatValues(int trial, Random& random) {
  ModelBuilder builder(1, static_cast<uint32_t>(trial) + 1, Colour::kGray, random.Next());
  const uint32_t flat = builder.Flatten(0);
  const uint32_t relu = builder.Relu(flat);
  return CaseOf(builder, builder.Add(flat, relu), {flat, relu});
}

OpCase AValueAndItself(int, Random&) {
  ModelBuilder builder(5, 5, Colour::kRgb, 504);
  return CaseOf(builder, builder.Add(0, 0));
}

// Values 2, 3 and 4 have other shapes than 0 and 1.
OpCase Valid() {
  ModelBuilder builder(4, 6, Colour::kRgb, 505);
  const uint32_t a = builder.Conv2D(0, 3);
  const uint32_t one_channel = builder.Conv2D(0, 1);
  const uint32_t flat = builder.Flatten(0);
  const uint32_t smaller = builder.MaxPool2D(0, {2, 2, 1, 1, 0, 0, 0, 0});
  return CaseOf(builder, builder.Add(0, a), {one_channel, flat, smaller});
}

constexpr OpSeries kSeries[] = {{"RandomPictures", 150, 501, NearestTolerance, RandomPicture},
                                {"FlatValues", 67, 502, NearestTolerance, FlatValues},
                                {"AValueAndItself", 1, 503, NearestTolerance, AValueAndItself}};

// XNNPACK would broadcast some of these; the model file does not.
constexpr OpRefusal kRefusals[] = {
    {"SecondOfOneChannel", Code::kModelShape, [](Model&, Op& op) { op.inputs[1] = 2; }},
    {"FirstOfOneChannel", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 2; }},
    {"SecondFlat", Code::kModelShape, [](Model&, Op& op) { op.inputs[1] = 3; }},
    {"FirstFlat", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 3; }},
    {"SecondSmaller", Code::kModelShape, [](Model&, Op& op) { op.inputs[1] = 4; }},
    {"FirstSmaller", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 4; }}};

}  // namespace

const OpOracle kAddOracle = {.shape = SameShape,
                             .run = Run,
                             .draw = Draw,
                             .frequency = 2,
                             .series = kSeries,
                             .valid = Valid,
                             .refusals = kRefusals};

}  // namespace ag::reference
