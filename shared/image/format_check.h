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

struct FileFacts {
  int width = 0;
  int height = 0;
  bool may_have_alpha = false;
  // Not empty: decode these bytes instead (the file without what follows its last scan).
  std::vector<uint8_t> repaired;
};

// Each returns kCorruptImage, kUnsupportedImage or, above `max_pixels`, kTooLarge. `bytes` begins
// with the format's magic; everything after that is hostile.
StatusOr<FileFacts> CheckJpeg(std::span<const uint8_t> bytes, int64_t max_pixels);
StatusOr<FileFacts> CheckPng(std::span<const uint8_t> bytes, int64_t max_pixels);
StatusOr<FileFacts> CheckBmp(std::span<const uint8_t> bytes, int64_t max_pixels);
StatusOr<FileFacts> CheckGif(std::span<const uint8_t> bytes, int64_t max_pixels);

// kCorruptImage for no pixels, kTooLarge above the cap or above what Image can hold.
Status CheckSize(const char* format, int64_t width, int64_t height, int64_t max_pixels);

}  // namespace ag::image_internal
