// The flag colour_profile: set where the numbers mean other colours than sRGB's, and only there.
#include "shared/image/colour_profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/image/decode.h"
#include "shared/image/exif.h"
#include "tests/support/image_files.h"
#include "tests/support/random.h"

namespace ag {
namespace {

using image_internal::ProfileDiffers;
using test::Bytes;

// The published primaries, adapted to D50.
const std::vector<double> kDisplayP3 = {0.51512, 0.24120, -0.00105, 0.29198, 0.69225,
                                        0.04189, 0.15710, 0.06657,  0.78407};
const std::vector<double> kAdobeRgb = {0.60974, 0.31111, 0.01947, 0.20528, 0.62567,
                                       0.06087, 0.14919, 0.06322, 0.74457};
const std::vector<double> kProPhoto = {0.79767, 0.28804, 0,       0.13519, 0.71188,
                                       0,       0.03134, 0.00009, 0.82491};

struct NamedProfile {
  std::string name;
  Bytes bytes;
  bool differs;
};

std::vector<double> GammaTable(double gamma, int size) {
  std::vector<double> table;
  for (int i = 0; i < size; ++i) table.push_back(std::pow(i / (size - 1.0), gamma));
  return table;
}

std::vector<NamedProfile> Profiles() {
  const auto srgb = [](int curve, std::vector<double> numbers) {
    return test::MakeIccProfile(
        {.primaries = test::SrgbPrimaries(), .curve = curve, .curve_numbers = std::move(numbers)});
  };
  const auto of = [](const std::vector<double>& primaries, int curve, std::vector<double> numbers) {
    return test::MakeIccProfile(
        {.primaries = primaries, .curve = curve, .curve_numbers = std::move(numbers)});
  };
  const auto gray = [](std::vector<double> numbers) {
    return test::MakeIccProfile({.colour_space = "GRAY", .curve_numbers = std::move(numbers)});
  };
  const std::vector<double> curve = test::SrgbCurveParameters();
  return {
      {"sRGB", srgb(3, curve), false},
      {"sRGB, gamma 2.2", srgb(-1, {2.2}), false},
      {"sRGB, gamma 2.2 as a parameter", srgb(0, {2.2}), false},
      {"sRGB, gamma 2.2 as a table", srgb(-2, GammaTable(2.2, 1024)), false},
      {"sRGB, gamma 1.8", srgb(-1, {1.8}), true},
      {"sRGB, gamma 1.8 as a table", srgb(-2, GammaTable(1.8, 256)), true},
      {"sRGB, linear", srgb(-2, {}), true},
      {"Display P3", of(kDisplayP3, 3, curve), false},
      {"Adobe RGB", of(kAdobeRgb, -1, {2.19921875}), true},
      {"ProPhoto", of(kProPhoto, -1, {1.8}), true},
      {"gray, gamma 2.2", gray({2.2}), false},
      {"gray, gamma 1.8", gray({1.8}), true},
      {"CMYK", test::MakeIccProfile({.colour_space = "CMYK"}), true},
      {"Lab", test::MakeIccProfile({.colour_space = "Lab "}), true},
      // Tables, which are not looked into: by the name.
      {"sRGB by name", test::MakeIccProfile({.description = "sRGB v4 ICC preference"}), false},
      {"a scanner's tables", test::MakeIccProfile({.description = "Scanner 9000"}), true},
      {"no profile", Bytes(200, 7), false},
  };
}

uint32_t FlagsOf(const Bytes& file) {
  const StatusOr<DecodedImage> decoded = DecodeImage(file);
  EXPECT_TRUE(decoded.ok()) << decoded.status().message();
  const StatusOr<ImageInfo> info = ProbeImage(file);
  EXPECT_TRUE(info.ok());
  if (!decoded.ok() || !info.ok()) return ~0u;
  EXPECT_EQ(decoded->flags, info->flags);
  return decoded->flags;
}

TEST(ColourProfile, OfJpegAndPng) {
  const Bytes jpeg = test::SampleBaselineJpeg(), png = test::MakePng(test::MakePicture(5, 4));
  EXPECT_EQ(FlagsOf(jpeg), 0u);
  EXPECT_EQ(FlagsOf(png), 0u);
  for (const NamedProfile& profile : Profiles()) {
    const uint32_t expected = profile.differs ? kFlagColourProfile : 0u;
    EXPECT_EQ(ProfileDiffers(profile.bytes), profile.differs) << profile.name;
    EXPECT_EQ(FlagsOf(test::WithPngProfile(png, profile.bytes)), expected) << profile.name;
    for (const size_t part : {size_t{65519}, profile.bytes.size() / 3 + 1}) {
      EXPECT_EQ(FlagsOf(test::WithJpegProfile(jpeg, profile.bytes, part)), expected)
          << profile.name << " in parts of " << part;
    }
  }
}

// In two languages, as version 4 of ICC has it: letters of 16 bits.
TEST(ColourProfile, NamesInUtf16) {
  std::string name;
  for (const char letter : std::string_view("sRGB built-in")) name += {0, letter};
  EXPECT_FALSE(ProfileDiffers(test::MakeIccProfile({.description = name})));
}

// The published curves of every type, against the same one as a table.
TEST(ColourProfile, ParametersOfEveryType) {
  const std::vector<double> srgb = test::SrgbCurveParameters();
  const std::pair<int, std::vector<double>> kSame[] = {
      {0, {2.2}},
      {1, {2.2, 1, 0}},
      {2, {2.2, 1, 0, 0}},
      {3, srgb},
      {4, {srgb[0], srgb[1], srgb[2], srgb[3], srgb[4], 0, 0}},
  };
  for (const auto& [type, numbers] : kSame) {
    const auto differs = [&, type = type](std::vector<double> changed) {
      return ProfileDiffers(test::MakeIccProfile({.primaries = test::SrgbPrimaries(),
                                                  .curve = type,
                                                  .curve_numbers = std::move(changed)}));
    };
    EXPECT_FALSE(differs(numbers)) << type;
    std::vector<double> other = numbers;
    other[0] = 1.6;
    EXPECT_TRUE(differs(other)) << type;
  }
  EXPECT_TRUE(ProfileDiffers(test::MakeIccProfile(
      {.primaries = test::SrgbPrimaries(), .curve = 2, .curve_numbers = {2.2, 1, 0, 0.2}})));
}

TEST(ColourProfile, CmykIsAlwaysFlagged) {
  const auto value = [](int, int, int c) { return 40 * c; };
  for (const int transform : {0, 2}) {
    const Bytes jpeg = test::MakeBlockJpeg({.components = 4, .adobe_transform = transform}, value);
    EXPECT_EQ(FlagsOf(jpeg), kFlagColourProfile);
  }
  EXPECT_EQ(FlagsOf(test::MakeBlockJpeg({.components = 3}, value)), 0u);
}

Bytes Big(const std::vector<uint32_t>& numbers) {
  Bytes bytes;
  for (const uint32_t number : numbers) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(number >> shift & 0xff);
  }
  return bytes;
}

TEST(ColourProfile, ChunksOfPng) {
  const Bytes png = test::MakePng(test::MakePicture(5, 4));
  const std::vector<uint32_t> srgb = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};
  const std::vector<uint32_t> adobe = {31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000};
  const auto with = [&](const char* name, const Bytes& payload) {
    return test::InsertPngChunk(png, name, payload);
  };
  EXPECT_EQ(FlagsOf(with("gAMA", Big({45455}))), 0u);
  EXPECT_EQ(FlagsOf(with("gAMA", Big({46000}))), 0u);
  EXPECT_EQ(FlagsOf(with("gAMA", Big({100000}))), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(with("gAMA", Big({55556}))), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(with("gAMA", Big({0}))), 0u);  // broken
  EXPECT_EQ(FlagsOf(with("cHRM", Big(srgb))), 0u);
  EXPECT_EQ(FlagsOf(with("cHRM", Big(adobe))), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(with("cHRM", Big(std::vector<uint32_t>(8, 0)))), 0u);
  // sRGB counts before gAMA, a profile before both, and code points before all.
  const Bytes linear = with("gAMA", Big({100000}));
  const Bytes named = test::InsertPngChunk(linear, "sRGB", Bytes{0});
  EXPECT_EQ(FlagsOf(named), 0u);
  const Bytes profiled = test::WithPngProfile(
      named, test::MakeIccProfile({.primaries = kProPhoto, .curve_numbers = {1.8}}));
  EXPECT_EQ(FlagsOf(profiled), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(test::InsertPngChunk(profiled, "cICP", Bytes{1, 13, 0, 1})), 0u);
  EXPECT_EQ(FlagsOf(with("cICP", {9, 16, 0, 1})), kFlagColourProfile);  // BT.2100, PQ
  EXPECT_EQ(FlagsOf(with("cICP", {12, 13, 0, 1})), 0u);                 // Display P3
}

// ColorSpace and the interoperability index, two directories away.
Bytes ExifOfColourSpace(uint16_t space, std::string_view index) {
  const auto high = static_cast<uint8_t>(space >> 8), low = static_cast<uint8_t>(space);
  Bytes tiff = {'M',  'M', 0,    42,   0, 0, 0, 8,                          //
                0,    1,   0x87, 0x69, 0, 4, 0, 0, 0, 1, 0,    0,   0, 26,  //
                0,    0,   0,    0,                                         //
                0,    2,   0xa0, 0x01, 0, 3, 0, 0, 0, 1, high, low, 0, 0,   //
                0xa0, 5,   0,    4,    0, 0, 0, 1, 0, 0, 0,    56,          //
                0,    0,   0,    0,                                         //
                0,    1,   0,    1,    0, 2, 0, 0, 0, 4};
  for (const char letter : index) tiff.push_back(static_cast<uint8_t>(letter));
  tiff.resize(tiff.size() + 5);
  return tiff;
}

TEST(ColourProfile, AdobeRgbByExif) {
  const auto jpeg = [](const Bytes& tiff) {
    Bytes payload = {'E', 'x', 'i', 'f', 0, 0};
    payload.insert(payload.end(), tiff.begin(), tiff.end());
    return test::InsertJpegSegment(test::SampleBaselineJpeg(), 0xe1, payload);
  };
  EXPECT_EQ(FlagsOf(jpeg(ExifOfColourSpace(65535, "R03"))), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(jpeg(ExifOfColourSpace(2, "R03"))), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(jpeg(ExifOfColourSpace(65535, "R98"))), 0u);
  EXPECT_EQ(FlagsOf(jpeg(ExifOfColourSpace(1, "R98"))), 0u);
  const Bytes adobe = ExifOfColourSpace(65535, "R03");
  const Bytes png = test::MakePng(test::MakePicture(5, 4));
  EXPECT_EQ(FlagsOf(test::InsertPngChunk(png, "eXIf", adobe)), kFlagColourProfile);
  // A profile of sRGB counts before it.
  const Bytes srgb = test::MakeIccProfile({.primaries = test::SrgbPrimaries()});
  EXPECT_EQ(FlagsOf(test::WithJpegProfile(jpeg(adobe), srgb)), 0u);
  // Cut off at every byte, and with every byte changed: an answer.
  for (size_t size = 0; size < adobe.size(); ++size) {
    ExifSaysAdobeRgb(jpeg(Bytes(adobe.begin(), adobe.begin() + static_cast<ptrdiff_t>(size))));
    for (int value = 0; value < 256; value += 5) {
      Bytes changed = adobe;
      changed[size] = static_cast<uint8_t>(value);
      ExifSaysAdobeRgb(jpeg(changed));
    }
  }
}

TEST(ColourProfile, InsideOfBmp) {
  const auto bmp = [](std::string_view kind, const Bytes& profile) {
    Bytes file = test::MakeBmp({.width = 2, .height = 2, .header = 124},
                               [](int x, int y) { return static_cast<uint32_t>(x + y); });
    for (size_t i = 0; i < 4; ++i) file[70 + i] = static_cast<uint8_t>(kind[3 - i]);
    const auto offset = static_cast<uint32_t>(file.size() - 14);
    for (size_t i = 0; i < 4; ++i) {
      file[126 + i] = static_cast<uint8_t>(offset >> (8 * i));
      file[130 + i] = static_cast<uint8_t>(profile.size() >> (8 * i));
    }
    file.insert(file.end(), profile.begin(), profile.end());
    return file;
  };
  const Bytes adobe = test::MakeIccProfile({.primaries = kAdobeRgb});
  EXPECT_EQ(FlagsOf(bmp("MBED", adobe)), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(bmp("sRGB", adobe)), 0u);
  EXPECT_EQ(FlagsOf(bmp("MBED", test::MakeIccProfile({.primaries = test::SrgbPrimaries()}))), 0u);
  EXPECT_EQ(FlagsOf(bmp("LINK", adobe)), kFlagColourProfile);
}

// Whatever the bytes: an answer, and no more memory than the profile is long. A part that is
// missing makes it none.
TEST(ColourProfile, HostileProfiles) {
  test::Random random(5);
  for (const NamedProfile& profile : Profiles()) {
    for (size_t size = 0; size < profile.bytes.size(); size += 3) {
      ProfileDiffers(std::span(profile.bytes).first(size));
    }
    for (int i = 0; i < 300; ++i) {
      Bytes changed = profile.bytes;
      for (int n = 0; n < 3; ++n) {
        changed[random.Below(static_cast<uint32_t>(changed.size()))] =
            static_cast<uint8_t>(random.Below(256));
      }
      ProfileDiffers(changed);
    }
  }
  const Bytes adobe = test::MakeIccProfile({.primaries = kAdobeRgb});
  const Bytes jpeg = test::WithJpegProfile(test::SampleBaselineJpeg(), adobe, adobe.size() / 3 + 1);
  Bytes without = jpeg;
  const size_t at = test::FindJpegMarker(without, 0xe2);
  without.erase(
      without.begin() + static_cast<ptrdiff_t>(at),
      without.begin() + static_cast<ptrdiff_t>(at + 2 + (jpeg[at + 2] << 8 | jpeg[at + 3])));
  EXPECT_EQ(FlagsOf(jpeg), kFlagColourProfile);
  EXPECT_EQ(FlagsOf(without), 0u);
  // 64 MB of zeros in 100 kB.
  Bytes bomb = {'x', 0, 0};
  const Bytes zeros = test::ZlibZeros(250'000);
  for (const uint8_t byte : zeros) bomb.push_back(byte);
  const Bytes png = test::MakePng(test::MakePicture(5, 4));
  EXPECT_EQ(FlagsOf(test::InsertPngChunk(png, "iCCP", bomb)), 0u);
}

}  // namespace
}  // namespace ag
