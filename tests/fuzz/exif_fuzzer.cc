// ReadExifOrientation on whole files, and on a TIFF structure inside a JPEG and a PNG.
//
// Promises (shared/image/exif.h): 1 to 8 whatever the bytes; the same structure means the same in
// both formats; turning a picture keeps its pixels, and a turn and its inverse cancel out.
#include <algorithm>
#include <cstdint>
#include <span>

#include "shared/image/exif.h"
#include "tests/fuzz/require.h"
#include "tests/support/image_files.h"

namespace ag::fuzz {
namespace {

using test::Bytes;

int CheckedOrientation(std::span<const uint8_t> file) {
  const int orientation = ReadExifOrientation(file);
  Require(orientation >= 1 && orientation <= 8, "an orientation outside 1..8");
  return orientation;
}

void CheckTurns(int orientation) {
  constexpr int kInverse[] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
  static const Image picture = test::MakePicture(5, 3);
  const Image turned = ApplyOrientation(picture, orientation);
  const bool lies = orientation >= 5;
  Require(turned.width == (lies ? 3 : 5) && turned.height == (lies ? 5 : 3), "a turned size");
  Require(ApplyOrientation(turned, kInverse[orientation]).pixels == picture.pixels,
          "a turn and its inverse");
}

// Whole files around the structure.
Bytes InJpeg(std::span<const uint8_t> tiff) {
  static const Bytes jpeg = test::SampleBaselineJpeg();
  Bytes payload = {'E', 'x', 'i', 'f', 0, 0};
  payload.insert(payload.end(), tiff.begin(), tiff.end());
  return test::InsertJpegSegment(jpeg, 0xe1, payload);
}

Bytes InPng(std::span<const uint8_t> tiff) {
  static const Bytes png = test::MakePng(test::MakePicture(2, 2));
  return test::InsertPngChunk(png, "eXIf", tiff);
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ag::fuzz;
  const std::span<const uint8_t> bytes(data, size);
  CheckTurns(CheckedOrientation(bytes));
  constexpr size_t kLongestSegment = 65535 - 2 - 6;
  const std::span<const uint8_t> tiff = bytes.first(std::min(size, kLongestSegment));
  const int in_jpeg = CheckedOrientation(InJpeg(tiff));
  CheckTurns(in_jpeg);
  const int in_png = CheckedOrientation(InPng(tiff));
  // A PNG may have JPEG's prefix before the structure; in a JPEG that would be the second one.
  const bool has_prefix = !tiff.empty() && tiff[0] == 'E';
  Require(has_prefix || in_png == in_jpeg, "two orientations");
  return 0;
}
