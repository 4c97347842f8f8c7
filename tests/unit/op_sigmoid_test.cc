// Sigmoid: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

// XNNPACK approximates exp by a table or polynomial and divides by a Newton step; its kernels stay
// within about 3 units in the last place. 8 leave room for other instruction sets. Below e^-87 they
// give 0 instead of a subnormal number.
double SigmoidTolerance(const reference::OpResult& exact, size_t element) {
  return 8 * 0x1p-24 * exact.magnitude[element] + 0x1p-125;
}

TEST(Sigmoid, AgreesWithReferenceOnRandomShapes) {
  Random random(801);
  for (int trial = 0; trial < 100 && !::testing::Test::HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(1, 9), random.Between(1, 9), Colour::kRgb, random.Next());
    std::vector<uint32_t> outputs;
    uint32_t input = Feature(builder, random.Between(1, 67), outputs);
    if (trial % 2 == 1) {
      input = builder.Flatten(input);
      outputs.push_back(input);
    }
    const uint32_t output = builder.Sigmoid(input);
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, SigmoidTolerance,
            1 + trial / 2 % 2);
  }
}

// Saturated at both ends: no NaN, no value outside 0..1.
TEST(Sigmoid, AgreesWithReferenceOnLargeValues) {
  Random random(802);
  for (const float limit : {20.0f, 100.0f, 1e6f, 3e38f}) {
    ModelBuilder builder(16, 16, Colour::kRgb, 803);
    const uint32_t output = builder.Sigmoid(0);
    CheckOp(builder.AgeGender(output, 0, {output}), output - 1, random, SigmoidTolerance, 1, limit);
  }
}

Model Valid() {
  ModelBuilder builder(4, 4, Colour::kRgb, 804);
  const uint32_t output = builder.Sigmoid(0);
  return builder.AgeGender(output, 0, {output});
}

TEST(SigmoidRule, RefusesWindow) { ExpectWindowRefused(Valid(), 0); }

TEST(SigmoidRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), 0); }

TEST(SigmoidRule, RefusesFusedActivation) {
  ExpectOpRefused(Valid(), 0, Code::kModelOp,
                  [](Model&, Op& op) { op.activation = Activation::kRelu; });
}

}  // namespace
}  // namespace ag::test
