// FullyConnected: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(FullyConnected, AgreesWithReferenceOnRandomShapes) {
  Random random(601);
  for (int trial = 0; trial < 200 && !::testing::Test::HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(1, 12), random.Between(1, 12),
                         random.Chance(0.5) ? Colour::kGray : Colour::kRgb, random.Next());
    const uint32_t flat = builder.Flatten(0);
    const uint32_t output = builder.FullyConnected(
        flat, random.Between(1, 67), random.Chance(0.5) ? Activation::kRelu : Activation::kNone,
        static_cast<Storage>(trial % 3));
    CheckOp(builder.AgeGender(output, 0, {flat, output}), output - 1, random, SumTolerance,
            1 + trial % 2);
  }
}

// The notebook's dense layer has 9,216 inputs: long sums.
TEST(FullyConnected, AgreesWithReferenceOnLongSums) {
  Random random(602);
  ModelBuilder builder(96, 96, Colour::kGray, 603);
  const uint32_t flat = builder.Flatten(0);
  const uint32_t output = builder.FullyConnected(flat, 17, Activation::kRelu);
  CheckOp(builder.AgeGender(output, 0, {flat, output}), output - 1, random, SumTolerance, 2);
}

Model Valid() {
  ModelBuilder builder(2, 4, Colour::kRgb, 604);
  const uint32_t flat = builder.Flatten(0);
  const uint32_t output = builder.FullyConnected(flat, 5);
  return builder.AgeGender(output, 0, {output});
}
constexpr size_t kOp = 1;

TEST(FullyConnectedRule, RefusesWindow) { ExpectWindowRefused(Valid(), kOp); }

TEST(FullyConnectedRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(FullyConnectedRule, RefusesUnknownActivation) {
  ExpectOpRefused(Valid(), kOp, Code::kModelEnum,
                  [](Model&, Op& op) { op.activation = static_cast<Activation>(2); });
}

TEST(FullyConnectedRule, RefusesWrongTensorShapes) {
  const auto with = [](size_t which, std::vector<uint32_t> shape) {
    ExpectOpRefused(Valid(), kOp, Code::kModelShape,
                    [&](Model& model, Op& op) { SetTensor(model, op.tensors[which], shape); });
  };
  with(0, {5, 23});
  with(0, {5, 25});
  with(0, {6, 24});
  with(0, {24, 5});
  with(0, {120});
  with(0, {5, 2, 4, 3});
  with(1, {4});
  with(1, {6});
  with(1, {5, 1});
}

// Flatten or GlobalAveragePool has to come before: the order of a picture's elements is the model's
// decision.
TEST(FullyConnectedRule, RefusesPicture) {
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.inputs[0] = 0; });
}

}  // namespace
}  // namespace ag::test
