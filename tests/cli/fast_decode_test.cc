// ag_native predict --fast-decode: nearly the same pixels, and the same errors.
#include "native/pictures/fast_decode.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/file.h"
#include "shared/image/decode.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

std::vector<uint8_t> Bytes(const std::string& path) {
  auto bytes = ReadFile(path, size_t{64} << 20);
  return bytes.ok() ? *std::move(bytes) : std::vector<uint8_t>();
}

int LargestDifference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

class FastDecodeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasFastDecode()) GTEST_SKIP() << "built without libjpeg-turbo";
    WritePicture(folder_ / "a.jpg", 150, 93, 5);
    WritePicture(folder_ / "a.png", 40, 30, 6);
  }
  TemporaryFolder folder_;
};

TEST_F(FastDecodeTest, PixelsDifferByThreeStepsAtMost) {
  const std::vector<uint8_t> jpeg = Bytes(folder_ / "a.jpg");
  const auto exact = DecodeImage(jpeg);
  const auto fast = DecodeFast(jpeg, {});
  ASSERT_TRUE(exact.ok() && fast.ok());
  EXPECT_LE(LargestDifference(exact->image, fast->image), 3);
  // Other formats go to the exact decoder.
  const std::vector<uint8_t> png = Bytes(folder_ / "a.png");
  const auto same = DecodeFast(png, {});
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->image.pixels, DecodeImage(png)->image.pixels);
}

TEST_F(FastDecodeTest, TurnsByExif) {
  // An APP1 segment with the one entry orientation = 6 (a quarter turn), after the first marker.
  const std::vector<uint8_t> exif = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,    'M', 'M',
                                     0,    42,   0, 0,  0,   8,   0,   1,   1, 0x12, 0,   3,
                                     0,    0,    0, 1,  0,   6,   0,   0,   0, 0,    0,   0};
  std::vector<uint8_t> jpeg = Bytes(folder_ / "a.jpg");
  jpeg.insert(jpeg.begin() + 2, exif.begin(), exif.end());
  const auto exact = DecodeImage(jpeg);
  const auto fast = DecodeFast(jpeg, {});
  ASSERT_TRUE(exact.ok() && fast.ok());
  ASSERT_EQ(exact->exif_orientation, 6);
  EXPECT_EQ(fast->image.width, 93);
  EXPECT_LE(LargestDifference(exact->image, fast->image), 3);
}

TEST_F(FastDecodeTest, BrokenFilesGiveTheSameAnswer) {
  const std::vector<uint8_t> whole = Bytes(folder_ / "a.jpg");
  for (size_t i = 0; i < whole.size(); i += 7) {
    std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(i));
    std::vector<uint8_t> changed = whole;
    changed[i] ^= 0x55;
    for (const std::vector<uint8_t>& bytes : {cut, changed}) {
      const auto exact = DecodeImage(bytes);
      const auto fast = DecodeFast(bytes, {});
      ASSERT_EQ(exact.ok(), fast.ok()) << i;
      if (!exact.ok()) {
        EXPECT_EQ(exact.status().message(), fast.status().message()) << i;
      }
    }
  }
  DecodeLimits few;
  few.max_pixels = 100;
  EXPECT_EQ(DecodeFast(whole, few).status().code(), Code::kTooLarge);
}

}  // namespace
}  // namespace ag::test
