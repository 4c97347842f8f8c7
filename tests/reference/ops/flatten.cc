// Flatten: [h, w, c] as [h * w * c], row-major.
#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model&, const Op&, std::span<const Shape> inputs) {
  return {inputs[0][0] * inputs[0][1] * inputs[0][2]};
}

void Run(const Model&, const Op&, std::span<const Value> inputs, OpResult& result) {
  result.value.data = inputs[0].data;
}

uint32_t Draw(ModelBuilder& builder, Random&, uint32_t input, const DrawLimits& limits) {
  const Shape& shape = builder.shape(input);
  // What follows has as many weights for each output.
  const bool fits = shape.size() == 3 && ElementCount(shape) <= limits.most_weights;
  return fits ? builder.Flatten(input) : input;
}

OpCase RandomShape(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 11), random.Between(1, 11),
                       random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, random.Between(1, 67), also);
  return CaseOf(builder, builder.Flatten(input), also, 1 + trial % 2);
}

OpCase Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 1002);
  const uint32_t flat = builder.Flatten(0);  // value 1
  return CaseOf(builder, builder.Flatten(0), {flat});
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 100, 1001, ExactTolerance, RandomShape}};

constexpr OpRefusal kRefusals[] = {
    {"FlatInput", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; }}};

}  // namespace

const OpOracle kFlattenOracle = {.shape = OutputShape,
                                 .run = Run,
                                 .draw = Draw,
                                 .series = kSeries,
                                 .valid = Valid,
                                 .refusals = kRefusals};

}  // namespace ag::reference
