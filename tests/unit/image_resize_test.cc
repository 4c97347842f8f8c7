// Area averaging against its definition, and what must hold of any resizing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "shared/image/divider.h"
#include "shared/image/resize.h"
#include "tests/support/image_files.h"

namespace ag {
namespace {

constexpr std::pair<int, int> kSizes[] = {{1, 1},   {7, 5},   {40, 27}, {41, 28},
                                          {39, 26}, {80, 54}, {200, 3}, {13, 130},
                                          {97, 61}, {25, 17}, {20, 14}};

double MeanOf(const Image& image) {
  double sum = 0;
  for (const uint8_t value : image.pixels) sum += value;
  return sum / static_cast<double>(image.pixels.size());
}

TEST(ResizeArea, ConstantStaysConstant) {
  for (const int value : {0, 1, 77, 254, 255}) {
    Image image(40, 27);
    std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(value));
    for (const auto& [width, height] : kSizes) {
      const Image resized = ResizeArea(image, width, height);
      ASSERT_EQ(resized.width, width);
      ASSERT_EQ(resized.height, height);
      for (const uint8_t pixel : resized.pixels) ASSERT_EQ(pixel, value);
    }
  }
}

TEST(ResizeArea, SameSizeIsACopy) {
  const Image image = test::MakePicture(40, 27);
  EXPECT_EQ(ResizeArea(image, 40, 27).pixels, image.pixels);
}

// The weighted mean by its definition, in doubles.
TEST(ResizeArea, IsTheMeanOverTheSourceRectangle) {
  const Image image = test::MakePicture(40, 27);
  for (const auto& [width, height] : kSizes) {
    if (width > image.width || height > image.height) continue;
    const Image resized = ResizeArea(image, width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        double sums[3] = {};
        for (int v = 0; v < image.height; ++v) {
          const double top = std::max<double>(v, y * 27.0 / height);
          const double bottom = std::min<double>(v + 1, (y + 1) * 27.0 / height);
          for (int u = 0; u < image.width && bottom > top; ++u) {
            const double left = std::max<double>(u, x * 40.0 / width);
            const double right = std::min<double>(u + 1, (x + 1) * 40.0 / width);
            if (right <= left) continue;
            for (int c = 0; c < 3; ++c) {
              sums[c] += (right - left) * (bottom - top) * image.at(u, v)[c];
            }
          }
        }
        for (int c = 0; c < 3; ++c) {
          const double mean = sums[c] / (27.0 / height * 40.0 / width);
          ASSERT_NEAR(resized.at(x, y)[c], mean, 0.5 + 1e-6);
        }
      }
    }
  }
}

// One source pixel in two dimensions counts source width * height in all; beyond 2^24 another
// division is used.
TEST(ResizeArea, LargePicturesAreExactToo) {
  for (const auto& [side, height] : {std::pair{4096, 4096}, std::pair{4097, 4099}}) {
    Image image(side, height);
    uint32_t state = 1;
    for (uint8_t& byte : image.pixels) {
      state = state * 1664525u + 1013904223u;
      byte = static_cast<uint8_t>(state >> 24);
    }
    // The width stays, so that an output pixel is the mean of a column.
    const Image resized = ResizeArea(image, side, 1);
    for (int x = 0; x < side; x += 97) {
      uint64_t sum = 0;
      for (int y = 0; y < height; ++y) sum += image.at(x, y)[1];
      const auto rows = static_cast<uint64_t>(height);
      ASSERT_EQ(resized.at(x, 0)[1], (2 * sum + rows) / (2 * rows)) << side << " " << x;
    }
  }
}

// From 65,794 rows on a column's sum no longer fits into a float.
TEST(ResizeArea, TallPicturesAreExactToo) {
  for (const int height : {65'793, 65'794}) {
    const int target = height * 3 / 5;
    Image image(3, height);
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      image.pixels[i] = static_cast<uint8_t>(i * i * 31 >> 5);
    }
    const Image resized = ResizeArea(image, 3, target);
    for (int y = 0; y < target; ++y) {
      uint64_t sum = 0;  // of pixels, each as long as the output has rows
      const int64_t begin = int64_t{y} * height, end = begin + height;
      for (int64_t row = begin / target; row * target < end; ++row) {
        const int64_t shared = std::min(end, (row + 1) * target) - std::max(begin, row * target);
        sum += static_cast<uint64_t>(shared) * image.at(1, static_cast<int>(row))[2];
      }
      const auto rows = static_cast<uint64_t>(height);
      ASSERT_EQ(resized.at(1, y)[2], (2 * sum + rows) / (2 * rows)) << height << " " << y;
    }
  }
}

TEST(Divider, BothAreExactAroundEveryQuotient) {
  for (const uint64_t divisor :
       {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{7}, uint64_t{255}, uint64_t{65'537},
        uint64_t{9'999'991}, (uint64_t{1} << 24) - 1, uint64_t{1} << 24}) {
    const Divider divide(divisor);
    const ByteDivider divide_bytes(divisor);
    ASSERT_TRUE(divide_bytes.usable());
    for (uint64_t quotient = 0; quotient <= 255; ++quotient) {
      for (const uint64_t rest : {uint64_t{0}, divisor / 2, divisor - 1}) {
        const uint64_t value = quotient * divisor + rest;
        ASSERT_EQ(divide(value), quotient) << divisor << " " << rest;
        if (value > 255 * divisor + divisor / 2) continue;
        ASSERT_EQ(divide_bytes(static_cast<uint32_t>(value)), quotient) << divisor << " " << rest;
      }
    }
  }
  EXPECT_FALSE(ByteDivider((uint64_t{1} << 24) + 1).usable());
  EXPECT_FALSE(ByteDivider(0).usable());
}

TEST(ResizeArea, OnePixelCheckerboardBecomesUniformGray) {
  Image board(4000, 3000);
  for (int y = 0; y < board.height; ++y) {
    for (int x = 0; x < board.width; ++x) {
      std::fill_n(board.at(x, y), 3, static_cast<uint8_t>((x + y) % 2 == 0 ? 255 : 0));
    }
  }
  // 31.25 pixels to one: a rectangle holds at most one pixel more of one colour, 255 / 977.
  const Image small = ResizeArea(board, 128, 96);
  const auto [darkest, lightest] = std::minmax_element(small.pixels.begin(), small.pixels.end());
  EXPECT_GE(*darkest, 127);
  EXPECT_LE(*lightest, 128);
}

TEST(ResizeArea, KeepsTheMean) {
  const Image image = test::MakePicture(640, 480);
  for (const auto& [width, height] : {std::pair{320, 240}, {100, 77}, {639, 479}, {3, 2}, {1, 1}}) {
    EXPECT_NEAR(MeanOf(ResizeArea(image, width, height)), MeanOf(image), 0.3);
  }
}

TEST(ResizeArea, EnlargingIsLinearBetweenCentres) {
  Image pair(2, 1);
  std::fill_n(pair.at(0, 0), 3, uint8_t{0});
  std::fill_n(pair.at(1, 0), 3, uint8_t{200});
  const Image wide = ResizeArea(pair, 8, 3);
  const int expected[8] = {0, 0, 25, 75, 125, 175, 200, 200};  // centres at -3/8, -1/8, 1/8, ...
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 8; ++x) EXPECT_EQ(wide.at(x, y)[1], expected[x]) << x;
  }
}

TEST(ResizeArea, ShrinksOneAxisWhileTheOtherGrows) {
  Image image(4, 2);
  for (int x = 0; x < 4; ++x) {
    std::fill_n(image.at(x, 0), 3, static_cast<uint8_t>(40 * x));
    std::fill_n(image.at(x, 1), 3, static_cast<uint8_t>(40 * x + 100));
  }
  const Image resized = ResizeArea(image, 2, 4);
  EXPECT_EQ(resized.at(0, 0)[0], 20);
  EXPECT_EQ(resized.at(1, 0)[0], 100);
  EXPECT_EQ(resized.at(0, 1)[0], 45);
  EXPECT_EQ(resized.at(1, 3)[0], 200);
}

TEST(ResizeArea, RefusesWhatCannotBe) {
  const Image image = test::MakePicture(4, 4);
  EXPECT_TRUE(ResizeArea(Image(), 3, 3).empty());
  EXPECT_TRUE(ResizeArea(image, 0, 3).empty());
  EXPECT_TRUE(ResizeArea(image, 3, -1).empty());
  EXPECT_TRUE(ResizeArea(image, 1 << 20, 1 << 20).empty());
}

}  // namespace
}  // namespace ag
