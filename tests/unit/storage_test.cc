// Float16 and int8 storage of weights.
#include "shared/model/storage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tests/reference/interpreter.h"
#include "tests/support/random.h"

namespace ag {
namespace {

using test::Random;

// The number that a half stands for, by the definition of IEEE 754 binary16.
double HalfByDefinition(uint16_t half) {
  const double sign = half & 0x8000 ? -1 : 1;
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 31) {
    return fraction ? std::nan("") : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(Half, AllHalvesBecomeTheFloatTheyStandFor) {
  for (uint32_t half = 0; half < 65536; ++half) {
    const double expected = HalfByDefinition(static_cast<uint16_t>(half));
    const float found = FloatFromHalf(static_cast<uint16_t>(half));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(found)) << half;
    } else {
      ASSERT_EQ(found, expected) << half;
      ASSERT_EQ(std::signbit(found), (half & 0x8000) != 0) << half;
    }
  }
}

TEST(Half, AllHalvesSurviveARoundTrip) {
  for (uint32_t half = 0; half < 65536; ++half) {
    const uint16_t back = HalfFromFloat(FloatFromHalf(static_cast<uint16_t>(half)));
    if ((half & 0x7C00) == 0x7C00 && (half & 0x3FF) != 0) {
      // A NaN stays a NaN; its payload may change.
      ASSERT_EQ(back & 0x7C00, 0x7C00) << half;
      ASSERT_NE(back & 0x3FF, 0) << half;
    } else {
      ASSERT_EQ(back, half);
    }
  }
}

// Between each two neighbours: just below the middle goes down, just above goes up, the middle goes
// to the one whose last bit is 0.
TEST(Half, RoundsToNearestEven) {
  for (uint32_t low = 0; low < 0x7C00; ++low) {
    const uint32_t high = low + 1;  // 0x7C00 is infinity: stands where 65536 would
    const double a = HalfByDefinition(static_cast<uint16_t>(low));
    const double b = high == 0x7C00 ? 65536.0 : HalfByDefinition(static_cast<uint16_t>(high));
    const auto middle = static_cast<float>((a + b) / 2);  // 12 significant bits: exact
    ASSERT_EQ(static_cast<double>(middle), (a + b) / 2);
    const uint32_t even = low % 2 == 0 ? low : high;
    for (const uint32_t sign : {0u, 0x8000u}) {
      const float s = sign != 0 ? -1.0f : 1.0f;
      ASSERT_EQ(HalfFromFloat(s * middle), sign | even) << low;
      ASSERT_EQ(HalfFromFloat(s * std::nextafter(middle, 0.0f)), sign | low) << low;
      ASSERT_EQ(HalfFromFloat(s * std::nextafter(middle, 1e9f)), sign | high) << low;
    }
  }
}

TEST(Half, SpecialValues) {
  EXPECT_EQ(HalfFromFloat(0.0f), 0x0000);
  EXPECT_EQ(HalfFromFloat(-0.0f), 0x8000);
  EXPECT_EQ(HalfFromFloat(1.0f), 0x3C00);
  EXPECT_EQ(HalfFromFloat(65504.0f), 0x7BFF);
  EXPECT_EQ(HalfFromFloat(65519.996f), 0x7BFF);
  EXPECT_EQ(HalfFromFloat(65520.0f), 0x7C00);
  EXPECT_EQ(HalfFromFloat(std::numeric_limits<float>::max()), 0x7C00);
  EXPECT_EQ(HalfFromFloat(-std::numeric_limits<float>::infinity()), 0xFC00);
  EXPECT_EQ(HalfFromFloat(std::numeric_limits<float>::denorm_min()), 0x0000);
  EXPECT_EQ(HalfFromFloat(-std::numeric_limits<float>::denorm_min()), 0x8000);
  const uint16_t nan = HalfFromFloat(std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(nan & 0x7C00, 0x7C00);
  EXPECT_NE(nan & 0x3FF, 0);
  // A NaN whose payload lies only in the bits that are dropped must not become an infinity.
  EXPECT_NE(HalfFromFloat(std::bit_cast<float>(0x7F800001u)) & 0x3FF, 0);
}

TEST(MakeTensor, Float32IsExactAndLittleEndian) {
  const auto tensor = MakeTensor("t", {2}, std::vector<float>{1.0f, -2.5f}, Storage::kFloat32);
  ASSERT_TRUE(tensor.ok()) << tensor.status().message();
  EXPECT_EQ(tensor->data, (std::vector<uint8_t>{0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0}));
  EXPECT_TRUE(tensor->scales.empty());
  EXPECT_EQ(ExpandTensor(*tensor), (std::vector<float>{1.0f, -2.5f}));
}

TEST(MakeTensor, Float16KeepsElevenBits) {
  Random random(1);
  const std::vector<float> values = random.Uniforms(1000, -4, 4);
  const auto tensor = MakeTensor("t", {10, 100}, values, Storage::kFloat16);
  ASSERT_TRUE(tensor.ok()) << tensor.status().message();
  EXPECT_EQ(tensor->data.size(), 2000u);
  const std::vector<float> back = ExpandTensor(*tensor);
  for (size_t i = 0; i < values.size(); ++i) {
    // Half a step: 2^-11 of the value, or 2^-25 among subnormal halves.
    EXPECT_LE(std::abs(back[i] - values[i]), std::max(std::abs(values[i]) * 0x1p-11f, 0x1p-25f));
  }
}

// Symmetric, one scale a channel, whichever axis it is: no value is off by more than half a step.
TEST(MakeTensor, Int8IsOffByHalfAStepAtMost) {
  Random random(2);
  const std::vector<uint32_t> shape = {5, 3, 4, 7};
  for (uint8_t axis = 0; axis < 4; ++axis) {
    std::vector<float> values(5 * 3 * 4 * 7);
    size_t inner = 1;
    for (size_t i = axis + 1u; i < 4; ++i) inner *= shape[i];
    const auto channel_of = [&](size_t i) { return i / inner % shape[axis]; };
    std::vector<float> largest(shape[axis], 0.0f);
    for (size_t i = 0; i < values.size(); ++i) {
      // Channels of very different sizes: one scale for all would fail.
      values[i] = random.Uniform(-1, 1) * std::pow(10.0f, static_cast<float>(channel_of(i)) - 2);
      largest[channel_of(i)] = std::max(largest[channel_of(i)], std::abs(values[i]));
    }
    const auto tensor = MakeTensor("t", shape, values, Storage::kInt8PerChannel, axis);
    ASSERT_TRUE(tensor.ok()) << tensor.status().message();
    ASSERT_EQ(tensor->scales.size(), shape[axis]);
    EXPECT_EQ(tensor->channel_axis, axis);
    EXPECT_EQ(tensor->data.size(), values.size());
    const std::vector<float> back = ExpandTensor(*tensor);
    for (size_t i = 0; i < values.size(); ++i) {
      const float scale = tensor->scales[channel_of(i)];
      EXPECT_FLOAT_EQ(scale, largest[channel_of(i)] / 127);
      EXPECT_NE(tensor->data[i], 0x80) << "-128 is not symmetric";
      // 1e-6: the roundings of the scale and of the product.
      EXPECT_LE(std::abs(back[i] - values[i]), scale * 0.5f + 1e-6f * largest[channel_of(i)]);
    }
  }
}

TEST(MakeTensor, Int8ChannelOfZerosStaysZero) {
  const std::vector<float> values = {0, 0, 0, 1, -1, 0.5f};
  const auto tensor = MakeTensor("t", {2, 3}, values, Storage::kInt8PerChannel, 0);
  ASSERT_TRUE(tensor.ok()) << tensor.status().message();
  const std::vector<float> back = ExpandTensor(*tensor);
  EXPECT_EQ(std::vector<float>(back.begin(), back.begin() + 3), (std::vector<float>{0, 0, 0}));
  EXPECT_FLOAT_EQ(back[3], 1);
  EXPECT_FLOAT_EQ(back[4], -1);
}

// Scales too small for float32 must not turn into a division by zero.
TEST(MakeTensor, Int8TakesTinyValues) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const auto tensor =
      MakeTensor("t", {1, 3}, std::vector<float>{tiny, -tiny, 0}, Storage::kInt8PerChannel, 0);
  ASSERT_TRUE(tensor.ok()) << tensor.status().message();
  for (const float value : ExpandTensor(*tensor)) EXPECT_LE(std::abs(value), tiny);
}

TEST(MakeTensor, ExpandAgreesWithTheReference) {
  Random random(3);
  for (const Storage storage : {Storage::kFloat32, Storage::kFloat16, Storage::kInt8PerChannel}) {
    for (uint8_t axis = 0; axis < 3; ++axis) {
      const auto tensor = MakeTensor("t", {4, 5, 6}, random.Uniforms(120, -3, 3), storage, axis);
      ASSERT_TRUE(tensor.ok()) << tensor.status().message();
      const std::vector<double> exact = reference::DecodeWeights(*tensor);
      const std::vector<float> expanded = ExpandTensor(*tensor);
      ASSERT_EQ(expanded.size(), exact.size());
      for (size_t i = 0; i < exact.size(); ++i) {
        EXPECT_EQ(expanded[i], static_cast<float>(exact[i]));
      }
    }
  }
}

TEST(MakeTensor, RefusesWhatItCannotStore) {
  const auto code = [](std::vector<uint32_t> shape, std::vector<float> values, Storage storage,
                       uint8_t axis = 0) {
    const auto tensor = MakeTensor("the_name", std::move(shape), values, storage, axis);
    if (tensor.ok()) return Code::kOk;
    EXPECT_NE(tensor.status().message().find("the_name"), std::string::npos);
    return tensor.status().code();
  };
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(code({2, 2}, {1, 2, 3}, Storage::kFloat32), Code::kInvalidArgument);
  EXPECT_EQ(code({2}, {1, 2, 3}, Storage::kFloat32), Code::kInvalidArgument);
  for (const Storage storage : {Storage::kFloat32, Storage::kFloat16, Storage::kInt8PerChannel}) {
    EXPECT_EQ(code({2}, {1, infinity}, storage), Code::kInvalidArgument);
    EXPECT_EQ(code({2}, {std::nanf(""), 1}, storage), Code::kInvalidArgument);
  }
  EXPECT_EQ(code({2}, {1, 65519}, Storage::kFloat16), Code::kOk);
  EXPECT_EQ(code({2}, {1, 65520}, Storage::kFloat16), Code::kInvalidArgument);
  EXPECT_EQ(code({2}, {1, -1e30f}, Storage::kFloat16), Code::kInvalidArgument);
  EXPECT_EQ(code({2}, {1, 2}, Storage::kInt8PerChannel, 1), Code::kInvalidArgument);
  EXPECT_EQ(code({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, {1}, Storage::kFloat32),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace ag
