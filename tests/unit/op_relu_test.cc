// Relu: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(Relu, AgreesWithReferenceOnRandomShapes) {
  Random random(701);
  for (int trial = 0; trial < 100 && !::testing::Test::HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(1, 9), random.Between(1, 9), Colour::kRgb, random.Next());
    std::vector<uint32_t> outputs;
    uint32_t input = Feature(builder, random.Between(1, 67), outputs);
    if (trial % 2 == 1) {
      input = builder.Flatten(input);
      outputs.push_back(input);
    }
    const uint32_t output = builder.Relu(input);
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, ExactTolerance,
            1 + trial / 2 % 2);
  }
}

Model Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 702);
  const uint32_t output = builder.Relu(0);
  return builder.AgeGender(output, 0, {output});
}

TEST(ReluRule, RefusesWindow) { ExpectWindowRefused(Valid(), 0); }

TEST(ReluRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), 0); }

TEST(ReluRule, RefusesFusedActivation) {
  ExpectOpRefused(Valid(), 0, Code::kModelOp,
                  [](Model&, Op& op) { op.activation = Activation::kRelu; });
}

}  // namespace
}  // namespace ag::test
