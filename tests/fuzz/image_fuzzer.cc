// DecodeImage and ProbeImage on the bytes of a picture file.
//
// Promises (shared/image/decode.h): an error is one of the picture errors and says something; what
// is decoded has as many pixels as its size says; a picture that is read only with allow_truncated
// is flagged; both functions agree on format, size and orientation, and refuse the same files for
// the same reason, the cap on pixels apart.
#include <cstdint>
#include <span>

#include "shared/image/decode.h"
#include "shared/image/exif.h"
#include "tests/fuzz/require.h"

namespace ag::fuzz {
namespace {

// Low, or most of the time would go into filling memory.
constexpr int64_t kMaxPixels = 200'000;

bool IsPictureError(Code code) {
  return code == Code::kCorruptImage || code == Code::kUnsupportedImage ||
         code == Code::kUnknownFormat || code == Code::kTooLarge || code == Code::kEmpty;
}

void CheckError(const Status& status) {
  Require(IsPictureError(status.code()), "an error of another kind");
  Require(!status.message().empty(), "an error without words");
}

void CheckDecoded(const DecodedImage& decoded, const StatusOr<ImageInfo>& info) {
  const Image& image = decoded.image;
  Require(image.width > 0 && image.height > 0, "a decoded picture without pixels");
  const int64_t pixels = int64_t{image.width} * image.height;
  Require(pixels <= kMaxPixels, "more pixels than the cap");
  Require(image.pixels.size() == static_cast<size_t>(pixels) * 3,
          "pixels that do not fit the size");
  Require(info.ok(), "decoded, but not probed");
  Require(info->width == image.width && info->height == image.height, "two sizes");
  Require(info->format == decoded.format, "two formats");
  Require(info->exif_orientation == decoded.exif_orientation, "two orientations");
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ag;
  using namespace ag::fuzz;
  const std::span<const uint8_t> bytes(data, size);
  const StatusOr<ImageInfo> info = ProbeImage(bytes);
  const StatusOr<DecodedImage> decoded = DecodeImage(bytes, {.max_pixels = kMaxPixels});
  if (!info.ok()) CheckError(info.status());
  const StatusOr<DecodedImage> some =
      DecodeImage(bytes, {.max_pixels = kMaxPixels, .allow_truncated = true});
  FormatNameOf(bytes);
  if (decoded.ok()) {
    CheckDecoded(*decoded, info);
    Require(some.ok(), "read, but not where less is asked");
    return 0;
  }
  if (some.ok()) {
    Require((some->flags & kFlagTruncated) != 0, "read only where less is asked, and not flagged");
    Require(some->image.pixels.size() == size_t{3} * static_cast<size_t>(some->image.width) *
                                             static_cast<size_t>(some->image.height),
            "pixels that do not fit the size");
  }
  CheckError(decoded.status());
  // The decoder sees broken pixels that probing does not look at; but never the other way round.
  if (!info.ok()) {
    Require(decoded.status().code() == info.status().code() ||
                decoded.status().code() == Code::kTooLarge,
            "refused for two reasons");
  } else {
    Require(info->exif_orientation == ReadExifOrientation(bytes), "two orientations");
    const bool too_large = int64_t{info->width} * info->height > kMaxPixels;
    Require(too_large == (decoded.status().code() == Code::kTooLarge), "the cap on pixels");
  }
  return 0;
}
