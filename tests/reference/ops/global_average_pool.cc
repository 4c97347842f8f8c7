// GlobalAveragePool: the mean over all pixels, [h, w, c] -> [c].
#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model&, const Op&, std::span<const Shape> inputs) { return {inputs[0][2]}; }

void Run(const Model&, const Op&, std::span<const Value> inputs, OpResult& result) {
  const Picture input{inputs[0]};
  const int64_t pixels = input.height() * input.width();
  result.term_count = static_cast<uint64_t>(pixels);
  for (int64_t c = 0; c < input.channels(); ++c) {
    Sum sum;
    for (int64_t y = 0; y < input.height(); ++y) {
      for (int64_t x = 0; x < input.width(); ++x) sum.Add(input.At(y, x, c));
    }
    result.value.data.push_back(sum.value / static_cast<double>(pixels));
    result.magnitude.push_back(sum.magnitude / static_cast<double>(pixels));
  }
}

uint32_t Draw(ModelBuilder& builder, Random&, uint32_t input, const DrawLimits&) {
  return builder.shape(input).size() == 3 ? builder.GlobalAveragePool(input) : input;
}

OpCase RandomShape(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 40), random.Between(1, 40),
                       random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, random.Between(1, 67), also);
  return CaseOf(builder, builder.GlobalAveragePool(input), also, 1 + trial % 2);
}

OpCase Valid() {
  ModelBuilder builder(8, 8, Colour::kRgb, 402);
  const uint32_t flat = builder.Flatten(0);  // value 1
  return CaseOf(builder, builder.GlobalAveragePool(0), {flat});
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 150, 401, SumTolerance, RandomShape}};

constexpr OpRefusal kRefusals[] = {
    {"FlatInput", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; }}};

}  // namespace

const OpOracle kGlobalAveragePoolOracle = {.shape = OutputShape,
                                           .run = Run,
                                           .draw = Draw,
                                           .series = kSeries,
                                           .valid = Valid,
                                           .refusals = kRefusals};

}  // namespace ag::reference
