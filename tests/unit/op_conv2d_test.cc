// Conv2D: XNNPACK against the reference, and what its rule refuses.
#include <gtest/gtest.h>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(Conv2D, AgreesWithReferenceOnRandomShapes) {
  Random random(101);
  for (int trial = 0; trial < 150 && !::testing::Test::HasFailure(); ++trial) {
    const uint32_t height = random.Between(1, 9), width = random.Between(1, 9);
    ModelBuilder builder(height, width, random.Chance(0.5) ? Colour::kGray : Colour::kRgb,
                         random.Next());
    std::vector<uint32_t> outputs;
    const uint32_t input = Feature(builder, random.Between(1, 67), outputs);
    const uint32_t output =
        builder.Conv2D(input, random.Between(1, 67), RandomWindow(random, height, width, 5),
                       random.Chance(0.5) ? Activation::kRelu : Activation::kNone,
                       static_cast<Storage>(trial % 3));
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, SumTolerance, 1 + trial % 2);
  }
}

// The first layers of real nets: few input channels, larger pictures, "same" and "valid" padding.
TEST(Conv2D, AgreesWithReferenceOnFirstLayers) {
  Random random(102);
  for (const Colour colour : {Colour::kRgb, Colour::kGray}) {
    for (const Window& window : {Window{3, 3, 1, 1, 0, 0, 0, 0}, Window{3, 3, 2, 2, 1, 1, 1, 1},
                                 Window{3, 3, 2, 2, 0, 1, 0, 1}, Window{5, 3, 3, 1, 4, 0, 0, 2},
                                 Window{7, 7, 2, 2, 3, 3, 3, 3}, Window{1, 1, 2, 2, 0, 0, 0, 0}}) {
      ModelBuilder builder(33, 31, colour, random.Next());
      const uint32_t output = builder.Conv2D(0, 16, window, Activation::kRelu);
      CheckOp(builder.AgeGender(output, 0, {output}), output - 1, random, SumTolerance, 2);
    }
  }
}

// A filter with one tap moves the picture: shows which way padding and strides go, without sums.
TEST(Conv2D, SingleTapMovesThePicture) {
  Random random(103);
  for (uint32_t tap = 0; tap < 6; ++tap) {
    ModelBuilder builder(5, 4, Colour::kGray, 7);
    const uint32_t output = builder.Conv2D(0, 1, {2, 3, 2, 1, 1, 0, 2, 1});
    std::vector<float> filter(6, 0.0f);
    filter[tap] = 1.0f;
    Model& model = builder.model();
    for (size_t i = 0; i < 6; ++i) {
      const uint8_t one[4] = {0, 0, 0x80, 0x3F};
      for (size_t b = 0; b < 4; ++b) model.tensors[0].data[4 * i + b] = i == tap ? one[b] : 0;
    }
    model.tensors[1].data.assign(4, 0);
    CheckOp(builder.AgeGender(output, 0, {output}), output - 1, random, ExactTolerance);
  }
}

Model Valid(uint32_t* flat = nullptr) {
  ModelBuilder builder(8, 8, Colour::kRgb, 104);
  const uint32_t flattened = builder.Flatten(0);
  if (flat != nullptr) *flat = flattened;
  const uint32_t output = builder.Conv2D(0, 5, {3, 4, 2, 1, 2, 1, 0, 3});
  return builder.AgeGender(output, 0, {output});
}
constexpr size_t kOp = 1;

TEST(Conv2DRule, RefusesBadWindows) { ExpectBadWindowsRefused(Valid(), kOp); }

TEST(Conv2DRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(Conv2DRule, RefusesUnknownActivation) {
  ExpectOpRefused(Valid(), kOp, Code::kModelEnum,
                  [](Model&, Op& op) { op.activation = static_cast<Activation>(2); });
}

TEST(Conv2DRule, RefusesKernelThatIsNotTheFilters) {
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.kernel_height = 4; });
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.kernel_width = 5; });
}

TEST(Conv2DRule, RefusesWrongTensorShapes) {
  const auto with_filter = [](std::vector<uint32_t> shape) {
    ExpectOpRefused(Valid(), kOp, Code::kModelShape,
                    [&](Model& model, Op& op) { SetTensor(model, op.tensors[0], shape); });
  };
  with_filter({5, 3, 4, 2});  // input channels
  with_filter({5, 3, 4, 4});
  with_filter({6, 3, 4, 3});  // output channels that are not the bias's
  with_filter({5, 4, 3, 3});  // kernel turned round
  with_filter({5, 36});       // rank
  with_filter({180});
  const auto with_bias = [](std::vector<uint32_t> shape) {
    ExpectOpRefused(Valid(), kOp, Code::kModelShape,
                    [&](Model& model, Op& op) { SetTensor(model, op.tensors[1], shape); });
  };
  with_bias({4});
  with_bias({6});
  with_bias({1, 5});
}

TEST(Conv2DRule, RefusesFlatInput) {
  uint32_t flat = 0;
  const Model model = Valid(&flat);
  ExpectOpRefused(model, kOp, Code::kModelShape, [&](Model&, Op& op) { op.inputs[0] = flat; });
}

TEST(Conv2DRule, RefusesEmptyOutput) {
  ModelBuilder builder(3, 4, Colour::kRgb, 105);
  const uint32_t output = builder.Conv2D(0, 2, {3, 3, 1, 1, 0, 0, 0, 0});
  const Model model = builder.AgeGender(output);
  ExpectOpRefused(model, 0, Code::kModelShape, [](Model& m, Op&) { m.input.height = 2; });
  ExpectOpRefused(model, 0, Code::kModelShape, [](Model& m, Op&) { m.input.width = 2; });
}

}  // namespace
}  // namespace ag::test
