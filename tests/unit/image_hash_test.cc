// The same pixels on every platform, compiler and optimisation level, bit for bit: SHA-256 of what
// decoding, resizing and warping give. A hash changes only with a change of the method on purpose,
// and then models must be trained again.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "shared/base/sha256.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"
#include "tests/support/image_files.h"

namespace ag {
namespace {

std::string HashOf(const Image& image) { return HexString(HashSha256(image.pixels)); }

std::string DecodedHash(const test::Bytes& bytes) {
  const StatusOr<DecodedImage> decoded = DecodeImage(bytes);
  return decoded.ok() ? HashOf(decoded->image) : decoded.status().message();
}

TEST(PixelHash, Decoded) {
  EXPECT_EQ(DecodedHash(test::SampleBaselineJpeg()),
            "05c0f657cae1038791edcfb7c09ee3b661a00c2b1764d447219880ad074a29ea");
  EXPECT_EQ(DecodedHash(test::SampleProgressiveJpeg()),
            "05c0f657cae1038791edcfb7c09ee3b661a00c2b1764d447219880ad074a29ea");
  EXPECT_EQ(DecodedHash(test::MakePng(test::MakePicture(97, 61))),
            "9eda63788cddab1e7386d5375ead74a5bc533134067eadbc1af2465afd156771");
}

TEST(PixelHash, Resized) {
  const Image picture = test::MakePicture(400, 300);
  Sha256 hash;
  for (const auto& [width, height] : {std::pair{320, 240}, {111, 77}, {399, 301}, {700, 500}}) {
    hash.Update(ResizeArea(picture, width, height).pixels);
  }
  EXPECT_EQ(HexString(hash.Finish()),
            "5167a276f2feab528efd850ebd6ec447872b723def9b0cf2c31a11679c6c904c");
}

TEST(PixelHash, Warped) {
  const Image picture = test::MakePicture(1200, 900);
  constexpr std::array<Point, 5> kTemplate = {
      {{-16.5, -10.25}, {17.25, -11}, {0.5, 9.5}, {-13.75, 27}, {14, 26.5}}};
  Sha256 hash;
  for (const double scale : {0.4, 1.0, 1.61, 2.33, 3.7, 5.9, 12.3}) {
    std::array<Point, 5> points = {};
    for (size_t i = 0; i < points.size(); ++i) {
      const Point c = kTemplate[i];  // turned by about 17 degrees, and not quite a similarity
      points[i] = {611.3 + scale * (0.956 * c.x - 0.292 * c.y + 0.3 * static_cast<double>(i)),
                   402.9 + scale * (0.292 * c.x + 0.956 * c.y - 0.2 * static_cast<double>(i))};
    }
    const StatusOr<SimilarityTransform> transform = FitSimilarity(points, kTemplate);
    ASSERT_TRUE(transform.ok());
    hash.Update(WarpSimilarity(picture, *transform, 112, 112).pixels);
  }
  EXPECT_EQ(HexString(hash.Finish()),
            "24ce6002fe5886b7f58317b666cbc7788fa842f2a6264f38ff919d4f19976095");
}

}  // namespace
}  // namespace ag
