// GlobalAveragePool: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(GlobalAveragePool, AgreesWithReferenceOnRandomShapes) {
  Random random(401);
  for (int trial = 0; trial < 150 && !::testing::Test::HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(1, 40), random.Between(1, 40),
                         random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
    std::vector<uint32_t> outputs;
    const uint32_t output =
        builder.GlobalAveragePool(Feature(builder, random.Between(1, 67), outputs));
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, SumTolerance, 1 + trial % 2);
  }
}

Model Valid() {
  ModelBuilder builder(8, 8, Colour::kRgb, 402);
  const uint32_t flat = builder.Flatten(0);
  const uint32_t output = builder.GlobalAveragePool(0);
  return builder.AgeGender(output, 0, {output, flat});
}
constexpr size_t kOp = 1;

TEST(GlobalAveragePoolRule, RefusesWindow) { ExpectWindowRefused(Valid(), kOp); }

TEST(GlobalAveragePoolRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(GlobalAveragePoolRule, RefusesActivation) {
  ExpectOpRefused(Valid(), kOp, Code::kModelOp,
                  [](Model&, Op& op) { op.activation = Activation::kRelu; });
}

TEST(GlobalAveragePoolRule, RefusesFlatInput) {
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 1; });
}

}  // namespace
}  // namespace ag::test
