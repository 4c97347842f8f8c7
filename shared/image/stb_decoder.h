// The one door to stb_image. Internal to shared/image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace ag::image_internal {

struct StbPixelsDeleter {
  void operator()(uint8_t* pixels) const;
};

struct StbResult {
  std::unique_ptr<uint8_t, StbPixelsDeleter> pixels;  // [height, width, channels], or null
  int width = 0;
  int height = 0;
  std::string error;           // when `pixels` is null: mostly stb_image's own words
  bool out_of_memory = false;  // an allocation failed that was within the limit
};

// Decodes JPEG, PNG, BMP or GIF (first picture) to `channels` (3 or 4) bytes a pixel. An allocation
// of more than `max_allocation` bytes at once is refused: a zlib stream that swells beyond what the
// header announced ends there.
StbResult StbDecode(std::span<const uint8_t> bytes, int channels, size_t max_allocation);

}  // namespace ag::image_internal
