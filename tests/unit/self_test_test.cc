// The start-up check: the same picture everywhere, values that notice a changed weight.
#include "shared/predict/self_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "shared/base/sha256.h"
#include "tests/support/model_builder.h"

namespace ag {
namespace {

using test::SmallAgeGenderModel;
using test::SmallDetectorModel;

std::shared_ptr<Weights> MakeWeights(Model model) {
  auto weights = Weights::Create(std::move(model));
  EXPECT_TRUE(weights.ok()) << weights.status().message();
  return *weights;
}

TEST(SelfTest, PictureIsTheSameEverywhere) {
  const Image picture = SelfTestPicture();
  ASSERT_EQ(picture.width, 128);
  ASSERT_EQ(picture.height, 128);
  EXPECT_EQ(HexString(HashSha256(picture.pixels)),
            "a3f90db4b09e3b152df416522a38d432788908fc1b38393a4305ba55accdc6c9");
}

TEST(SelfTest, ValuesRepeatAndNoticeAnotherNet) {
  const auto detector = MakeWeights(SmallDetectorModel(2));
  const auto net = MakeWeights(SmallAgeGenderModel(1, 11));
  const auto first = SelfTestValues(net, detector), again = SelfTestValues(net, detector);
  ASSERT_TRUE(first.ok()) << first.status().message();
  ASSERT_TRUE(again.ok());
  EXPECT_GT(first->size(), 10u);
  EXPECT_TRUE(CompareSelfTest(*first, *again, 0).ok());

  const auto other = SelfTestValues(MakeWeights(SmallAgeGenderModel(2, 11)), detector);
  ASSERT_TRUE(other.ok());
  const Status status = CompareSelfTest(*first, *other, kSelfTestTolerance);
  EXPECT_EQ(status.code(), Code::kInternal) << status.message();
}

TEST(SelfTest, ComparisonRefusesWhatDiffers) {
  const float expected[] = {1, -2, 0};
  EXPECT_TRUE(CompareSelfTest(expected, expected, 0).ok());
  const float near_by[] = {1.001f, -2.002f, 0.0005f};
  EXPECT_TRUE(CompareSelfTest(expected, near_by, 1e-3).ok());
  const float off[] = {1, -2.01f, 0};
  const Status status = CompareSelfTest(expected, off, 1e-3);
  EXPECT_EQ(status.code(), Code::kInternal);
  EXPECT_NE(status.message().find("value 1 should be -2"), std::string::npos) << status.message();
  EXPECT_FALSE(CompareSelfTest(expected, std::span(expected).first(2), 1).ok());
  const float nan[] = {1, std::numeric_limits<float>::quiet_NaN(), 0};
  EXPECT_FALSE(CompareSelfTest(expected, nan, 1e-3).ok());
  EXPECT_FALSE(CompareSelfTest(nan, expected, 1e-3).ok());
}

}  // namespace
}  // namespace ag
