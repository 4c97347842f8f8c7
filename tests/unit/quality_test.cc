// What is measured of a face: by rule on drawn faces, and the same under what must not matter.
#include "shared/face/quality.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "shared/face/align.h"
#include "shared/image/resize.h"

namespace ag::test {
namespace {

constexpr int kSide = 112;
constexpr double kPi = 3.14159265358979323846;

// A head turned in space, drawn as the five points that a camera far away sees.
struct Pose {
  double yaw = 0, pitch = 0, roll = 0;  // degrees, as FaceQuality has them
};

// A face of `eyes` pixels between the eyes when it is frontal, its eyes' middle at `at`. The same
// head as in quality.cc, turned by rotation matrices.
Face DrawnFace(Point at, double eyes, const Pose& pose) {
  const double yaw = pose.yaw * kPi / 180, pitch = pose.pitch * kPi / 180;
  const double roll = pose.roll * kPi / 180;
  constexpr std::array<std::array<double, 3>, kFacePointCount> kHead = {
      {{-1, 0, 0}, {1, 0, 0}, {0, 1.15, 0.8}, {-0.85, 1.97, 0}, {0.85, 1.97, 0}}};
  Face face;
  for (size_t i = 0; i < kHead.size(); ++i) {
    const auto& [x, y, z] = kHead[i];
    const double turned_x = x * std::cos(yaw) + z * std::sin(yaw);
    const double turned_z = z * std::cos(yaw) - x * std::sin(yaw);
    const double turned_y = y * std::cos(pitch) - turned_z * std::sin(pitch);
    face.points[i] = {at.x + eyes / 2 * (turned_x * std::cos(roll) - turned_y * std::sin(roll)),
                      at.y + eyes / 2 * (turned_x * std::sin(roll) + turned_y * std::cos(roll))};
  }
  face.box = {at.x - eyes, at.y - eyes, 2 * eyes, 2.6 * eyes};
  return face;
}

FaceQuality Measure(const Image& picture, const Face& face) {
  const auto transform = AlignmentTransform(face, kDefaultCropPoints, kSide, kSide);
  EXPECT_TRUE(transform.ok());
  if (!transform.ok()) return {};
  return MeasureQuality(face, WarpSimilarity(picture, *transform, kSide, kSide), *transform,
                        picture.width, picture.height);
}

Image Plain(int width, int height, uint8_t level) {
  Image picture(width, height);
  std::fill(picture.pixels.begin(), picture.pixels.end(), level);
  return picture;
}

// Discs of random size, place and colour: edges of every size, as a face has them.
Image Discs(int side) {
  Image picture = Plain(side, side, 128);
  uint32_t state = 1;
  const auto next = [&](int below) {
    state = state * 1664525u + 1013904223u;
    return static_cast<int>((state >> 8) % static_cast<uint32_t>(below));
  };
  for (int disc = 0; disc < 400; ++disc) {
    const int x0 = next(side), y0 = next(side), radius = 1 + next(side / 12);
    const std::array<uint8_t, 3> colour = {static_cast<uint8_t>(40 + next(160)),
                                           static_cast<uint8_t>(40 + next(160)),
                                           static_cast<uint8_t>(40 + next(160))};
    for (int y = std::max(0, y0 - radius); y < std::min(side, y0 + radius); ++y) {
      for (int x = std::max(0, x0 - radius); x < std::min(side, x0 + radius); ++x) {
        if ((x - x0) * (x - x0) + (y - y0) * (y - y0) < radius * radius) {
          std::copy(colour.begin(), colour.end(), picture.at(x, y));
        }
      }
    }
  }
  return picture;
}

// Gaussian of `sigma` pixels, borders replicated.
Image Blurred(const Image& picture, double sigma) {
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  std::vector<double> weights;
  double sum = 0;
  for (int i = -reach; i <= reach; ++i) {
    weights.push_back(std::exp(-i * i / (2 * sigma * sigma)));
    sum += weights.back();
  }
  const auto pass = [&](const Image& in, int dx, int dy) {
    Image out(in.width, in.height);
    for (int y = 0; y < in.height; ++y) {
      for (int x = 0; x < in.width; ++x) {
        for (int c = 0; c < 3; ++c) {
          double value = 0;
          for (int i = -reach; i <= reach; ++i) {
            value += weights[static_cast<size_t>(i + reach)] *
                     in.at(std::clamp(x + i * dx, 0, in.width - 1),
                           std::clamp(y + i * dy, 0, in.height - 1))[c];
          }
          out.at(x, y)[c] = static_cast<uint8_t>(std::lround(value / sum));
        }
      }
    }
    return out;
  };
  return pass(pass(picture, 1, 0), 0, 1);
}

Image Levels(Image picture, double gain, double offset) {
  for (uint8_t& value : picture.pixels) {
    value = static_cast<uint8_t>(std::clamp(std::lround(value * gain + offset), 0L, 255L));
  }
  return picture;
}

// A frontal face that fills the crop of a picture of kSide as it is.
Face FaceOfCrop(double side) {
  Face face;
  for (size_t i = 0; i < face.points.size(); ++i) {
    face.points[i] = {kDefaultCropPoints[2 * i] * side, kDefaultCropPoints[2 * i + 1] * side};
  }
  face.box = {0, 0, side, side};
  return face;
}

TEST(FaceQuality, EyeDistanceIsInPixelsOfThePicture) {
  const Image picture = Plain(300, 300, 100);
  EXPECT_NEAR(Measure(picture, DrawnFace({150, 120}, 60, {})).eye_distance, 60, 1e-9);
  EXPECT_NEAR(Measure(picture, DrawnFace({150, 120}, 31, {.roll = 50})).eye_distance, 31, 1e-9);
}

TEST(FaceQuality, RollIsTheAngleOfTheUprightCrop) {
  const Image picture = Plain(400, 400, 100);
  for (const double roll : {-170.0, -90.0, -35.0, 0.0, 20.0, 90.0, 135.0, 179.0}) {
    const FaceQuality quality = Measure(picture, DrawnFace({200, 200}, 60, {.roll = roll}));
    EXPECT_NEAR(quality.roll, roll, 1e-6);
    EXPECT_NEAR(quality.yaw, 0, 1e-6) << "roll is no turn of the head";
    EXPECT_NEAR(quality.pitch, 0, 1e-6);
  }
}

// Both angles at once, at any roll: what is drawn is read back.
TEST(FaceQuality, YawAndPitchOfADrawnHead) {
  const Image picture = Plain(400, 400, 100);
  for (const double yaw : {-60.0, -25.0, 0.0, 10.0, 45.0}) {
    for (const double pitch : {-30.0, 0.0, 15.0, 35.0}) {
      for (const double roll : {0.0, 70.0, -120.0}) {
        const FaceQuality quality = Measure(picture, DrawnFace({200, 200}, 60, {yaw, pitch, roll}));
        EXPECT_NEAR(quality.yaw, yaw, 1e-6);
        EXPECT_NEAR(quality.pitch, pitch, 1e-6);
      }
    }
  }
}

TEST(FaceQuality, YawIsPositiveWhereTheNosePointsToTheRight) {
  Face face = DrawnFace({200, 200}, 60, {});
  face.points[2].x += 12;
  EXPECT_GT(Measure(Plain(400, 400, 100), face).yaw, 15);
  face.points[2].x -= 24;
  EXPECT_LT(Measure(Plain(400, 400, 100), face).yaw, -15);
}

TEST(FaceQuality, BrightnessIsTheMeanOfTheMiddle) {
  for (const int level : {0, 51, 128, 255}) {
    const Image picture = Plain(300, 300, static_cast<uint8_t>(level));
    EXPECT_NEAR(Measure(picture, DrawnFace({150, 120}, 60, {})).brightness, level / 255.0, 1e-9);
  }
  // What lies around the face does not count.
  Image framed = Plain(kSide, kSide, 255);
  for (int y = kSide / 4; y < kSide - kSide / 4; ++y) {
    for (int x = kSide / 4; x < kSide - kSide / 4; ++x) std::fill_n(framed.at(x, y), 3, 51);
  }
  const Face face = FaceOfCrop(kSide);
  EXPECT_NEAR(MeasureQuality(face, framed, {1, 0, {56, 56}}, kSide, kSide).brightness, 0.2, 1e-9);
}

TEST(FaceQuality, OutsideIsTheShareOfTheCropBeyondThePicture) {
  const Image crop = Plain(kSide, kSide, 100);
  const Face face = FaceOfCrop(kSide);
  const auto outside = [&](double x, double y) {
    return MeasureQuality(face, crop, {1, 0, {x, y}}, 400, 400).outside;
  };
  EXPECT_EQ(outside(200, 200), 0);
  EXPECT_NEAR(outside(0, 200), 0.5, 1e-9);
  EXPECT_NEAR(outside(0, 400), 0.75, 1e-9);
  EXPECT_NEAR(outside(56 - 28, 200), 0.25, 1e-9);
  EXPECT_EQ(outside(-100, 200), 1);
}

TEST(FaceQuality, PlainSurfacesAreNotSharp) {
  for (const int level : {0, 77, 255}) {
    const Image picture = Plain(300, 300, static_cast<uint8_t>(level));
    EXPECT_EQ(Measure(picture, DrawnFace({150, 120}, 60, {})).sharpness, 0);
  }
}

TEST(FaceQuality, SharpnessFallsWithEveryBlur) {
  const Image picture = Discs(kSide);
  const Face face = FaceOfCrop(kSide);
  double last = Measure(picture, face).sharpness;
  EXPECT_GT(last, kMinSharpness);
  for (const double sigma : {0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0}) {
    const double sharpness = Measure(Blurred(picture, sigma), face).sharpness;
    EXPECT_LT(sharpness, last) << "sigma " << sigma;
    last = sharpness;
  }
  EXPECT_LT(last, kMinSharpness);
}

// The crop of a small face is an enlargement: it shows no more than the few pixels that there were.
TEST(FaceQuality, SharpnessFallsWithTheSizeOfTheFace) {
  const Image picture = Discs(448);
  double last = 1;
  for (const int side : {112, 80, 56, 40, 28, 20, 14, 10}) {
    const double sharpness = Measure(ResizeArea(picture, side, side), FaceOfCrop(side)).sharpness;
    EXPECT_LT(sharpness, last) << side << " pixels";
    last = sharpness;
  }
  EXPECT_LT(last, kMinSharpness);
}

TEST(FaceQuality, SharpnessDoesNotDependOnContrastOrBrightness) {
  const Image picture = Discs(kSide);
  const Face face = FaceOfCrop(kSide);
  const double sharpness = Measure(picture, face).sharpness;
  EXPECT_NEAR(Measure(Levels(picture, 0.5, 0), face).sharpness, sharpness, 0.01);
  EXPECT_NEAR(Measure(Levels(picture, 0.3, 150), face).sharpness, sharpness, 0.01);
}

TEST(FaceQuality, DegenerateCropsHaveNumbersToo) {
  const FaceQuality empty = MeasureQuality(Face(), Image(), {}, 10, 10);
  const FaceQuality one = MeasureQuality(Face(), Plain(1, 1, 90), {}, 10, 10);
  for (const FaceQuality& q : {empty, one}) {
    for (const double value : {q.eye_distance, q.sharpness, q.yaw, q.pitch, q.roll, q.brightness,
                               q.outside, QualityWeight(q)}) {
      EXPECT_TRUE(std::isfinite(value));
    }
  }
}

// A face that no rule objects to.
FaceQuality Good() { return {.eye_distance = 60, .sharpness = 0.4, .brightness = 0.5}; }

TEST(QualityFlags, EachThresholdHasItsFlag) {
  EXPECT_EQ(QualityFlags(Good()), 0u);
  const auto flags = [](double FaceQuality::*member, double value) {
    FaceQuality quality = Good();
    quality.*member = value;
    return QualityFlags(quality);
  };
  constexpr double kStep = 1e-6;
  EXPECT_EQ(flags(&FaceQuality::eye_distance, kMinEyeDistance), 0u);
  EXPECT_EQ(flags(&FaceQuality::eye_distance, kMinEyeDistance - kStep), kFlagTooSmall);
  EXPECT_EQ(flags(&FaceQuality::outside, kMaxOutside - kStep), 0u);
  EXPECT_EQ(flags(&FaceQuality::outside, kMaxOutside), kFlagCutOff);
  EXPECT_EQ(flags(&FaceQuality::sharpness, kMinSharpness), 0u);
  EXPECT_EQ(flags(&FaceQuality::sharpness, kMinSharpness - kStep), kFlagBlurred);
  for (const double sign : {-1.0, 1.0}) {
    EXPECT_EQ(flags(&FaceQuality::yaw, sign * kMaxTurn), 0u);
    EXPECT_EQ(flags(&FaceQuality::yaw, sign * (kMaxTurn + kStep)), kFlagTurnedAway);
    EXPECT_EQ(flags(&FaceQuality::pitch, sign * (kMaxTurn + kStep)), kFlagTurnedAway);
    EXPECT_EQ(flags(&FaceQuality::roll, sign * 120), 0u);
  }
  EXPECT_EQ(flags(&FaceQuality::brightness, kMinBrightness), 0u);
  EXPECT_EQ(flags(&FaceQuality::brightness, kMinBrightness - kStep), kFlagTooDark);
  EXPECT_EQ(flags(&FaceQuality::brightness, kMaxBrightness), 0u);
  EXPECT_EQ(flags(&FaceQuality::brightness, kMaxBrightness + kStep), kFlagTooBright);
}

TEST(QualityWeight, FallsAsAFaceGetsWorse) {
  EXPECT_DOUBLE_EQ(QualityWeight(Good()), 1);
  const auto falls = [](double FaceQuality::*member, double from, double to) {
    FaceQuality quality = Good();
    double last = 1;
    for (int i = 0; i <= 200; ++i) {
      quality.*member = from + (to - from) * i / 200;
      const double weight = QualityWeight(quality);
      EXPECT_LE(weight, last);
      EXPECT_GT(weight, last - 0.05) << "a jump";
      EXPECT_GE(weight, 0.02);
      last = weight;
    }
    EXPECT_DOUBLE_EQ(last, 0.02);
  };
  falls(&FaceQuality::eye_distance, 60, 0);
  falls(&FaceQuality::sharpness, 0.4, 0);
  falls(&FaceQuality::yaw, 0, 90);
  falls(&FaceQuality::yaw, 0, -90);
  falls(&FaceQuality::pitch, 0, -90);
  falls(&FaceQuality::outside, 0, 1);
  falls(&FaceQuality::brightness, 0.5, 0);
  falls(&FaceQuality::brightness, 0.5, 1);
}

TEST(FlagNames, StandInTheOrderOfTheBits) {
  EXPECT_TRUE(FlagNames(0).empty());
  EXPECT_EQ(FlagNames(~0u),
            (std::vector<std::string_view>{"too_small", "cut_off", "box_only", "blurred",
                                           "turned_away", "too_dark", "too_bright"}));
  EXPECT_EQ(FlagNames(kFlagTooDark | kFlagCutOff),
            (std::vector<std::string_view>{"cut_off", "too_dark"}));
}

}  // namespace
}  // namespace ag::test
