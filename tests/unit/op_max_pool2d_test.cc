// MaxPool2D: XNNPACK against the reference, and what its rule refuses (which is what XNNPACK of
// this version cannot do).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/op_check.h"

namespace ag::test {
namespace {

TEST(MaxPool2D, AgreesWithReferenceOnRandomShapes) {
  Random random(301);
  for (int trial = 0; trial < 200 && !::testing::Test::HasFailure(); ++trial) {
    const uint32_t height = random.Between(2, 12), width = random.Between(2, 12);
    ModelBuilder builder(height, width, random.Chance(0.5) ? Colour::kGray : Colour::kRgb,
                         random.Next());
    std::vector<uint32_t> outputs;
    const uint32_t input = Feature(builder, random.Between(1, 67), outputs);
    Window window = RandomWindow(random, height, width, 5);
    window.stride_height = std::min(window.stride_height, window.kernel_height);
    window.stride_width = std::min(window.stride_width, window.kernel_width);
    if (window.kernel_height * window.kernel_width == 1) window.kernel_height = 2;
    const uint32_t output = builder.MaxPool2D(input, window);
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, ExactTolerance,
            1 + trial % 2);
  }
}

// Where all pixels are negative, a padding of zeros would win; it must not.
TEST(MaxPool2D, PaddingNeverWins) {
  Random random(302);
  ModelBuilder builder(6, 6, Colour::kGray, 303);
  const uint32_t negative = builder.Conv2D(0, 4);
  // Filter zero, bias about -100: every pixel is negative.
  std::fill(builder.model().tensors[0].data.begin(), builder.model().tensors[0].data.end(), 0);
  for (size_t i = 3; i < 16; i += 4) builder.model().tensors[1].data[i] = 0xC2;
  for (size_t i = 2; i < 16; i += 4) builder.model().tensors[1].data[i] = 0xC8;
  const uint32_t output = builder.MaxPool2D(negative, {3, 3, 2, 2, 1, 1, 1, 1});
  CheckOp(builder.AgeGender(output, 0, {negative, output}), output - 1, random, ExactTolerance);
}

// More than 9 taps take XNNPACK's multi-pass kernels.
TEST(MaxPool2D, AgreesWithReferenceOnLargeWindows) {
  Random random(304);
  for (const Window& window :
       {Window{7, 7, 1, 1, 3, 3, 3, 3}, Window{1, 16, 1, 5, 0, 0, 2, 9},
        Window{13, 2, 13, 2, 0, 0, 0, 0}, Window{20, 20, 1, 1, 0, 0, 0, 0}}) {
    ModelBuilder builder(20, 20, Colour::kRgb, random.Next());
    std::vector<uint32_t> outputs;
    const uint32_t output = builder.MaxPool2D(Feature(builder, 19, outputs), window);
    outputs.push_back(output);
    CheckOp(builder.AgeGender(output, 0, outputs), output - 1, random, ExactTolerance);
  }
}

Model Valid(uint32_t* flat = nullptr) {
  ModelBuilder builder(8, 8, Colour::kRgb, 305);
  const uint32_t flattened = builder.Flatten(0);
  if (flat != nullptr) *flat = flattened;
  const uint32_t output = builder.MaxPool2D(0, {2, 4, 2, 1, 1, 0, 0, 3});
  return builder.AgeGender(output, 0, {output});
}
constexpr size_t kOp = 1;

TEST(MaxPool2DRule, RefusesBadWindows) { ExpectBadWindowsRefused(Valid(), kOp); }

TEST(MaxPool2DRule, RefusesBadCounts) { ExpectBadCountsRefused(Valid(), kOp); }

TEST(MaxPool2DRule, RefusesActivation) {
  ExpectOpRefused(Valid(), kOp, Code::kModelOp,
                  [](Model&, Op& op) { op.activation = Activation::kRelu; });
}

TEST(MaxPool2DRule, RefusesWindowOfOnePixel) {
  ExpectOpRefused(Valid(), kOp, Code::kModelOp, [](Model&, Op& op) {
    op.kernel_height = op.kernel_width = op.stride_height = op.stride_width = 1;
    op.pad_top = op.pad_right = 0;
  });
}

TEST(MaxPool2DRule, RefusesStrideLargerThanTheWindow) {
  ExpectOpRefused(Valid(), kOp, Code::kModelOp, [](Model&, Op& op) { op.stride_height = 3; });
  ExpectOpRefused(Valid(), kOp, Code::kModelOp, [](Model&, Op& op) { op.stride_width = 5; });
}

TEST(MaxPool2DRule, RefusesFlatInput) {
  uint32_t flat = 0;
  const Model model = Valid(&flat);
  ExpectOpRefused(model, kOp, Code::kModelShape, [&](Model&, Op& op) { op.inputs[0] = flat; });
}

TEST(MaxPool2DRule, RefusesEmptyOutput) {
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.kernel_height = 10; });
  ExpectOpRefused(Valid(), kOp, Code::kModelShape, [](Model&, Op& op) { op.kernel_width = 12; });
}

}  // namespace
}  // namespace ag::test
