// What is checked in a picture file before stb_image sees it. Internal to shared/image.
//
// stb_image decodes what it can and fills the rest with zeros, believes sizes, and ignores
// checksums. So each format's structure is walked here first: sizes against the cap, variants that
// would come out wrong, and whether all of the picture's data are there.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "shared/base/status.h"

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
  // Not empty: decode these bytes instead. They are what a strict decoder reads of the file.
  std::vector<uint8_t> repaired;
  // Pixels that are not there: from column x on in the rows [y, y + height), and all rows below.
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

// kCorruptImage for no pixels, kTooLarge above the cap or above what Image can hold.
Status CheckSize(const char* format, int64_t width, int64_t height, int64_t max_pixels);

}  // namespace ag::image_internal
