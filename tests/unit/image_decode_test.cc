// Decoding: every colour type to the pixels that were written, orientation, errors in words.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

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

TEST(DecodeBmp, TwentyFourBits) {
  const Image picture = test::MakePicture(13, 9);
  Bytes bmp = test::MakeBmp(picture);
  EXPECT_EQ(Decoded(bmp).pixels, picture.pixels);
  EXPECT_EQ(DecodeImage(bmp)->format, "bmp");
  bmp.resize(bmp.size() - 2);  // the last row's padding may be missing, not its pixels
  EXPECT_EQ(ErrorOf(bmp), Code::kCorruptImage);
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

TEST(DecodeErrors, FormatsThatAreNotReadAreNamed) {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"RIFF\1\2\3\4WEBPVP8 "sv, "WebP"},
      {"\0\0\0\x20"sv
       "ftypavif"sv,
       "AVIF"},
      {"\0\0\0\x18"sv
       "ftypheic"sv,
       "HEIC"},
      {"%PDF-1.7"sv, "PDF"},
      {"II*\0\1\2\3\4"sv, "TIFF"},
      {"MM\0*\1\2\3\4"sv, "TIFF"},
      {"\xff\x0a\1\2\3\4"sv, "JPEG XL"},
      {"\0\0\0\0\0\0\0\0\0"sv, "zeros"},
      {"\1\2\3\4\x80\x81"sv, "not a picture"}};
  for (const auto& [bytes, name] : kCases) {
    EXPECT_EQ(ErrorOf(Text(bytes)), Code::kUnknownFormat);
    EXPECT_NE(MessageOf(Text(bytes)).find(name), std::string::npos) << MessageOf(Text(bytes));
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
