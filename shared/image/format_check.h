// Checks on a picture file before its decoder sees it. Internal to shared/image.
//
// stb_image decodes what it can and fills the rest with zeros, believes sizes, and ignores
// checksums. So each format's structure is checked here first: sizes against the cap, variants that
// would come out wrong, and whether all of the picture's data exist.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag::image_internal {

struct CheckLimits {
  int64_t max_pixels = 0;
  bool allow_truncated = false;  // DecodeLimits::allow_truncated
};

struct FileFacts {
  int width = 0;
  int height = 0;
  bool may_have_alpha = false;
  uint32_t flags = 0;  // PictureFlag bits
  // Not empty: decode these bytes instead. They are the file as a strict decoder needs it.
  std::vector<uint8_t> repaired;
  // Missing pixels: from column x on in the rows [y, y + height), and all rows below.
  struct Missing {
    int x = 0, y = 0, height = 0;
  };
  std::vector<Missing> missing;
};

// Each returns kCorruptImage, kUnsupportedImage or, above `max_pixels`, kTooLarge. `bytes` begins
// with the format's magic; everything after that is hostile.
StatusOr<FileFacts> CheckJpeg(std::span<const uint8_t> bytes, const CheckLimits& limits);
StatusOr<FileFacts> CheckPng(std::span<const uint8_t> bytes, const CheckLimits& limits);
StatusOr<FileFacts> CheckBmp(std::span<const uint8_t> bytes, const CheckLimits& limits);
StatusOr<FileFacts> CheckGif(std::span<const uint8_t> bytes, const CheckLimits& limits);
StatusOr<FileFacts> CheckPnm(std::span<const uint8_t> bytes, const CheckLimits& limits);

// Decodes formats that stb_image does not decode here. `facts`: of the same bytes.
StatusOr<Image> DecodeBmp(std::span<const uint8_t> bytes, const FileFacts& facts);
StatusOr<Image> DecodePnm(std::span<const uint8_t> bytes, const FileFacts& facts);

// Missing pixels, in the colour that JPEG decoders show.
inline constexpr uint8_t kMissingGray = 128;

// Colour over white. Exact: (c * a + 255 * (255 - a)) / 255, rounded to nearest.
inline uint8_t OverWhite(uint32_t colour, uint32_t alpha) {
  return static_cast<uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
}

// kCorruptImage for no pixels, kTooLarge above the cap or above what Image can hold.
Status CheckSize(const char* format, int64_t width, int64_t height, int64_t max_pixels);

}  // namespace ag::image_internal
