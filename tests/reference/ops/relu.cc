// Relu: max(x, 0), element by element.
#include <algorithm>

#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

void Run(const Model&, const Op&, std::span<const Value> inputs, OpResult& result) {
  for (const double x : inputs[0].data) result.value.data.push_back(std::max(x, 0.0));
}

uint32_t Draw(ModelBuilder& builder, Random&, uint32_t input, const DrawLimits&) {
  return builder.Relu(input);
}

OpCase RandomShape(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 9), random.Between(1, 9), Colour::kRgb, random.Next());
  std::vector<uint32_t> also;
  uint32_t input = Feature(builder, random.Between(1, 67), also);
  if (trial % 2 == 1) {
    input = builder.Flatten(input);
    also.push_back(input);
  }
  return CaseOf(builder, builder.Relu(input), also, 1 + trial / 2 % 2);
}

OpCase Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 702);
  return CaseOf(builder, builder.Relu(0));
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 100, 701, ExactTolerance, RandomShape}};

}  // namespace

const OpOracle kReluOracle = {
    .shape = SameShape, .run = Run, .draw = Draw, .series = kSeries, .valid = Valid};

}  // namespace ag::reference
