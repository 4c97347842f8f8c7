// Hostile picture files: whatever the bytes, an error or an answer; bounded memory; and a file that
// is cut off never passes for a whole one.
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "shared/image/decode.h"
#include "shared/image/exif.h"
#include "tests/support/image_files.h"
#include "tests/support/long_run.h"
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
      {"jpeg no tables", test::RemoveJpegSegments(test::SampleStandardTablesJpeg(), 0xc4)},
      {"jpeg progressive restart", test::SampleProgressiveRestartJpeg()},
      {"bmp", test::MakeBmp(picture)},
      {"bmp runs",
       test::MakeBmp({.width = 6,
                      .height = 3,
                      .depth = 8,
                      .compression = 1,
                      .palette = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                      .data = {6, 1, 0, 0, 0, 3, 1, 2, 3, 0, 3, 2, 0, 0, 0, 2, 4, 0, 2, 3, 0, 1}},
                     nullptr)},
      {"bmp masks",
       test::MakeBmp({.width = 5,
                      .height = 4,
                      .header = 124,
                      .depth = 16,
                      .compression = 3,
                      .masks = {0xf800, 0x07e0, 0x001f, 0}},
                     [](int x, int y) { return static_cast<uint32_t>(4099 * x + 257 * y); })},
      {"ppm", test::MakePnm(picture, 6)},
      {"pgm 16", test::MakePnm(picture, 5, 1000, "\n# words\n")},
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
    // Only what follows the pixels (markers, a trailer of 12 bytes) may be missing.
    EXPECT_LE(answers, file.name.starts_with("png") ? 12u : 4u) << file.name;
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

TEST(Mutated, ThousandsOfTimesEach) {
  test::Random random(7);
  for (const NamedFile& file : SmallFiles()) {
    const bool is_png = file.name.starts_with("png");
    for (int i = 0; i < test::Count(2000, 10'000); ++i) {
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
      const StatusOr<DecodedImage> some =
          DecodeImage(bytes, {.max_pixels = 100'000, .allow_truncated = true});
      EXPECT_TRUE(some.ok() || !decoded.ok()) << file.name;
      const int orientation = ReadExifOrientation(bytes);
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
}

// Overwrites bytes that must be there.
void Overwrite(Bytes* file, size_t at, std::initializer_list<uint8_t> bytes) {
  ASSERT_LE(at + bytes.size(), file->size());
  for (const uint8_t byte : bytes) file->at(at++) = byte;
}

TEST(HugeHeader, IsRefusedBeforeAnythingIsAllocated) {
  Bytes png = test::MakePng({.width = 1, .height = 1}, [](int, int, int) { return 0; });
  Overwrite(&png, 16, {0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0});  // width and height: 100,000
  const StatusOr<DecodedImage> decoded = DecodeImage(test::RepairPngChecksums(png));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().code(), Code::kTooLarge);
  EXPECT_NE(decoded.status().message().find("100000x100000"), std::string::npos);

  // Sizes whose product overflows, with the caps raised as far as they go.
  Overwrite(&png, 16, {0xff, 1, 1, 1, 0xff, 1, 1, 1});
  const DecodeLimits no_limits = {.max_bytes = SIZE_MAX, .max_pixels = INT64_MAX};
  EXPECT_EQ(DecodeImage(test::RepairPngChecksums(png), no_limits).status().code(), Code::kTooLarge);

  Bytes jpeg = test::MakeBlockJpeg({}, [](int, int, int) { return 128; });
  for (size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xff && jpeg[i + 1] == 0xc0) {
      Overwrite(&jpeg, i + 5, {0xff, 0xff, 0xff, 0xff});
    }
  }
  EXPECT_EQ(DecodeImage(jpeg).status().code(), Code::kTooLarge);

  Bytes gif = test::MakeGif(test::MakePicture(2, 2));
  Overwrite(&gif, 6, {0xff, 0xff, 0xff, 0xff});
  EXPECT_EQ(DecodeImage(gif).status().code(), Code::kTooLarge);

  Bytes bmp = test::MakeBmp(test::MakePicture(2, 2));
  Overwrite(&bmp, 18, {0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f});
  EXPECT_EQ(DecodeImage(bmp).status().code(), Code::kTooLarge);
  Overwrite(&bmp, 18, {1, 0, 0, 0, 0, 0, 0, 0x80});  // a height of -2^31
  EXPECT_EQ(DecodeImage(bmp).status().code(), Code::kTooLarge);
  Overwrite(&bmp, 18, {2, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff});  // of -2: the top row first
  EXPECT_TRUE(DecodeImage(bmp).ok());
}

// 400 kB that inflate to 65 MB, in a picture whose header says 1x1.
TEST(ZlibBomb, EndsNearTheHeadersSize) {
  const Bytes png = test::MakePng({.colour_type = 0}, [](int, int, int) { return 0; });
  const StatusOr<DecodedImage> bomb =
      DecodeImage(test::InsertPngChunk(png, "IDAT", test::ZlibZeros(250'000)));
  ASSERT_FALSE(bomb.ok());
  EXPECT_EQ(bomb.status().code(), Code::kCorruptImage);
  EXPECT_NE(bomb.status().message().find("more data"), std::string::npos)
      << bomb.status().message();
  // The same stream is read where it is no bomb.
  EXPECT_TRUE(DecodeImage(test::InsertPngChunk(png, "IDAT", test::ZlibZeros(4))).ok());
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
