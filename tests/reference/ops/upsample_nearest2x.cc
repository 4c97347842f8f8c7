// UpsampleNearest2x: each pixel four times, [h, w, c] -> [2h, 2w, c].
#include "tests/reference/scalar.h"

namespace ag::reference {
namespace {

Shape OutputShape(const Model&, const Op&, std::span<const Shape> inputs) {
  return {2 * inputs[0][0], 2 * inputs[0][1], inputs[0][2]};
}

void Run(const Model&, const Op&, std::span<const Value> inputs, OpResult& result) {
  const Picture input{inputs[0]};
  ForElements(result.value.shape, [&](int64_t oy, int64_t ox, int64_t c) {
    result.value.data.push_back(input.At(oy / 2, ox / 2, c));
  });
}

uint32_t Upsample(ModelBuilder& builder, uint32_t input) {
  return builder.AddOp(OpType::kUpsampleNearest2x, {input});
}

uint32_t Draw(ModelBuilder& builder, Random&, uint32_t input, const DrawLimits&) {
  return builder.shape(input).size() == 3 ? Upsample(builder, input) : input;
}

OpCase RandomShape(int trial, Random& random) {
  ModelBuilder builder(random.Between(1, 11), random.Between(1, 11),
                       random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
  std::vector<uint32_t> also;
  const uint32_t input = Feature(builder, random.Between(1, 67), also);
  return CaseOf(builder, Upsample(builder, input), also, 1 + trial % 2);
}

OpCase Twice(int, Random&) {
  ModelBuilder builder(5, 3, Colour::kRgb, 903);
  const uint32_t once = Upsample(builder, 0);
  return CaseOf(builder, Upsample(builder, once), {once});
}

OpCase Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 904);
  const uint32_t flat = builder.Flatten(0);  // value 1
  return CaseOf(builder, Upsample(builder, 0), {flat});
}

constexpr OpSeries kSeries[] = {{"RandomShapes", 150, 901, ExactTolerance, RandomShape},
                                {"Twice", 1, 902, ExactTolerance, Twice}};

constexpr OpRefusal kRefusals[] = {
    {"FlatInput", Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; }},
    // 40 times the double would overflow every integer; the cap on one value stops it before.
    {"GrowthWithoutEnd", Code::kModelLimit, [](Model& model, Op& op) {
       const Op doubling = op;
       model.ops.assign(40, doubling);
       for (uint32_t i = 0; i < 40; ++i) {
         model.ops[i].inputs = {i};
         model.ops[i].output = i + 1;
       }
       model.value_count = 41;
       model.outputs = {40};
     }}};

}  // namespace

const OpOracle kUpsampleNearest2xOracle = {.shape = OutputShape,
                                           .run = Run,
                                           .draw = Draw,
                                           .frequency = 2,
                                           .series = kSeries,
                                           .valid = Valid,
                                           .refusals = kRefusals};

}  // namespace ag::reference
