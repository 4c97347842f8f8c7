// Add: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

// One float32 addition has one rounding: the result is the float nearest to the exact sum.
double NearestTolerance(const reference::OpResult& exact, size_t element) {
  return std::abs(exact.value.data[element]) * 0x1p-24;
}

TEST(Add, AgreesWithReferenceOnRandomPictures) {
  Random random(501);
  for (int trial = 0; trial < 150 && !::testing::Test::HasFailure(); ++trial) {
    ModelBuilder builder(random.Between(1, 9), random.Between(1, 9), Colour::kRgb, random.Next());
    const uint32_t channels = random.Between(1, 67);
    std::vector<uint32_t> outputs = {builder.Conv2D(0, channels), builder.Conv2D(0, channels)};
    outputs.push_back(builder.Add(outputs[0], outputs[1],
                                  trial % 2 == 0 ? Activation::kRelu : Activation::kNone));
    CheckOp(builder.AgeGender(outputs[2], 0, outputs), outputs[2] - 1, random, NearestTolerance,
            1 + trial % 2);
  }
}

TEST(Add, AgreesWithReferenceOnFlatValues) {
  Random random(502);
  for (uint32_t width = 1; width <= 67; ++width) {
    ModelBuilder builder(1, width, Colour::kGray, random.Next());
    const uint32_t flat = builder.Flatten(0);
    const uint32_t relu = builder.Relu(flat);
    const uint32_t output = builder.Add(flat, relu);
    CheckOp(builder.AgeGender(output, 0, {flat, relu, output}), output - 1, random,
            NearestTolerance);
  }
}

TEST(Add, AddsAValueToItself) {
  Random random(503);
  ModelBuilder builder(5, 5, Colour::kRgb, 504);
  const uint32_t output = builder.Add(0, 0);
  CheckOp(builder.AgeGender(output, 0, {output}), output - 1, random, NearestTolerance);
}

Model Valid() {
  ModelBuilder builder(4, 6, Colour::kRgb, 505);
  const uint32_t a = builder.Conv2D(0, 3);
  const uint32_t one_channel = builder.Conv2D(0, 1);
  const uint32_t flat = builder.Flatten(0);
  const uint32_t smaller = builder.MaxPool2D(0, {2, 2, 1, 1, 0, 0, 0, 0});
  const uint32_t output = builder.Add(0, a);
  return builder.AgeGender(output, 0, {output, one_channel, flat, smaller});
}
constexpr size_t kOp = 4;

TEST(AddRule, RefusesWindow) { ExpectWindowRefused(Valid(), kOp); }

TEST(AddRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(AddRule, RefusesUnknownActivation) {
  ExpectOpRefused(Valid(), kOp, Code::kModelEnum,
                  [](Model&, Op& op) { op.activation = static_cast<Activation>(255); });
}

// XNNPACK would broadcast some of these; the model file does not.
TEST(AddRule, RefusesShapesThatDiffer) {
  for (const uint32_t other : {2u, 3u, 4u}) {
    ExpectOpRefused(Valid(), kOp, Code::kModelShape, [&](Model&, Op& op) { op.inputs[1] = other; });
    ExpectOpRefused(Valid(), kOp, Code::kModelShape, [&](Model&, Op& op) { op.inputs[0] = other; });
  }
}

}  // namespace
}  // namespace ag::test
