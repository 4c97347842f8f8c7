// Hostile picture files: whatever the bytes, an error or an answer; bounded memory; and a file that
// is cut off never passes for a whole one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shared/image/decode.h"
#include "shared/image/exif.h"
#include "tests/support/image_files.h"
#include "tests/support/random.h"

namespace ag {
namespace {

using test::Bytes;

struct NamedFile {
  std::string name;
  Bytes bytes;
};

std::vector<NamedFile> SmallFiles() {
  const Image picture = test::MakePicture(19, 11);
  const auto gray_block = [](int column, int row, int component) {
    return 30 + 20 * column + 40 * row + 9 * component;
  };
  return {
      {"jpeg baseline", test::SampleBaselineJpeg()},
      {"jpeg restart", test::SampleRestartJpeg()},
      {"jpeg progressive", test::SampleProgressiveJpeg()},
      {"jpeg exif",
       test::InsertJpegSegment(test::SampleBaselineJpeg(), 0xe1, test::MakeExifSegment(6, true))},
      {"jpeg cmyk",
       test::MakeBlockJpeg(
           {.block_columns = 2, .components = 4, .adobe_transform = 2, .restart_interval = 1},
           gray_block)},
      {"png rgb", test::MakePng(picture)},
      {"png 16",
       test::MakePng({.width = 7, .height = 5, .colour_type = 6, .depth = 16, .interlaced = true},
                     [](int x, int y, int c) { return 9000 * x + 900 * y + 90 * c; })},
      {"png palette", test::MakePng({.width = 9,
                                     .height = 5,
                                     .colour_type = 3,
                                     .depth = 4,
                                     .palette = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                                     .transparency = {0, 128}},
                                    [](int x, int, int) { return x % 3; })},
      {"bmp", test::MakeBmp(picture)},
      {"gif", test::MakeGif(picture)},
  };
}

bool IsPictureError(Code code) {
  return code == Code::kCorruptImage || code == Code::kUnsupportedImage ||
         code == Code::kUnknownFormat || code == Code::kTooLarge || code == Code::kEmpty;
}

TEST(Truncated, AtEveryByteIsAnErrorOrTheWholePicture) {
  for (const NamedFile& file : SmallFiles()) {
    const StatusOr<DecodedImage> whole = DecodeImage(file.bytes);
    ASSERT_TRUE(whole.ok()) << file.name << ": " << whole.status().message();
    size_t answers = 0;
    for (size_t size = 0; size < file.bytes.size(); ++size) {
      const StatusOr<DecodedImage> cut = DecodeImage(std::span(file.bytes).first(size));
      if (!cut.ok()) {
        EXPECT_TRUE(IsPictureError(cut.status().code())) << cut.status().message();
        continue;
      }
      ++answers;
      EXPECT_EQ(cut->image.pixels, whole->image.pixels) << file.name << " cut at " << size;
    }
    // Only what follows the pixels (markers, a trailer) may be missing.
    EXPECT_LE(answers, 4u) << file.name;
  }
}

// A download that stopped, or a program that put an end marker behind what it had.
TEST(Truncated, BaselineJpegCutInTheMiddleAndEndedProperlyIsFound) {
  for (const Bytes& jpeg : {test::SampleBaselineJpeg(), test::SampleRestartJpeg()}) {
    for (const size_t missing : {12u, 40u, 120u}) {
      Bytes cut(jpeg.begin(), jpeg.end() - missing);
      EXPECT_EQ(DecodeImage(cut).status().code(), Code::kCorruptImage);
      cut.insert(cut.end(), {0xff, 0xd9});
      const StatusOr<DecodedImage> decoded = DecodeImage(cut);
      ASSERT_FALSE(decoded.ok());
      EXPECT_EQ(decoded.status().code(), Code::kCorruptImage);
      EXPECT_NE(decoded.status().message().find("row"), std::string::npos);
    }
  }
}

TEST(Mutated, TenThousandTimesEach) {
  test::Random random(7);
  for (const NamedFile& file : SmallFiles()) {
    const bool is_png = file.name.starts_with("png");
    for (int i = 0; i < 10'000; ++i) {
      Bytes bytes = file.bytes;
      const uint32_t changes = random.Between(1, 4);
      for (uint32_t change = 0; change < changes; ++change) {
        const uint32_t at = random.Below(static_cast<uint32_t>(bytes.size()));
        bytes[at] = static_cast<uint8_t>(random.Chance(0.5) ? random.Below(256)
                                                            : bytes[at] ^ (1u << random.Below(8)));
      }
      if (random.Chance(0.1)) bytes.resize(random.Below(static_cast<uint32_t>(bytes.size())));
      // Otherwise nearly every mutated PNG would stop at a checksum.
      if (is_png && random.Chance(0.9)) bytes = test::RepairPngChecksums(std::move(bytes));
      // A low cap, or changed sizes would make this a test of memset.
      const StatusOr<DecodedImage> decoded = DecodeImage(bytes, {.max_pixels = 100'000});
      if (decoded.ok()) {
        EXPECT_EQ(decoded->image.pixels.size(),
                  size_t{3} * decoded->image.width * decoded->image.height);
      } else {
        EXPECT_TRUE(IsPictureError(decoded.status().code()))
            << file.name << ": " << decoded.status().message();
      }
      const int orientation = ReadExifOrientation(bytes);
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
}

TEST(HugeHeader, IsRefusedBeforeAnythingIsAllocated) {
  Bytes png = test::MakePng({.width = 1, .height = 1}, [](int, int, int) { return 0; });
  for (const size_t at : {16u, 20u}) {  // width and height: 100,000
    png[at] = 0;
    png[at + 1] = 1;
    png[at + 2] = 0x86;
    png[at + 3] = 0xa0;
  }
  const StatusOr<DecodedImage> decoded = DecodeImage(test::RepairPngChecksums(png));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().code(), Code::kTooLarge);
  EXPECT_NE(decoded.status().message().find("100000x100000"), std::string::npos);

  // Sizes whose product overflows, with the caps raised as far as they go.
  for (const size_t at : {16u, 20u}) png[at] = 0xff;
  const DecodeLimits no_limits = {.max_bytes = SIZE_MAX, .max_pixels = INT64_MAX};
  EXPECT_EQ(DecodeImage(test::RepairPngChecksums(png), no_limits).status().code(), Code::kTooLarge);

  Bytes jpeg = test::MakeBlockJpeg({}, [](int, int, int) { return 128; });
  for (size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0) {
      std::fill_n(jpeg.begin() + static_cast<ptrdiff_t>(i) + 5, 4, uint8_t{0xff});
    }
  }
  EXPECT_EQ(DecodeImage(jpeg).status().code(), Code::kTooLarge);

  Bytes gif = test::MakeGif(test::MakePicture(2, 2));
  std::fill_n(gif.begin() + 6, 4, uint8_t{0xff});
  EXPECT_EQ(DecodeImage(gif).status().code(), Code::kTooLarge);

  Bytes bmp = test::MakeBmp(test::MakePicture(2, 2));
  std::fill_n(bmp.begin() + 18, 8, uint8_t{0x7f});
  EXPECT_EQ(DecodeImage(bmp).status().code(), Code::kTooLarge);
  for (const uint8_t lowest : {0x00, 0xff}) {  // heights of -2^31 and of -1
    std::fill_n(bmp.begin() + 18, 8, lowest);
    bmp[18] = 1;
    bmp[19] = bmp[20] = bmp[21] = 0;
    bmp[25] = lowest == 0 ? 0x80 : 0xff;
    const StatusOr<DecodedImage> negative = DecodeImage(bmp);
    EXPECT_TRUE(negative.ok() || IsPictureError(negative.status().code()));
  }
}

// A stream of zeros that inflates to far more than the header announces. With a dynamic table one
// could reach 1000 : 1; stored blocks show the same limit without a compressor here.
TEST(ZlibBomb, EndsAtTheHeadersSize) {
  const Bytes big = test::MakePng({.width = 4000, .height = 400, .colour_type = 0},
                                  [](int, int, int) { return 0; });
  Bytes bomb = big;
  for (size_t i = 16; i < 24; ++i) bomb[i] = 0;
  bomb[19] = bomb[23] = 1;  // 1x1
  const StatusOr<DecodedImage> decoded = DecodeImage(test::RepairPngChecksums(bomb));
  // Whether the surplus is ignored or refused, it must not be an error of another kind.
  if (!decoded.ok()) {
    EXPECT_EQ(decoded.status().code(), Code::kCorruptImage);
  } else {
    EXPECT_EQ(decoded->image.width, 1);
  }
}

TEST(ScanBomb, TooManyProgressiveScans) {
  Bytes jpeg = test::SampleProgressiveJpeg();
  jpeg.resize(jpeg.size() - 2);
  for (int i = 0; i < 1000; ++i) {  // an AC scan of no bits each
    jpeg.insert(jpeg.end(), {0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0});
  }
  jpeg.insert(jpeg.end(), {0xff, 0xd9});
  EXPECT_EQ(DecodeImage(jpeg).status().code(), Code::kUnsupportedImage);
}

TEST(Checksum, DamagedPngIsRefused) {
  Bytes png = test::MakePng(test::MakePicture(9, 9));
  png[png.size() - 40] ^= 1;  // a pixel
  const StatusOr<DecodedImage> decoded = DecodeImage(png);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().code(), Code::kCorruptImage);
  EXPECT_NE(decoded.status().message().find("IDAT"), std::string::npos);
}

}  // namespace
}  // namespace ag
