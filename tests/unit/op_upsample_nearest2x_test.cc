// UpsampleNearest2x: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(UpsampleNearest2x, AgreesWithReferenceOnRandomShapes) {
  Random random(901);
  for (int trial = 0; trial < 150 && !::testing::Test::HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(1, 11), random.Between(1, 11),
                         random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
    std::vector<uint32_t> outputs;
    const uint32_t output =
        builder.UpsampleNearest2x(Feature(builder, random.Between(1, 67), outputs));
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, ExactTolerance,
            1 + trial % 2);
  }
}

TEST(UpsampleNearest2x, TwiceIsFourTimes) {
  Random random(902);
  ModelBuilder builder(5, 3, Colour::kRgb, 903);
  const uint32_t once = builder.UpsampleNearest2x(0);
  const uint32_t twice = builder.UpsampleNearest2x(once);
  const Model model = builder.AgeGender(twice, 0, {once, twice});
  CheckOp(model, once - 1, random, ExactTolerance);
  CheckOp(model, twice - 1, random, ExactTolerance);
}

Model Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 904);
  const uint32_t flat = builder.Flatten(0);
  const uint32_t output = builder.UpsampleNearest2x(0);
  return builder.AgeGender(output, 0, {output, flat});
}
constexpr size_t kOp = 1;

TEST(UpsampleNearest2xRule, RefusesWindow) { ExpectWindowRefused(Valid(), kOp); }

TEST(UpsampleNearest2xRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(UpsampleNearest2xRule, RefusesActivation) {
  ExpectOpRefused(Valid(), kOp, Code::kModelOp,
                  [](Model&, Op& op) { op.activation = Activation::kRelu; });
}

TEST(UpsampleNearest2xRule, RefusesFlatInput) {
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; });
}

// 40 times the double would overflow every integer; the cap on one value stops it before.
TEST(UpsampleNearest2xRule, RefusesToGrowWithoutEnd) {
  ModelBuilder builder(1, 1, Colour::kRgb, 905);
  Model model = builder.AgeGender(builder.Relu(0));
  model.ops.resize(1);
  model.ops[0].name = "first";
  for (uint32_t i = 1; i < 40; ++i) {
    Op op;
    op.type = OpType::kUpsampleNearest2x;
    op.name = "doubling";
    op.inputs = {i};
    op.output = i + 1;
    model.ops.push_back(op);
  }
  model.value_count = 41;
  model.outputs = {40};
  ExpectRefused(model, Code::kModelLimit, "doubling");
}

}  // namespace
}  // namespace ag::test
