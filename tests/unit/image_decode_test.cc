// Decoding: every colour type to the pixels that were written, orientation, errors in words.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/image/decode.h"
#include "shared/image/exif.h"
#include "tests/support/image_files.h"

namespace ag {
namespace {

using test::Bytes;

Image Decoded(const Bytes& bytes) {
  StatusOr<DecodedImage> decoded = DecodeImage(bytes);
  EXPECT_TRUE(decoded.ok()) << decoded.status().message();
  return decoded.ok() ? std::move(decoded->image) : Image();
}

Code ErrorOf(const Bytes& bytes, const DecodeLimits& limits = {}) {
  const StatusOr<DecodedImage> decoded = DecodeImage(bytes, limits);
  if (decoded.ok()) return Code::kOk;
  EXPECT_FALSE(decoded.status().message().empty());
  return decoded.status().code();
}

std::string MessageOf(const Bytes& bytes) {
  const StatusOr<DecodedImage> decoded = DecodeImage(bytes);
  return decoded.ok() ? "" : decoded.status().message();
}

Bytes Text(std::string_view text) { return Bytes(text.begin(), text.end()); }

void ExpectPixel(const Image& image, int x, int y, int r, int g, int b, int tolerance = 0) {
  ASSERT_LT(x, image.width);
  ASSERT_LT(y, image.height);
  EXPECT_NEAR(image.at(x, y)[0], r, tolerance) << x << "," << y;
  EXPECT_NEAR(image.at(x, y)[1], g, tolerance) << x << "," << y;
  EXPECT_NEAR(image.at(x, y)[2], b, tolerance) << x << "," << y;
}

TEST(DecodePng, Rgb) {
  const Image picture = test::MakePicture(37, 23);
  const StatusOr<DecodedImage> decoded = DecodeImage(test::MakePng(picture));
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(decoded->format, "png");
  EXPECT_EQ(decoded->exif_orientation, 1);
  EXPECT_EQ(decoded->image.width, 37);
  EXPECT_EQ(decoded->image.height, 23);
  EXPECT_EQ(decoded->image.pixels, picture.pixels);
}

TEST(DecodePng, Interlaced) {
  const Image picture = test::MakePicture(37, 23);
  for (const auto& [width, height] : {std::pair{37, 23}, {1, 1}, {3, 2}, {5, 23}}) {
    const Bytes png =
        test::MakePng({.width = width, .height = height, .interlaced = true},
                      [&](int x, int y, int channel) { return picture.at(x, y)[channel]; });
    const Image image = Decoded(png);
    ASSERT_EQ(image.width, width);
    for (int y = 0; y < height; ++y) {
      ASSERT_TRUE(std::equal(image.at(0, y), image.at(0, y) + 3 * width, picture.at(0, y)));
    }
  }
}

TEST(DecodePng, GrayOfEveryDepth) {
  for (const int depth : {1, 2, 4, 8, 16}) {
    const int levels = 1 << depth;
    const auto level = [&](int x) { return depth == 16 ? 257 * 16 * x + 255 : x % levels; };
    const Image image = Decoded(test::MakePng({.width = 16, .colour_type = 0, .depth = depth},
                                              [&](int x, int, int) { return level(x); }));
    for (int x = 0; x < 16; ++x) {
      const int gray = depth == 16 ? level(x) >> 8 : level(x) * 255 / (levels - 1);
      ExpectPixel(image, x, 0, gray, gray, gray);
    }
  }
}

TEST(DecodePng, SixteenBitsKeepTheirUpperEight) {
  const Image image = Decoded(
      test::MakePng({.width = 3, .colour_type = 2, .depth = 16},
                    [](int x, int, int channel) { return (10 + 50 * x + channel) * 256 + 200; }));
  ExpectPixel(image, 0, 0, 10, 11, 12);
  ExpectPixel(image, 2, 0, 110, 111, 112);
}

TEST(DecodePng, PaletteOfEveryDepth) {
  for (const int depth : {1, 2, 4, 8}) {
    const Image image = Decoded(test::MakePng(
        {.width = 5, .colour_type = 3, .depth = depth, .palette = {1, 2, 3, 250, 100, 50}},
        [](int x, int, int) { return x % 2; }));
    ExpectPixel(image, 0, 0, 1, 2, 3);
    ExpectPixel(image, 1, 0, 250, 100, 50);
    ExpectPixel(image, 4, 0, 1, 2, 3);
  }
}

TEST(DecodePng, AlphaIsCompositedOverWhite) {
  // Exactly (c * a + 255 * (255 - a)) / 255, to the nearest.
  const Image image =
      Decoded(test::MakePng({.width = 256, .height = 4, .colour_type = 6},
                            [](int x, int y, int c) { return c == 3 ? x : 60 * y + c; }));
  for (int y = 0; y < 4; ++y) {
    for (int alpha = 0; alpha < 256; ++alpha) {
      int expected[3];
      for (int c = 0; c < 3; ++c) {
        expected[c] = (2 * ((60 * y + c) * alpha + 255 * (255 - alpha)) + 255) / 510;
      }
      ExpectPixel(image, alpha, y, expected[0], expected[1], expected[2]);
    }
  }
}

TEST(DecodePng, GrayWithAlphaAndTransparentColours) {
  ExpectPixel(Decoded(test::MakePng({.colour_type = 4},
                                    [](int, int, int channel) { return channel == 0 ? 0 : 51; })),
              0, 0, 204, 204, 204);
  // Palette entry 1 is transparent, and so is the gray 7.
  const Image palette = Decoded(test::MakePng(
      {.width = 2, .colour_type = 3, .palette = {10, 20, 30, 40, 50, 60}, .transparency = {255, 0}},
      [](int x, int, int) { return x; }));
  ExpectPixel(palette, 0, 0, 10, 20, 30);
  ExpectPixel(palette, 1, 0, 255, 255, 255);
  const Image gray = Decoded(test::MakePng({.width = 2, .colour_type = 0, .transparency = {0, 7}},
                                           [](int x, int, int) { return 6 + x; }));
  ExpectPixel(gray, 0, 0, 6, 6, 6);
  ExpectPixel(gray, 1, 0, 255, 255, 255);
}

// The end may be missing, from the last data chunk's end on, and chunks behind the data.
TEST(DecodePng, WithoutItsEnd) {
  const Image picture = test::MakePicture(37, 23);
  Bytes png = test::MakePng(picture);
  for (size_t missing = 1; missing <= 12; ++missing) {
    const Bytes cut(png.begin(), png.end() - static_cast<ptrdiff_t>(missing));
    EXPECT_EQ(Decoded(cut).pixels, picture.pixels) << missing;
    EXPECT_TRUE(ProbeImage(cut).ok());
  }
  const Bytes cut(png.begin(), png.end() - 13);  // a byte of the data's checksum
  EXPECT_EQ(ErrorOf(cut), Code::kCorruptImage);
  png.resize(png.size() - 12);
  for (const char byte : std::string_view("\0\0\1\0tEXtab", 10)) {
    png.push_back(static_cast<uint8_t>(byte));
  }
  EXPECT_EQ(Decoded(png).pixels, picture.pixels);
}

TEST(DecodePng, AnEmptyDataChunkIsRead) {
  const Image picture = test::MakePicture(37, 23);
  EXPECT_EQ(Decoded(test::InsertPngChunk(test::MakePng(picture), "IDAT", {})).pixels,
            picture.pixels);
}

TEST(DecodeJpeg, GrayIsExact) {
  const auto value = [](int column, int row, int) { return (40 * column + 90 * row) % 256; };
  for (const int restart_interval : {0, 1, 3}) {
    const Image image = Decoded(test::MakeBlockJpeg(
        {.block_columns = 5, .block_rows = 4, .restart_interval = restart_interval}, value));
    ASSERT_EQ(image.width, 40);
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 40; ++x) {
        const int gray = value(x / 8, y / 8, 0);
        ExpectPixel(image, x, y, gray, gray, gray);
      }
    }
  }
}

TEST(DecodeJpeg, RgbWithAdobesMarker) {
  const Image image = Decoded(test::MakeBlockJpeg({.components = 3, .adobe_transform = 0},
                                                  [](int, int, int c) { return 20 + 100 * c; }));
  ExpectPixel(image, 3, 3, 20, 120, 220);
}

TEST(DecodeJpeg, YCbCr) {  // ITU-R T.871: pure red is (76, 85, 255)
  const Image image = Decoded(test::MakeBlockJpeg({.components = 3}, [](int, int, int c) {
    return c == 0 ? 76 : c == 1 ? 85 : 255;
  }));
  ExpectPixel(image, 3, 3, 254, 0, 0, 1);
}

TEST(DecodeJpeg, CmykWithAdobesMarkerIsStoredInverted) {
  // Ink: cyan 0.2, magenta 0.6, yellow 0, black 0.4; stored is 255 minus it.
  static constexpr int kStored[4] = {204, 102, 255, 153};
  const Image cmyk = Decoded(test::MakeBlockJpeg({.components = 4, .adobe_transform = 0},
                                                 [](int, int, int c) { return kStored[c]; }));
  ExpectPixel(cmyk, 0, 0, 122, 61, 153);
  // YCCK: the first three are YCbCr of the colour, which stands for its inverse.
  static constexpr int kYcck[4] = {100, 128, 128, 200};
  const Image ycck = Decoded(test::MakeBlockJpeg({.components = 4, .adobe_transform = 2},
                                                 [](int, int, int c) { return kYcck[c]; }));
  ExpectPixel(ycck, 0, 0, 122, 122, 122);
}

TEST(DecodeJpeg, CmykWithoutAdobesMarkerIsRefusedByName) {
  const Bytes jpeg = test::MakeBlockJpeg({.components = 4}, [](int, int, int) { return 9; });
  EXPECT_EQ(ErrorOf(jpeg), Code::kUnsupportedImage);
  EXPECT_NE(MessageOf(jpeg).find("CMYK"), std::string::npos);
}

// The picture that tests/support/image_samples.cc holds, coded three ways from the same
// coefficients.
TEST(DecodeJpeg, BaselineRestartAndProgressiveAgree) {
  const Image baseline = Decoded(test::SampleBaselineJpeg());
  ASSERT_EQ(baseline.width, 40);
  ASSERT_EQ(baseline.height, 27);
  EXPECT_EQ(Decoded(test::SampleRestartJpeg()).pixels, baseline.pixels);
  EXPECT_EQ(Decoded(test::SampleProgressiveJpeg()).pixels, baseline.pixels);
  ExpectPixel(baseline, 10, 20, 60, 190, 200, 16);  // (6x, 9y + x, 200) before coding
}

TEST(DecodeJpeg, VariantsThatAreNotReadAreNamed) {
  EXPECT_EQ(ErrorOf(test::SampleArithmeticJpeg()), Code::kUnsupportedImage);
  EXPECT_NE(MessageOf(test::SampleArithmeticJpeg()).find("arithmetic"), std::string::npos);
  Bytes twelve_bits = test::SampleBaselineJpeg();
  const Bytes frame = {0xff, 0xc0, 0, 17, 8};
  auto found = std::search(twelve_bits.begin(), twelve_bits.end(), frame.begin(), frame.end());
  ASSERT_NE(found, twelve_bits.end());
  found[4] = 12;
  EXPECT_EQ(ErrorOf(twelve_bits), Code::kUnsupportedImage);
}

TEST(DecodeJpeg, NothingIsAskedOfTheBytesBehindTheLastScan) {
  Bytes jpeg = test::SampleBaselineJpeg();
  const Image whole = Decoded(jpeg);
  jpeg.resize(jpeg.size() - 2);  // no end-of-image marker
  EXPECT_EQ(Decoded(jpeg).pixels, whole.pixels);
  jpeg.insert(jpeg.end(), {0xff, 0xf7, 1, 2, 3});
  EXPECT_EQ(Decoded(jpeg).pixels, whole.pixels);
}

// The samples whose pixels are all the same.
std::vector<std::pair<std::string, Bytes>> SampleJpegs() {
  return {{"baseline", test::SampleBaselineJpeg()},
          {"standard tables", test::SampleStandardTablesJpeg()},
          {"restart", test::SampleRestartJpeg()},
          {"progressive", test::SampleProgressiveJpeg()},
          {"progressive restart", test::SampleProgressiveRestartJpeg()}};
}

// What cameras and programs leave between the data and the end marker, and libjpeg passes over.
TEST(DecodeJpeg, BytesBehindTheDataChangeNothing) {
  const Image whole = Decoded(test::SampleBaselineJpeg());
  const Bytes kTails[] = {
      {0xff, 0xd0},                    // a restart marker
      {0xff, 0xd7, 0xff, 0xd0},        // two
      {0xff, 0x00},                    // a byte of ones
      {0x00, 0xff, 0x00, 0x12},        // a drone's
      {0x00},                          // padding
      {0x00, 0x00, 0x00, 0x00, 0x00},  //
      {0xff, 0xff, 0xff},              // fill bytes
      {0x12, 0x34, 0xff, 0xd3, 0x99, 0xff, 0x00, 0xff, 0x00},
  };
  for (const auto& [name, jpeg] : SampleJpegs()) {
    EXPECT_EQ(Decoded(jpeg).pixels, whole.pixels) << name;
    for (size_t i = 0; i < std::size(kTails); ++i) {
      const Bytes tailed = test::InsertBytes(jpeg, jpeg.size() - 2, kTails[i]);
      EXPECT_EQ(Decoded(tailed).pixels, whole.pixels) << name << ", tail " << i;
    }
  }
}

// The same between two scans of a progressive file, and between the header's segments.
TEST(DecodeJpeg, BytesBetweenSegmentsChangeNothing) {
  const Image whole = Decoded(test::SampleBaselineJpeg());
  for (const auto& [name, jpeg] : SampleJpegs()) {
    for (const uint8_t marker : {0xdb, 0xc4, 0xda}) {
      size_t at = test::FindJpegMarker(jpeg, marker);
      for (int n = 0; at < jpeg.size(); ++n, at = test::FindJpegMarker(jpeg, marker, at + 2)) {
        const Bytes junk = {0x00, 0x07};
        EXPECT_EQ(Decoded(test::InsertBytes(jpeg, at, junk)).pixels, whole.pixels)
            << name << ", before segment " << n << " of kind " << int{marker};
      }
    }
  }
}

TEST(DecodeJpeg, WithoutHuffmanTables) {
  const Image whole = Decoded(test::SampleBaselineJpeg());
  const Bytes jpeg = test::RemoveJpegSegments(test::SampleStandardTablesJpeg(), 0xc4);
  ASSERT_LT(jpeg.size() + 400, test::SampleStandardTablesJpeg().size());
  EXPECT_EQ(Decoded(jpeg).pixels, whole.pixels);
  EXPECT_TRUE(ProbeImage(jpeg).ok());
  // Only one of the four is missing: the others are the file's own.
  const Bytes standard = test::SampleStandardTablesJpeg();
  size_t at = test::FindJpegMarker(standard, 0xc4);
  for (int i = 0; i < 4; ++i, at = test::FindJpegMarker(standard, 0xc4, at + 2)) {
    ASSERT_LT(at, standard.size());
    Bytes without = standard;
    const auto begin = without.begin() + static_cast<ptrdiff_t>(at);
    without.erase(begin, begin + 2 + without[at + 3]);
    EXPECT_EQ(Decoded(without).pixels, whole.pixels) << i;
  }
  // Tables that no standard knows: of a progressive file, and those numbered 2 and 3.
  EXPECT_EQ(ErrorOf(test::RemoveJpegSegments(test::SampleProgressiveJpeg(), 0xc4)),
            Code::kCorruptImage);
  Bytes third = jpeg;
  third[test::FindJpegMarker(third, 0xda) + 6] = 0x22;
  EXPECT_EQ(ErrorOf(third), Code::kCorruptImage);
}

TEST(DecodeJpeg, ProgressiveWithoutItsEndMarker) {
  const Image whole = Decoded(test::SampleBaselineJpeg());
  for (Bytes jpeg : {test::SampleProgressiveJpeg(), test::SampleProgressiveRestartJpeg()}) {
    jpeg.resize(jpeg.size() - 2);
    EXPECT_EQ(Decoded(jpeg).pixels, whole.pixels);
    EXPECT_TRUE(ProbeImage(jpeg).ok());
    jpeg.insert(jpeg.end(), 40, 0);  // a card's block that was not filled
    EXPECT_EQ(Decoded(jpeg).pixels, whole.pixels);
    jpeg.resize(jpeg.size() - 41);  // a byte of the last scan
    EXPECT_EQ(ErrorOf(jpeg), Code::kCorruptImage);
  }
  // All of a scan, but not the last one: its pixels are known only roughly.
  Bytes jpeg = test::SampleProgressiveJpeg();
  size_t last = 0;
  for (size_t at = 0; (at = test::FindJpegMarker(jpeg, 0xda, at + 2)) < jpeg.size();) last = at;
  jpeg.resize(last);
  EXPECT_EQ(ErrorOf(jpeg), Code::kCorruptImage);
}

// Junk before a restart marker: as much as libjpeg passes over without losing a block.
TEST(DecodeJpeg, JunkBeforeRestartMarkers) {
  const Image whole = Decoded(test::SampleBaselineJpeg());
  for (const Bytes& jpeg : {test::SampleRestartJpeg(), test::SampleProgressiveRestartJpeg()}) {
    int markers = 0;
    for (size_t at = test::FindJpegMarker(jpeg, 0xda) + 2; at + 1 < jpeg.size(); ++at) {
      if (jpeg[at] != 0xff || jpeg[at + 1] < 0xd0 || jpeg[at + 1] > 0xd7) continue;
      ++markers;
      for (const Bytes& junk :
           {Bytes{0}, Bytes{0x12, 0x34}, Bytes{0xff, 0x00}, Bytes{0xff, 0xff}, Bytes(100, 0x55)}) {
        EXPECT_EQ(Decoded(test::InsertBytes(jpeg, at, junk)).pixels, whole.pixels)
            << "marker " << markers << ", " << junk.size() << " bytes";
      }
    }
    EXPECT_GE(markers, 2);
  }
  // Behind so much of it the picture's place is lost.
  const Bytes jpeg = test::SampleRestartJpeg();
  const size_t first = test::FindJpegMarker(jpeg, 0xd0);
  ASSERT_LT(first, jpeg.size());
  EXPECT_EQ(ErrorOf(test::InsertBytes(jpeg, first, Bytes(300, 0x55))), Code::kCorruptImage);
  Bytes other_number = jpeg;
  other_number[first + 1] = 0xd4;
  EXPECT_EQ(ErrorOf(test::InsertBytes(other_number, first, Bytes{0x12})), Code::kCorruptImage);
}

TEST(DecodeJpeg, JpegLsIsRefusedByName) {
  Bytes jpeg = test::SampleBaselineJpeg();
  jpeg[test::FindJpegMarker(jpeg, 0xc0) + 1] = 0xf7;
  EXPECT_EQ(ErrorOf(jpeg), Code::kUnsupportedImage);
  EXPECT_NE(MessageOf(jpeg).find("JPEG-LS"), std::string::npos) << MessageOf(jpeg);
}

// --- DecodeLimits::allow_truncated.

constexpr DecodeLimits kTruncatedToo = {.allow_truncated = true};

// Blocks of one gray: those before the cut are exactly right, the others are middle gray.
TEST(DecodeTruncated, BaselineJpegBlockByBlock) {
  const auto value = [](int column, int row, int) { return (31 * column + 77 * row) % 100; };
  constexpr int kColumns = 7, kRows = 9;
  for (const int restart_interval : {0, 5}) {
    const Bytes jpeg = test::MakeBlockJpeg(
        {.block_columns = kColumns, .block_rows = kRows, .restart_interval = restart_interval},
        value);
    int most = 0;
    bool read = false;
    for (size_t size = 0; size < jpeg.size(); ++size) {
      const Bytes cut(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(size));
      const StatusOr<DecodedImage> decoded = DecodeImage(cut, kTruncatedToo);
      if (!decoded.ok()) {
        EXPECT_FALSE(read) << "at " << size << ", but less of it was read";
        continue;
      }
      read = true;
      int there = 0;
      while (there < kColumns * kRows) {
        const int x = there % kColumns * 8, y = there / kColumns * 8;
        if (decoded->image.at(x, y)[0] == 128) break;
        ExpectPixel(decoded->image, x, y, value(x / 8, y / 8, 0), value(x / 8, y / 8, 0),
                    value(x / 8, y / 8, 0));
        ++there;
      }
      EXPECT_GE(there, kColumns) << "at " << size;  // at least a row, or it is an error
      EXPECT_GE(there, most) << "at " << size;
      most = there;
      EXPECT_EQ(decoded->flags, there < kColumns * kRows ? kFlagTruncated : 0u) << "at " << size;
      for (int block = there; block < kColumns * kRows; ++block) {
        ExpectPixel(decoded->image, block % kColumns * 8 + 7, block / kColumns * 8 + 7, 128, 128,
                    128);
      }
    }
    EXPECT_EQ(most, kColumns * kRows);
  }
}

TEST(DecodeTruncated, OffByDefaultAndNamed) {
  Bytes jpeg = test::SampleBaselineJpeg();
  jpeg.resize(jpeg.size() - 60);
  EXPECT_EQ(ErrorOf(jpeg), Code::kCorruptImage);
  const StatusOr<DecodedImage> decoded = DecodeImage(jpeg, kTruncatedToo);
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(PictureFlagNames(decoded->flags), std::vector<std::string_view>{"truncated"});
  EXPECT_EQ(PictureFlagNames(DecodeImage(test::SampleBaselineJpeg(), kTruncatedToo)->flags).size(),
            0u);
}

double MeanDifference(const Image& a, const Image& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

// The more there is, the nearer it comes to the whole picture; the first row of the first scan must
// be there.
TEST(DecodeTruncated, ProgressiveJpegSharpens) {
  const Image whole = Decoded(test::SampleBaselineJpeg());
  for (const Bytes& jpeg : {test::SampleProgressiveJpeg(), test::SampleProgressiveRestartJpeg()}) {
    size_t answers = 0;
    double best = 255;
    for (size_t size = 0; size < jpeg.size(); ++size) {
      const Bytes cut(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(size));
      const StatusOr<DecodedImage> decoded = DecodeImage(cut, kTruncatedToo);
      if (!decoded.ok()) {
        EXPECT_EQ(answers, 0u) << "at " << size;
        continue;
      }
      ++answers;
      ASSERT_EQ(decoded->image.pixels.size(), whole.pixels.size());
      const double difference = MeanDifference(decoded->image, whole);
      EXPECT_LT(difference, best + 0.2) << "at " << size;
      best = std::min(best, difference);
      EXPECT_EQ(decoded->flags == 0, size >= jpeg.size() - 2) << "at " << size;
    }
    EXPECT_GT(answers, jpeg.size() / 3);
    EXPECT_EQ(best, 0);
  }
}

TEST(DecodeBmp, TwentyFourBits) {
  const Image picture = test::MakePicture(13, 9);
  Bytes bmp = test::MakeBmp(picture);
  EXPECT_EQ(Decoded(bmp).pixels, picture.pixels);
  EXPECT_EQ(DecodeImage(bmp)->format, "bmp");
  bmp.resize(bmp.size() - 2);  // the last row's padding may be missing, not its pixels
  EXPECT_EQ(ErrorOf(bmp), Code::kCorruptImage);
}

uint32_t BmpColour(const Image& picture, int x, int y) {
  const uint8_t* rgb = picture.at(x, y);
  return uint32_t{rgb[0]} << 16 | uint32_t{rgb[1]} << 8 | rgb[2];
}

// Whatever stands between header and pixels, and from which side the rows come.
TEST(DecodeBmp, EveryHeaderOfTwentyFourBits) {
  const Image picture = test::MakePicture(13, 9);
  const auto pixel = [&](int x, int y) { return BmpColour(picture, x, y); };
  for (const int header : {12, 16, 40, 52, 56, 64, 108, 124}) {
    for (const bool with_palette : {false, true}) {
      for (const bool top_down : {false, true}) {
        if (top_down && header == 12) continue;
        test::BmpOptions options{.width = 13, .height = 9, .header = header, .top_down = top_down};
        if (with_palette) options.palette = Bytes(3 * 16, 0x42);
        options.gap = with_palette ? 5 : 0;
        EXPECT_EQ(Decoded(test::MakeBmp(options, pixel)).pixels, picture.pixels)
            << header << " bytes" << (with_palette ? ", palette" : "");
      }
    }
  }
  EXPECT_EQ(ErrorOf(test::MakeBmp({.header = 60}, pixel)), Code::kUnsupportedImage);
}

TEST(DecodeBmp, PalettesOfEveryDepth) {
  for (const int header : {12, 16, 40, 56, 64, 124}) {
    for (const int depth : {1, 2, 4, 8}) {
      const Image image = Decoded(test::MakeBmp({.width = 11,
                                                 .height = 3,
                                                 .header = header,
                                                 .depth = depth,
                                                 .palette = {1, 2, 3, 250, 100, 50}},
                                                [](int x, int y) { return (x + y) % 2; }));
      ASSERT_EQ(image.width, 11) << header << ", " << depth;
      for (int y = 0; y < 3; ++y) {
        for (int x = 0; x < 11; ++x) {
          const bool second = (x + y) % 2 == 1;
          ExpectPixel(image, x, y, second ? 250 : 1, second ? 100 : 2, second ? 50 : 3);
        }
      }
    }
  }
  EXPECT_EQ(ErrorOf(test::MakeBmp({.depth = 8}, [](int, int) { return 0; })), Code::kCorruptImage);
}

TEST(DecodeBmp, SixteenAndThirtyTwoBits) {
  const auto one = [](const test::BmpOptions& options, uint32_t value) {
    return Decoded(test::MakeBmp(options, [value](int, int) { return value; }));
  };
  // Five bits: v * 8 + v / 4; six: v * 4 + v / 16.
  ExpectPixel(one({.depth = 16}, 31 << 10 | 16 << 5 | 1), 0, 0, 255, 132, 8);
  for (const int header : {40, 52, 56, 108, 124}) {
    ExpectPixel(
        one({.header = header, .depth = 16, .compression = 3, .masks = {0xf800, 0x07e0, 0x001f}},
            16 << 11 | 33 << 5 | 31),
        0, 0, 132, 134, 255);
    // Red in the lowest byte; and ten bits a colour.
    ExpectPixel(
        one({.header = header, .depth = 32, .compression = 3, .masks = {0xff, 0xff00, 0xff0000}},
            0x00302010),
        0, 0, 0x10, 0x20, 0x30);
    ExpectPixel(one({.header = header,
                     .depth = 32,
                     .compression = 3,
                     .masks = {0x3ff00000, 0xffc00, 0x3ff}},
                    1023u << 20 | 512u << 10 | 4),
                0, 0, 255, 128, 1);
  }
  // Alpha is composited over white, but where it is zero everywhere it is meant to be opaque.
  ExpectPixel(one({.depth = 32}, 0x00102030), 0, 0, 0x10, 0x20, 0x30);
  ExpectPixel(one({.depth = 32}, 0x33000000), 0, 0, 204, 204, 204);
  for (const int header : {40, 56, 124}) {
    ExpectPixel(one({.header = header,
                     .depth = 32,
                     .compression = header == 40 ? 6u : 3u,
                     .masks = {0xff0000, 0xff00, 0xff, 0xff000000}},
                    0x33000000),
                0, 0, 204, 204, 204);
  }
  EXPECT_EQ(ErrorOf(test::MakeBmp({.depth = 16, .compression = 3, .masks = {0, 1, 2}},
                                  [](int, int) { return 0; })),
            Code::kCorruptImage);
}

TEST(DecodeBmp, RunLengths) {
  const Bytes palette = {9, 9, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90};
  // 6x3, from below: a run; a literal with padding; a step to the right and up over the rest.
  const Bytes eight = {6, 1, 0, 0, 0, 3, 1, 2, 3, 0, 3, 2, 0, 0, 0, 2, 4, 0, 2, 3, 0, 1};
  const Image image = Decoded(test::MakeBmp(
      {.width = 6, .height = 3, .depth = 8, .compression = 1, .palette = palette, .data = eight},
      nullptr));
  const int expected[3][6] = {{0, 0, 0, 0, 3, 3}, {1, 2, 3, 2, 2, 2}, {1, 1, 1, 1, 1, 1}};
  ASSERT_EQ(image.width, 6);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 6; ++x) {
      const int i = 3 * expected[y][x];
      ExpectPixel(image, x, y, palette[i], palette[i + 1], palette[i + 2]);
    }
  }
  // Nibbles: 1 2 1 2 1, then the literal 3 0 1, whose second byte is padded to a word.
  const Bytes four = {5, 0x12, 0, 0, 0, 3, 0x30, 0x10, 2, 0x22, 0, 1};
  const Image small = Decoded(test::MakeBmp(
      {.width = 5, .height = 2, .depth = 4, .compression = 2, .palette = palette, .data = four},
      nullptr));
  const int nibbles[2][5] = {{3, 0, 1, 2, 2}, {1, 2, 1, 2, 1}};
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 5; ++x)
      ExpectPixel(small, x, y, palette[3 * nibbles[y][x]], palette[3 * nibbles[y][x] + 1],
                  palette[3 * nibbles[y][x] + 2]);
  }
  // Cut off: an error, but for the last code, which says no more than that it is the end.
  for (size_t size = 0; size < eight.size(); ++size) {
    const Bytes cut(eight.begin(), eight.begin() + static_cast<ptrdiff_t>(size));
    Bytes bmp = test::MakeBmp(
        {.width = 6, .height = 3, .depth = 8, .compression = 1, .palette = palette, .data = eight},
        nullptr);
    bmp.resize(bmp.size() - eight.size() + size);
    EXPECT_EQ(ErrorOf(bmp), size < eight.size() - 2 ? Code::kCorruptImage : Code::kOk) << size;
  }
}

TEST(DecodeBmp, WhatIsNotReadIsNamed) {
  const auto message = [](int header, int depth, uint32_t compression) {
    const Bytes bmp = test::MakeBmp({.header = header, .depth = depth, .compression = compression},
                                    [](int, int) { return 0; });
    EXPECT_EQ(ErrorOf(bmp), Code::kUnsupportedImage) << compression;
    return MessageOf(bmp);
  };
  EXPECT_NE(message(40, 24, 4).find("JPEG"), std::string::npos);
  EXPECT_NE(message(124, 24, 5).find("PNG"), std::string::npos);
  EXPECT_NE(message(40, 32, 11).find("CMYK"), std::string::npos);
  EXPECT_NE(message(64, 1, 3).find("Huffman"), std::string::npos);
  EXPECT_NE(message(64, 24, 4).find("24 bits"), std::string::npos);
}

TEST(DecodePnm, EveryKind) {
  const Image picture = test::MakePicture(13, 9);
  for (int kind = 1; kind <= 6; ++kind) {
    for (const std::string_view between : {" ", "\n", "\n# by a program\n", "\r\n\t# a\n#b\n"}) {
      const Bytes pnm = test::MakePnm(picture, kind, 255, between);
      const Image image = Decoded(pnm);
      ASSERT_EQ(image.pixels.size(), picture.pixels.size()) << kind;
      EXPECT_EQ(DecodeImage(pnm)->format, "pnm");
      for (int y = 0; y < 9; ++y) {
        for (int x = 0; x < 13; ++x) {
          const uint8_t* rgb = picture.at(x, y);
          const int gray = kind % 3 == 1 ? (rgb[0] < 128 ? 0 : 255) : rgb[0];
          const bool colour = kind % 3 == 0;
          ExpectPixel(image, x, y, colour ? rgb[0] : gray, colour ? rgb[1] : gray,
                      colour ? rgb[2] : gray);
        }
      }
      EXPECT_EQ(FormatNameOf(pnm), kind % 3 == 0 ? "PPM" : kind % 3 == 1 ? "PBM" : "PGM");
      EXPECT_TRUE(IsReadFormat(pnm));
    }
  }
}

TEST(DecodePnm, EveryLargestValue) {
  const Image picture = test::MakePicture(7, 5);
  for (const int kind : {2, 3, 5, 6}) {
    for (const int max_value : {1, 15, 100, 254, 256, 1023, 65535}) {
      const Image image = Decoded(test::MakePnm(picture, kind, max_value));
      ASSERT_EQ(image.width, 7);
      for (size_t i = 0; i < image.pixels.size(); ++i) {
        const int level = picture.pixels[kind % 3 == 0 ? i : i / 3 * 3];
        const int stored = (level * max_value + 127) / 255;
        EXPECT_EQ(image.pixels[i], (stored * 255 + max_value / 2) / max_value);
      }
    }
  }
}

TEST(DecodePnm, BrokenOnes) {
  const Image picture = test::MakePicture(13, 9);
  for (int kind = 1; kind <= 6; ++kind) {
    const Bytes pnm = test::MakePnm(picture, kind);
    // A number's last digits may be missing at the end of a text: another picture, the same size.
    const size_t whole = kind <= 3 ? pnm.size() - 4 : pnm.size();
    for (size_t size = 2; size < whole; ++size) {
      const Bytes cut(pnm.begin(), pnm.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_EQ(ErrorOf(cut), Code::kCorruptImage) << kind << " cut at " << size;
    }
  }
  EXPECT_EQ(ErrorOf(Text("P6 0 5 255\nabc")), Code::kCorruptImage);
  EXPECT_EQ(ErrorOf(Text("P6 1 1 0\nabc")), Code::kCorruptImage);
  EXPECT_EQ(ErrorOf(Text("P6 1 1 65536\nabcdef")), Code::kCorruptImage);
  EXPECT_EQ(ErrorOf(Text("P6 99999 99999 255\nabc")), Code::kTooLarge);
  EXPECT_EQ(ErrorOf(Text("P1 8000 8000\n1 0")), Code::kCorruptImage);  // before it is made
  EXPECT_EQ(ErrorOf(Text("P3 1 1 255\n1 x 2")), Code::kCorruptImage);
  EXPECT_EQ(ErrorOf(Text("P6 -1 5 255\nabc")), Code::kUnknownFormat);
  EXPECT_EQ(ErrorOf(Text("P6 1 1 255 # none\nabc")), Code::kOk);  // the pixels are "# n"
  EXPECT_EQ(ErrorOf(Text("P6 1 1 255# one\nabc")), Code::kOk);
}

TEST(DecodeTruncated, RowsOfBmpAndPnm) {
  const Image picture = test::MakePicture(13, 9);
  const Bytes files[] = {
      test::MakePnm(picture, 6),
      test::MakeBmp({.width = 13, .height = 9, .top_down = true},
                    [&](int x, int y) { return BmpColour(picture, x, y); }),
      test::MakeBmp(picture),
  };
  for (const Bytes& file : files) {
    const bool from_below = &file == &files[2];
    const bool padded = &file != &files[0];
    const Bytes cut(file.begin(), file.end() - (padded ? 2 * 40 + 7 : 2 * 39 + 7));
    EXPECT_EQ(ErrorOf(cut), Code::kCorruptImage);
    const StatusOr<DecodedImage> decoded = DecodeImage(cut, kTruncatedToo);
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    EXPECT_EQ(decoded->flags, kFlagTruncated);
    for (int row = 0; row < 9; ++row) {
      const int y = from_below ? 8 - row : row;
      for (int x = 0; x < 39; ++x) {
        EXPECT_EQ(decoded->image.at(0, y)[x], row < 6 ? picture.at(0, y)[x] : 128);
      }
    }
    const Bytes nothing(file.begin(), file.begin() + 60);
    EXPECT_EQ(DecodeImage(std::span(nothing).first(&file == &files[0] ? 20 : 60), kTruncatedToo)
                  .status()
                  .code(),
              Code::kCorruptImage);
  }
}

TEST(DecodeGif, FirstPicture) {
  const Image picture = test::MakePicture(31, 17);
  const Bytes gif = test::MakeGif(picture);
  const Image image = Decoded(gif);
  ASSERT_EQ(image.pixels.size(), picture.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    ASSERT_EQ(image.pixels[i], picture.pixels[i / 3 * 3 + 1] / 2 * 2);
  }
  EXPECT_EQ(DecodeImage(gif)->format, "gif");
}

// EXIF 2.32, 4.6.5: for each orientation the sides on which the stored row 0 and column 0 belong.
struct Sides {
  char row;
  char column;
};
constexpr Sides kSides[9] = {{},         {'t', 'l'}, {'t', 'r'}, {'b', 'r'}, {'b', 'l'},
                             {'l', 't'}, {'r', 't'}, {'r', 'b'}, {'l', 'b'}};

// What a camera would store of an upright picture.
Image Stored(const Image& upright, int orientation) {
  const Sides sides = kSides[orientation];
  const bool transposed = sides.row == 'l' || sides.row == 'r';
  Image stored(transposed ? upright.height : upright.width,
               transposed ? upright.width : upright.height);
  for (int row = 0; row < stored.height; ++row) {
    for (int column = 0; column < stored.width; ++column) {
      int x = 0;
      int y = 0;
      const auto place = [&](char side, int index) {
        if (side == 't') y = index;
        if (side == 'b') y = upright.height - 1 - index;
        if (side == 'l') x = index;
        if (side == 'r') x = upright.width - 1 - index;
      };
      place(sides.row, row);
      place(sides.column, column);
      std::copy_n(upright.at(x, y), 3, stored.at(column, row));
    }
  }
  return stored;
}

class Orientation : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(All, Orientation, testing::Range(1, 9));

TEST_P(Orientation, PngGivesTheUprightPicture) {
  const Image upright = test::MakePicture(130, 71);
  const Bytes png = test::MakePng(Stored(upright, GetParam()));
  for (const bool little_endian : {false, true}) {
    const StatusOr<DecodedImage> decoded = DecodeImage(
        test::InsertPngChunk(png, "eXIf", test::MakeExifTiff(GetParam(), little_endian)));
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    EXPECT_EQ(decoded->exif_orientation, GetParam());
    EXPECT_EQ(decoded->image.width, upright.width);
    EXPECT_EQ(decoded->image.height, upright.height);
    EXPECT_EQ(decoded->image.pixels, upright.pixels);
  }
}

TEST_P(Orientation, JpegGivesTheUprightPicture) {
  const Image blocks = test::MakePicture(5, 3);
  const auto jpeg_of = [](const Image& image) {
    return test::MakeBlockJpeg(
        {.block_columns = image.width, .block_rows = image.height, .components = 3},
        [&](int column, int row, int c) { return image.at(column, row)[c]; });
  };
  const Image upright = Decoded(jpeg_of(blocks));
  const Bytes stored = jpeg_of(Stored(blocks, GetParam()));
  for (const bool little_endian : {false, true}) {
    const StatusOr<DecodedImage> decoded = DecodeImage(
        test::InsertJpegSegment(stored, 0xe1, test::MakeExifSegment(GetParam(), little_endian)));
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    EXPECT_EQ(decoded->exif_orientation, GetParam());
    EXPECT_EQ(decoded->image.width, upright.width);
    EXPECT_EQ(decoded->image.pixels, upright.pixels);
  }
}

TEST(Exif, BrokenOrAbsentIsUpright) {
  const Bytes jpeg = test::SampleBaselineJpeg();
  EXPECT_EQ(ReadExifOrientation({}), 1);
  EXPECT_EQ(ReadExifOrientation(jpeg), 1);
  for (const int value : {0, 9, 65535}) {
    EXPECT_EQ(ReadExifOrientation(
                  test::InsertJpegSegment(jpeg, 0xe1, test::MakeExifSegment(value, true))),
              1);
  }
  // Cut off at every byte, and with every byte changed: an answer, always.
  const Bytes segment = test::MakeExifSegment(6, false);
  for (size_t size = 0; size < segment.size(); ++size) {
    const Bytes cut(segment.begin(), segment.begin() + static_cast<ptrdiff_t>(size));
    const int found = ReadExifOrientation(test::InsertJpegSegment(jpeg, 0xe1, cut));
    EXPECT_TRUE(found == 1 || found == 6);
    for (int value = 0; value < 256; ++value) {
      Bytes changed = segment;
      changed[size] = static_cast<uint8_t>(value);
      const int other = ReadExifOrientation(test::InsertJpegSegment(jpeg, 0xe1, changed));
      EXPECT_TRUE(other >= 1 && other <= 8);
    }
  }
}

TEST(DecodeErrors, Empty) { EXPECT_EQ(ErrorOf({}), Code::kEmpty); }

TEST(DecodeErrors, TextNamedJpg) {
  EXPECT_EQ(ErrorOf(Text("Not a picture.\n")), Code::kUnknownFormat);
  EXPECT_NE(MessageOf(Text("Not a picture.\n")).find("text"), std::string::npos);
}

struct KnownFile {
  std::string_view bytes;
  std::string_view name;
};

// A box of ISO base media files with these brands.
Bytes FtypBox(const std::vector<std::string_view>& brands) {
  Bytes box = {0, 0, 0, static_cast<uint8_t>(12 + 4 * brands.size()), 'f', 't', 'y', 'p'};
  for (size_t i = 0; i < brands.size(); ++i) {
    box.insert(box.end(), brands[i].begin(), brands[i].end());
    if (i == 0) box.insert(box.end(), 4, 0);  // the version behind the major brand
  }
  return box;
}

// A TIFF whose first directory has these tags, the maker's name among them.
Bytes TiffWithTags(const std::vector<int>& tags, std::string_view maker) {
  Bytes tiff = {'I', 'I', 42, 0, 8, 0, 0, 0, static_cast<uint8_t>(tags.size()), 0};
  const size_t text = tiff.size() + 12 * tags.size() + 4;
  for (const int tag : tags) {
    tiff.insert(tiff.end(), {static_cast<uint8_t>(tag), static_cast<uint8_t>(tag >> 8), 2, 0, 20, 0,
                             0, 0, static_cast<uint8_t>(text), 0, 0, 0});
  }
  tiff.insert(tiff.end(), 4, 0);
  tiff.insert(tiff.end(), maker.begin(), maker.end());
  tiff.push_back(0);
  return tiff;
}

// Refused by its name, and told by its first bytes.
void ExpectNamed(const Bytes& file, std::string_view name) {
  EXPECT_EQ(ErrorOf(file), Code::kUnknownFormat) << name;
  EXPECT_NE(MessageOf(file).find(name), std::string::npos) << name << ": " << MessageOf(file);
  EXPECT_EQ(FormatNameOf(file), name);
  EXPECT_FALSE(IsReadFormat(file)) << name;
  // Whatever is missing at the end: some name, and no byte behind the end.
  for (size_t size = 0; size < file.size(); ++size) {
    const Bytes cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    FormatNameOf(cut);
  }
}

TEST(DecodeErrors, FormatsThatAreNotReadAreNamed) {
  using namespace std::string_view_literals;
  const KnownFile kFiles[] = {
      {"RIFF\1\2\3\4WEBPVP8 "sv, "WebP"},
      {"RIFF\1\2\3\4AVI LIST"sv, "AVI video"},
      {"\0\0\0\x0cJXL \r\n\x87\n"sv, "JPEG XL"},
      {"\xff\x0a\1\2\3\4"sv, "JPEG XL"},
      {"\0\0\0\x0cjP  \r\n\x87\n"sv, "JPEG 2000"},
      {"\xff\x4f\xff\x51\0\x2f"sv, "JPEG 2000"},
      {"II\xbc\1\x20\0\0\0"sv, "JPEG XR"},
      {"II*\0\1\2\3\4"sv, "TIFF"},
      {"MM\0*\1\2\3\4"sv, "TIFF"},
      {"II+\0\x08\0\0\0"sv, "BigTIFF"},
      {"II*\0\x10\0\0\0CR\2\0"sv, "camera's raw format (CR2)"},
      {"IIRO\x08\0\0\0"sv, "camera's raw format (ORF)"},
      {"IIU\0\x18\0\0\0"sv, "camera's raw format (RW2)"},
      {"FUJIFILMCCD-RAW 0201"sv, "camera's raw format (RAF)"},
      {"8BPS\0\1\0\0"sv, "Photoshop (PSD)"},
      {"8BPS\0\2\0\0"sv, "Photoshop (PSB)"},
      {"gimp xcf v011\0"sv, "GIMP (XCF)"},
      {"%PDF-1.7\n%\xe2\xe3"sv, "PDF"},
      {"%!PS-Adobe-3.0 EPSF-3.0\n"sv, "PostScript (EPS)"},
      {"\xc5\xd0\xd3\xc6\x20\0\0\0"sv, "PostScript (EPS)"},
      {"v/1\1\2\0\0\0"sv, "OpenEXR"},
      {"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n"sv, "Radiance HDR"},
      {"DDS |\0\0\0\7\x10"sv, "DDS"},
      {"qoif\0\0\0\x20"sv, "QOI"},
      {"FLIF\x33"sv, "FLIF"},
      {"\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0"sv, "icon (ICO)"},
      {"\0\0\2\0\1\0\x20\x20\0\0\1\0\x20\0"sv, "cursor (CUR)"},
      // TGA: 64x48, 24 bits, not compressed, and gray run lengths.
      {"\0\0\2\0\0\0\0\0\0\0\0\0\x40\0\x30\0\x18\0\1\2\3"sv, "TGA"},
      {"\0\0\x0b\0\0\0\0\0\0\0\0\0\x40\0\x30\0\x08\x20\x83\1"sv, "TGA"},
      {"\x1a\x45\xdf\xa3\x9f\x42"sv, "WebM or Matroska video"},
      {"\0\0\0\x14"
       "ftypqt  \0\0\0\0"sv,
       "QuickTime video"},
      {"\0\0\0\x08wide\0\0\0\0mdat"sv, "QuickTime video"},
      {"OggS\0\2\0\0"sv, "Ogg video or sound"},
      {"PK\3\4\x14\0"sv, "ZIP archive"},
      {"\x1f\x8b\x08\0\0\0"sv, "gzip"},
      {"Rar!\x1a\7\1\0"sv, "RAR archive"},
      {"7z\xbc\xaf\x27\x1c\0\4"sv, "7z archive"},
      {"\xfd"
       "7zXZ\0\0\4"sv,
       "xz"},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "Office document or Thumbs.db"},
      {"<!DOCTYPE html><html><head><title>404</title>"sv, "HTML page"},
      {"\xef\xbb\xbf\r\n  <HTML lang=de>"sv, "HTML page"},
      {"<!-- saved -->\n<html>"sv, "HTML page"},
      {"<svg xmlns=\"http://www.w3.org/2000/svg\">"sv, "SVG"},
      {"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- Inkscape -->\n<svg"sv, "SVG"},
      {"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>"sv, "XML"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"sv,
       "Git LFS pointer, not the file itself"},
      {"Not a picture.\n"sv, "text"},
      {"P1 is the first of the players."sv, "text"},
      {"\xff\xfeN\0o\0"sv, "text (UTF-16)"},
  };
  for (const KnownFile& file : kFiles) ExpectNamed(Text(file.bytes), file.name);
}

TEST(DecodeErrors, MediaFilesAreNamedByTheirBrands) {
  ExpectNamed(FtypBox({"heic", "mif1", "heic"}), "HEIC");
  ExpectNamed(FtypBox({"mif1", "mif1", "heic"}), "HEIC");
  ExpectNamed(FtypBox({"mif1", "mif1", "miaf"}), "HEIF");
  ExpectNamed(FtypBox({"avif", "mif1", "miaf"}), "AVIF");
  ExpectNamed(FtypBox({"mif1", "avif", "miaf"}), "AVIF");
  ExpectNamed(FtypBox({"crx ", "crx ", "isom"}), "camera's raw format (CR3)");
  ExpectNamed(FtypBox({"isom", "iso2", "avc1", "mp41"}), "MP4 video");
  ExpectNamed(FtypBox({"M4V ", "M4V "}), "MP4 video");
}

TEST(DecodeErrors, RawFormatsAreToldFromTiffByTheirTags) {
  ExpectNamed(TiffWithTags({0x0100, 0x010f, 0xc612}, "LEICA"), "camera's raw format (DNG)");
  ExpectNamed(TiffWithTags({0x010f, 0x014a}, "NIKON CORPORATION"), "camera's raw format (NEF)");
  ExpectNamed(TiffWithTags({0x010f, 0x014a}, "SONY"), "camera's raw format (ARW)");
  // The picture of such a camera, made into a plain TIFF.
  ExpectNamed(TiffWithTags({0x0100, 0x010f}, "NIKON CORPORATION"), "TIFF");
}

TEST(DecodeErrors, MagicsBehindTheBeginning) {
  Bytes tar(512, 0);
  std::copy_n("a.jpg", 5, tar.begin());
  std::copy_n("ustar", 5, tar.begin() + 257);
  ExpectNamed(tar, "TAR archive");
  Bytes pcx(128, 0);
  std::copy_n("\x0a\x05\x01\x08", 4, pcx.begin());
  ExpectNamed(pcx, "PCX");
  Bytes packets(3 * 188, 0);
  for (const size_t at : {0u, 188u, 376u}) packets[at] = 'G';
  ExpectNamed(packets, "MPEG video");
}

// A footer is all that this TGA has of a magic: its header's fields are of no known kind.
TEST(DecodeErrors, TgaByItsFooter) {
  Bytes tga(40, 0x81);
  tga.insert(tga.end(), 8, 0);
  for (const char letter : std::string_view("TRUEVISION-XFILE.\0", 18)) {
    tga.push_back(static_cast<uint8_t>(letter));
  }
  EXPECT_NE(MessageOf(tga).find("this is TGA"), std::string::npos) << MessageOf(tga);
}

TEST(DecodeErrors, WhatNobodyKnowsHasNoName) {
  for (const Bytes& bytes : {Bytes(), Bytes(9, 0), Bytes{1, 2, 3, 4, 0x80, 0x81}}) {
    EXPECT_EQ(FormatNameOf(bytes), "");
    EXPECT_FALSE(IsReadFormat(bytes));
  }
  EXPECT_NE(MessageOf(Bytes(9, 0)).find("zeros"), std::string::npos);
  EXPECT_NE(MessageOf({1, 2, 3, 4, 0x80, 0x81}).find("not a picture"), std::string::npos);
}

TEST(FormatName, OfFormatsThatAreRead) {
  const Image picture = test::MakePicture(5, 4);
  const std::pair<Bytes, std::string_view> kFiles[] = {{test::SampleProgressiveJpeg(), "JPEG"},
                                                       {test::MakePng(picture), "PNG"},
                                                       {test::MakeGif(picture), "GIF"},
                                                       {test::MakeBmp(picture), "BMP"}};
  for (const auto& [file, name] : kFiles) {
    EXPECT_EQ(FormatNameOf(file), name);
    EXPECT_TRUE(IsReadFormat(file)) << name;
  }
}

TEST(DecodeErrors, Caps) {
  const Bytes png = test::MakePng(test::MakePicture(20, 10));
  EXPECT_EQ(ErrorOf(png, {.max_bytes = png.size()}), Code::kOk);
  EXPECT_EQ(ErrorOf(png, {.max_bytes = png.size() - 1}), Code::kTooLarge);
  EXPECT_EQ(ErrorOf(png, {.max_pixels = 200}), Code::kOk);
  EXPECT_EQ(ErrorOf(png, {.max_pixels = 199}), Code::kTooLarge);
}

}  // namespace
}  // namespace ag
