// Sigmoid: 1 / (1 + exp(-x)), element by element.
#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

void Run(const Model&, const Op&, std::span<const Value> inputs, OpResult& result) {
  for (const double x : inputs[0].data) result.value.data.push_back(1.0 / (1.0 + std::exp(-x)));
}

uint32_t Draw(ModelBuilder& builder, Random&, uint32_t input, const DrawLimits&) {
  return builder.Sigmoid(input);
}

// XNNPACK approximates exp by a table or polynomial and divides by a Newton step; its kernels stay
// within about 3 units in the last place. 8 leave room for other instruction sets. Below e^-87 they
// give 0 instead of a subnormal number.
double SigmoidTolerance(const OpResult& exact, size_t element) {
  return 8 * 0x1p-24 * exact.magnitude[element] + 0x1p-125;
}

OpCase RandomShape(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 9), random.Between(1, 9), Colour::kRgb, random.Next());
  std::vector<uint32_t> also;
  uint32_t input = Feature(builder, random.Between(1, 67), also);
  if (trial % 2 == 1) {
    input = builder.Flatten(input);
    also.push_back(input);
  }
  return CaseOf(builder, builder.Sigmoid(input), also, 1 + trial / 2 % 2);
}

// Saturated at both ends: no NaN, no value outside 0..1.
OpCase LargeValues(int trial, Random&) {
  constexpr float kLimits[] = {20.0f, 100.0f, 1e6f, 3e38f};
  ModelBuilder builder(16, 16, Colour::kRgb, 803);
  OpCase made = CaseOf(builder, builder.Sigmoid(0));
  made.limit = kLimits[trial];
  return made;
}

OpCase Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 804);
  return CaseOf(builder, builder.Sigmoid(0));
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 100, 801, SigmoidTolerance, RandomShape},
                                {"LargeValues", 4, 802, SigmoidTolerance, LargeValues}};

}  // namespace

const OpOracle kSigmoidOracle = {
    .shape = SameShape, .run = Run, .draw = Draw, .series = kSeries, .valid = Valid};

}  // namespace ag::reference
