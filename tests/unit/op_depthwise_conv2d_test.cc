// DepthwiseConv2D: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(DepthwiseConv2D, AgreesWithReferenceOnRandomShapes) {
  Random random(201);
  for (int trial = 0; trial < 200 && !::testing::Test::HasFailure(); ++trial) {
    const uint32_t height = random.Between(1, 11), width = random.Between(1, 11);
    ModelBuilder builder(height, width, random.Chance(0.5) ? Colour::kGray : Colour::kRgb,
                         random.Next());
    std::vector<uint32_t> outputs;
    const uint32_t input = Feature(builder, random.Between(1, 67), outputs);
    const uint32_t output =
        builder.DepthwiseConv2D(input, RandomWindow(random, height, width, 7),
                                random.Chance(0.5) ? Activation::kRelu : Activation::kNone,
                                static_cast<Storage>(trial % 3));
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, SumTolerance, 1 + trial % 2);
  }
}

// One channel is the case in which a depthwise filter [1, kh, kw, 1] looks like a plain one.
TEST(DepthwiseConv2D, AgreesWithReferenceOnOneChannel) {
  Random random(202);
  ModelBuilder builder(9, 8, Colour::kGray, 203);
  const uint32_t output = builder.DepthwiseConv2D(0, {3, 3, 1, 1, 1, 1, 1, 1});
  CheckOp(builder.AgeGender(output, 0, {output}), output - 1, random, SumTolerance);
}

Model Valid(uint32_t* flat = nullptr) {
  ModelBuilder builder(8, 8, Colour::kRgb, 204);
  const uint32_t flattened = builder.Flatten(0);
  if (flat != nullptr) *flat = flattened;
  const uint32_t output = builder.DepthwiseConv2D(0, {3, 4, 2, 1, 2, 1, 0, 3});
  return builder.AgeGender(output, 0, {output});
}
constexpr size_t kOp = 1;

TEST(DepthwiseConv2DRule, RefusesBadWindows) { ExpectBadWindowsRefused(Valid(), kOp); }

TEST(DepthwiseConv2DRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(DepthwiseConv2DRule, RefusesKernelThatIsNotTheFilters) {
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.kernel_height = 4; });
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.kernel_width = 5; });
}

TEST(DepthwiseConv2DRule, RefusesWrongTensorShapes) {
  const auto with_filter = [](std::vector<uint32_t> shape) {
    ExpectOpRefused(Valid(), kOp, Code::kModelShape,
                    [&](Model& model, Op& op) { SetTensor(model, op.tensors[0], shape); });
  };
  with_filter({1, 3, 4, 2});  // channels
  with_filter({1, 3, 4, 6});  // a depth multiplier of 2
  with_filter({3, 3, 4, 1});  // as a plain convolution orders it
  with_filter({2, 3, 4, 3});
  with_filter({1, 4, 3, 3});
  with_filter({3, 4, 3});
  const auto with_bias = [](std::vector<uint32_t> shape) {
    ExpectOpRefused(Valid(), kOp, Code::kModelShape,
                    [&](Model& model, Op& op) { SetTensor(model, op.tensors[1], shape); });
  };
  with_bias({2});
  with_bias({4});
  with_bias({3, 1});
}

TEST(DepthwiseConv2DRule, RefusesFlatInput) {
  uint32_t flat = 0;
  const Model model = Valid(&flat);
  ExpectOpRefused(model, kOp, Code::kModelShape, [&](Model&, Op& op) { op.inputs[0] = flat; });
}

TEST(DepthwiseConv2DRule, RefusesEmptyOutput) {
  ModelBuilder builder(3, 4, Colour::kRgb, 205);
  const uint32_t output = builder.DepthwiseConv2D(0, {3, 3, 1, 1, 0, 0, 0, 0});
  const Model model = builder.AgeGender(output);
  ExpectOpRefused(model, 0, Code::kModelShape, [](Model& m, Op&) { m.input.height = 2; });
  ExpectOpRefused(model, 0, Code::kModelShape, [](Model& m, Op&) { m.input.width = 2; });
}

}  // namespace
}  // namespace ag::test
