// The only access to stb_image. Internal to shared/image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

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

// Decodes JPEG, PNG or GIF (first picture) to `channels` (3 or 4) bytes per pixel. A single
// allocation of more than `max_allocation` bytes is refused: a zlib stream that swells beyond what
// the header announced ends there.
StbResult StbDecode(std::span<const uint8_t> bytes, int channels, size_t max_allocation);

// The contents of a zlib stream (RFC 1950), up to `max_size` bytes; of a broken one, what comes
// before the broken block.
std::vector<uint8_t> InflateSome(std::span<const uint8_t> zlib, size_t max_size);

}  // namespace ag::image_internal
