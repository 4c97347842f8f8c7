// The crop: the fit against its definition, copies that must be exact, and the same crop from
// turned, scaled and shifted pictures.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "shared/image/warp.h"
#include "tests/support/image_files.h"
#include "tests/support/random.h"

namespace ag {
namespace {

// Five points of a face, relative to the crop's centre.
constexpr std::array<Point, 5> kTemplate = {
    {{-16.5, -10.25}, {17.25, -11}, {0.5, 9.5}, {-13.75, 27}, {14, 26.5}}};

Point Apply(const SimilarityTransform& transform, Point c) {
  return {transform.centre.x + transform.a * c.x - transform.b * c.y,
          transform.centre.y + transform.b * c.x + transform.a * c.y};
}

TEST(FitSimilarity, RecoversAKnownTransform) {
  test::Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    const SimilarityTransform truth = {random.Uniform(-4, 4),
                                       random.Uniform(-4, 4),
                                       {random.Uniform(-50, 4000), random.Uniform(-50, 3000)}};
    std::array<Point, 5> points;
    std::transform(kTemplate.begin(), kTemplate.end(), points.begin(),
                   [&](Point c) { return Apply(truth, c); });
    const size_t count = 2 + static_cast<size_t>(trial) % 4;
    const StatusOr<SimilarityTransform> fitted =
        FitSimilarity(std::span(points).first(count), std::span(kTemplate).first(count));
    ASSERT_TRUE(fitted.ok()) << fitted.status().message();
    EXPECT_NEAR(fitted->a, truth.a, 1e-9);
    EXPECT_NEAR(fitted->b, truth.b, 1e-9);
    EXPECT_NEAR(fitted->centre.x, truth.centre.x, 1e-9);
    EXPECT_NEAR(fitted->centre.y, truth.centre.y, 1e-9);
  }
}

// With noise: the residuals are orthogonal to what the four parameters can do.
TEST(FitSimilarity, FulfilsTheNormalEquationsWithNoise) {
  test::Random random(4);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<Point> points;
    for (const Point c : kTemplate) {
      points.push_back({300 + 2 * c.x - c.y + random.Uniform(-5, 5),
                        200 + c.x + 2 * c.y + random.Uniform(-5, 5)});
    }
    const StatusOr<SimilarityTransform> fitted = FitSimilarity(points, kTemplate);
    ASSERT_TRUE(fitted.ok());
    double along_a = 0;
    double along_b = 0;
    double along_x = 0;
    double along_y = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      const Point c = kTemplate[i];
      const Point at = Apply(*fitted, c);
      const Point residual = {points[i].x - at.x, points[i].y - at.y};
      along_a += residual.x * c.x + residual.y * c.y;
      along_b += -residual.x * c.y + residual.y * c.x;
      along_x += residual.x;
      along_y += residual.y;
    }
    EXPECT_NEAR(along_a, 0, 1e-8);
    EXPECT_NEAR(along_b, 0, 1e-8);
    EXPECT_NEAR(along_x, 0, 1e-9);
    EXPECT_NEAR(along_y, 0, 1e-9);
  }
}

// A mirrored face would fit without any error if mirroring were allowed.
TEST(FitSimilarity, DoesNotReflect) {
  std::vector<Point> mirrored;
  for (const Point c : kTemplate) mirrored.push_back({100 - c.x, 100 + c.y});
  const StatusOr<SimilarityTransform> fitted = FitSimilarity(mirrored, kTemplate);
  ASSERT_TRUE(fitted.ok());
  double squares = 0;
  for (size_t i = 0; i < mirrored.size(); ++i) {
    const Point at = Apply(*fitted, kTemplate[i]);
    squares += (at.x - mirrored[i].x) * (at.x - mirrored[i].x) +
               (at.y - mirrored[i].y) * (at.y - mirrored[i].y);
  }
  EXPECT_GT(squares, 100);
}

TEST(FitSimilarity, RefusesDegenerateAndNonFinitePoints) {
  const std::array<Point, 5> same = {{{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}};
  const auto code = [](std::span<const Point> picture, std::span<const Point> crop) {
    return FitSimilarity(picture, crop).status().code();
  };
  EXPECT_EQ(code(kTemplate, same), Code::kInvalidArgument);
  EXPECT_EQ(code(same, kTemplate), Code::kInvalidArgument);
  EXPECT_EQ(code({}, {}), Code::kInvalidArgument);
  EXPECT_EQ(code(std::span(kTemplate).first(1), std::span(kTemplate).first(1)),
            Code::kInvalidArgument);
  EXPECT_EQ(code(kTemplate, std::span(kTemplate).first(4)), Code::kInvalidArgument);
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300}) {
    std::array<Point, 5> points = kTemplate;
    points[3].y = bad;
    EXPECT_EQ(code(points, kTemplate), Code::kInvalidArgument);
    EXPECT_EQ(code(kTemplate, points), Code::kInvalidArgument);
  }
}

TEST(WarpSimilarity, IdentityAndWholeShiftsAreCopies) {
  const Image image = test::MakePicture(100, 80);
  const Image same = WarpSimilarity(image, {1, 0, {50, 40}}, 100, 80);
  EXPECT_EQ(same.pixels, image.pixels);
  const Image shifted = WarpSimilarity(image, {1, 0, {37, 41}}, 20, 30);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 20; ++x) {
      ASSERT_TRUE(std::equal(shifted.at(x, y), shifted.at(x, y) + 3, image.at(x + 27, y + 26)));
    }
  }
}

TEST(WarpSimilarity, QuarterTurnsAreExact) {
  const Image image = test::MakePicture(60, 60);
  // b = 1: the crop's x axis runs down the picture.
  const Image turned = WarpSimilarity(image, {0, 1, {30, 30}}, 60, 60);
  const Image half = WarpSimilarity(image, {-1, 0, {30, 30}}, 60, 60);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 60; ++x) {
      ASSERT_TRUE(std::equal(turned.at(x, y), turned.at(x, y) + 3, image.at(59 - y, x)));
      ASSERT_TRUE(std::equal(half.at(x, y), half.at(x, y) + 3, image.at(59 - x, 59 - y)));
    }
  }
}

// At a whole scale the samples fall on the pixels' centres: the mean over a square, rounded half
// up.
TEST(WarpSimilarity, WholeScalesAreMeansOverSquares) {
  const Image image = test::MakePicture(240, 180);
  for (const int n : {1, 2, 3}) {
    const int width = 240 / n, height = 180 / n;
    const Image crop = WarpSimilarity(image, {1.0 * n, 0, {120, 90}}, width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int channel = 0; channel < 3; ++channel) {
          int sum = 0;
          for (int j = 0; j < n; ++j) {
            for (int i = 0; i < n; ++i) sum += image.at(x * n + i, y * n + j)[channel];
          }
          const int count = n * n;
          ASSERT_EQ(crop.at(x, y)[channel], (2 * sum + count) / (2 * count))
              << n << ": " << x << ", " << y;
        }
      }
    }
  }
  // A picture of one pixel is that pixel everywhere, however it is asked.
  Image one(1, 1);
  std::fill_n(one.at(0, 0), 3, uint8_t{201});
  for (const double scale : {0.01, 0.7, 1.0, 2.5, 3.9, 50.0}) {
    const Image crop = WarpSimilarity(one, {scale, 0, {0.5, 0.5}}, 9, 7);
    for (const uint8_t pixel : crop.pixels) ASSERT_EQ(pixel, 201) << scale;
  }
}

// Without a turn rows are blended before columns; the turned picture goes the other way. Sides are
// multiples of every box that the scales average, so that the boxes turn too.
TEST(WarpSimilarity, UprightIsTheTurnedWarpOfTheTurnedPicture) {
  const int width = 240, height = 180;
  const Image image = test::MakePicture(width, height);
  const Image turned = WarpSimilarity(image, {0, 1, {120, 90}}, height, width);
  test::Random random(11);
  for (int trial = 0; trial < 120; ++trial) {
    const double scale = std::exp(random.Uniform(-1.5f, 1.94f));  // 0.22 to 6.96
    // Also over the border.
    const Point centre = {std::round(random.Uniform(-20, 260) * 4) / 4,
                          std::round(random.Uniform(-20, 200) * 4) / 4};
    const Image upright = WarpSimilarity(image, {scale, 0, centre}, 41, 30);
    const Image other = WarpSimilarity(turned, {0, -scale, {centre.y, width - centre.x}}, 41, 30);
    ASSERT_EQ(upright.pixels, other.pixels)
        << "scale " << scale << " at " << centre.x << ", " << centre.y;
  }
}

TEST(WarpSimilarity, BorderIsReplicated) {
  const Image image = test::MakePicture(10, 8);
  const Image around = WarpSimilarity(image, {1, 0, {5, 4}}, 30, 28);
  for (int y = 0; y < 28; ++y) {
    for (int x = 0; x < 30; ++x) {
      const uint8_t* expected = image.at(std::clamp(x - 10, 0, 9), std::clamp(y - 10, 0, 7));
      ASSERT_TRUE(std::equal(expected, expected + 3, around.at(x, y)));
    }
  }
  EXPECT_EQ(CropCentre(image, 30, 28).pixels, around.pixels);
  // Far outside, also where boxes are averaged first: the nearest corner.
  for (const double scale : {0.5, 1.0, 3.0, 9.0, 1000.0}) {
    const Image far = WarpSimilarity(image, {scale, 0, {-9e6, 9e6}}, 4, 4);
    const uint8_t* corner = image.at(0, 7);
    ASSERT_TRUE(std::equal(corner, corner + 3, far.at(2, 2))) << scale;
  }
}

TEST(WarpSimilarity, ALargerCropHoldsTheSmallerOneBitForBit) {
  const Image image = test::MakePicture(900, 700);
  test::Random random(5);
  for (int trial = 0; trial < 60; ++trial) {
    const double scale = std::exp(random.Uniform(-1.5f, 2.6f));
    const double angle = random.Uniform(-3, 3);
    const SimilarityTransform transform = {scale * std::cos(angle),
                                           scale * std::sin(angle),
                                           {random.Uniform(-40, 940), random.Uniform(-40, 740)}};
    const Image large = WarpSimilarity(image, transform, 128, 128);
    const Image small = WarpSimilarity(image, transform, 112, 112);
    ASSERT_EQ(CropCentre(large, 112, 112).pixels, small.pixels) << "scale " << scale;
    const Image wide = WarpSimilarity(image, transform, 60, 20);
    ASSERT_EQ(CropCentre(large, 60, 20).pixels, wide.pixels) << "scale " << scale;
  }
}

TEST(WarpSimilarity, ConstantStaysConstant) {
  Image image(300, 200);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{255});
  for (const double scale : {0.3, 1.0, 1.7, 2.4, 3.9, 4.1, 30.0, 5000.0}) {
    const Image crop = WarpSimilarity(image, {0.6 * scale, 0.8 * scale, {150, 90}}, 64, 64);
    for (const uint8_t pixel : crop.pixels) ASSERT_EQ(pixel, 255) << scale;
  }
}

// The hardest pattern, a one-pixel checkerboard. Upright it becomes gray from twice the crop's size
// on. Turned by 45 degrees its waves are as short along a row of samples as they are apart, and at
// twice the size 40 % of them are left; above four times the size they are gone.
TEST(WarpSimilarity, CheckerboardBecomesGray) {
  Image board(1600, 1600);
  for (int y = 0; y < 1600; ++y) {
    for (int x = 0; x < 1600; ++x) {
      std::fill_n(board.at(x, y), 3, static_cast<uint8_t>((x + y) % 2 == 0 ? 255 : 0));
    }
  }
  struct Bound {
    double scale;
    double upright;
    double turned;
  };
  for (const auto& [scale, upright, turned] : {Bound{2, 1, 56},
                                               {2.5, 3, 27},
                                               {3, 5, 16},
                                               {3.5, 4, 25},
                                               {4, 1, 16},
                                               {5.3, 1, 2},
                                               {8, 1, 2},
                                               {11.7, 1, 2}}) {
    for (const auto& [cosine, sine] :
         {std::pair{1.0, 0.0}, {0.96, 0.28}, {0.8, 0.6}, {0.70710678, 0.70710678}}) {
      const Image crop =
          WarpSimilarity(board, {cosine * scale, sine * scale, {800.3, 799.8}}, 64, 64);
      for (const uint8_t pixel : crop.pixels) {
        ASSERT_NEAR(pixel, 127.5, sine == 0 ? upright : turned) << scale << " " << sine;
      }
    }
  }
}

// A smooth pattern in crop coordinates, drawn into pictures at different places, sizes and angles.
// The waves are 7 crop pixels and more long.
struct Pattern {
  std::array<std::array<double, 3>, 6> waves = {{{0.02, 0.01, 0.3},
                                                 {-0.03, 0.05, 1.1},
                                                 {0.07, 0.02, 2.5},
                                                 {0.06, -0.09, 4.0},
                                                 {-0.1, 0.08, 5.2},
                                                 {0.01, 0.14, 0.9}}};
  double At(Point c) const {
    double value = 127.5;
    for (const auto& [fx, fy, phase] : waves) {
      value += 20 * std::sin(6.283185307179586 * (fx * c.x + fy * c.y) + phase);
    }
    return value;
  }
};

Image Drawn(const Pattern& pattern, const SimilarityTransform& transform, int width, int height) {
  Image image(width, height);
  const double square = transform.a * transform.a + transform.b * transform.b;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x + 0.5 - transform.centre.x;
      const double v = y + 0.5 - transform.centre.y;
      const double value = pattern.At({(transform.a * u + transform.b * v) / square,
                                       (transform.a * v - transform.b * u) / square});
      std::fill_n(image.at(x, y), 3, static_cast<uint8_t>(std::lround(value)));
    }
  }
  return image;
}

// The stated error: 1.5 gray levels in the mean and 8 at most, of a pattern that spans 240, for
// pictures that are as large as the crop or larger.
TEST(WarpSimilarity, TurnedScaledShiftedPicturesGiveTheSameCrop) {
  const Pattern pattern;
  const auto crop_of = [&](double scale, double angle, Point shift) {
    const int side = static_cast<int>(112 * 1.5 * scale) + 10;
    SimilarityTransform transform = {scale * std::cos(angle),
                                     scale * std::sin(angle),
                                     {side / 2.0 + shift.x, side / 2.0 + shift.y}};
    const Image picture = Drawn(pattern, transform, side, side);
    std::array<Point, 5> points;
    std::transform(kTemplate.begin(), kTemplate.end(), points.begin(),
                   [&](Point c) { return Apply(transform, c); });
    const StatusOr<SimilarityTransform> fitted = FitSimilarity(points, kTemplate);
    EXPECT_TRUE(fitted.ok());
    return WarpSimilarity(picture, *fitted, 112, 112);
  };
  const Image reference = crop_of(3, 0, {0, 0});
  for (const double scale : {1.0, 1.3, 1.9, 2.1, 2.7, 3.5, 4.2, 6.6, 9.0}) {
    for (const double angle : {0.0, 0.35, -1.2, 2.9}) {
      const Image crop = crop_of(scale, angle, {0.37, -0.81});
      double sum = 0;
      int largest = 0;
      for (size_t i = 0; i < crop.pixels.size(); ++i) {
        const int difference = std::abs(crop.pixels[i] - reference.pixels[i]);
        sum += difference;
        largest = std::max(largest, difference);
      }
      const double mean = sum / static_cast<double>(crop.pixels.size());
      EXPECT_LE(mean, 1.5) << "scale " << scale << " angle " << angle;
      EXPECT_LE(largest, 8) << "scale " << scale << " angle " << angle;
    }
  }
}

TEST(WarpSimilarity, RefusesWhatCannotBe) {
  const Image image = test::MakePicture(9, 9);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(WarpSimilarity(Image(), {1, 0, {4, 4}}, 8, 8).empty());
  EXPECT_TRUE(WarpSimilarity(image, {1, 0, {4, 4}}, 0, 8).empty());
  EXPECT_TRUE(WarpSimilarity(image, {1, 0, {4, 4}}, 8, 9000).empty());
  EXPECT_TRUE(WarpSimilarity(image, {0, 0, {4, 4}}, 8, 8).empty());
  EXPECT_TRUE(WarpSimilarity(image, {kNan, 0, {4, 4}}, 8, 8).empty());
  EXPECT_TRUE(WarpSimilarity(image, {1, 0, {kNan, 4}}, 8, 8).empty());
  EXPECT_TRUE(WarpSimilarity(image, {1, 0, {4, 1e9}}, 8, 8).empty());
  EXPECT_TRUE(WarpSimilarity(image, {1e6, 0, {4, 4}}, 8, 8).empty());
}

TEST(CropCentre, CutsTheMiddle) {
  const Image image = test::MakePicture(11, 8);
  const Image crop = CropCentre(image, 4, 4);  // 7 columns go: 3 at the left, 4 at the right
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) {
      ASSERT_TRUE(std::equal(crop.at(x, y), crop.at(x, y) + 3, image.at(x + 3, y + 2)));
    }
  }
  EXPECT_EQ(CropCentre(image, 11, 8).pixels, image.pixels);
  EXPECT_TRUE(CropCentre(Image(), 4, 4).empty());
}

}  // namespace
}  // namespace ag
