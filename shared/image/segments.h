// The pieces of JPEG and PNG files, up to the picture's data. Internal to shared/image. Hostile
// bytes: never past the end, in time linear in the size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shared/image/byte_order.h"

namespace ag::image_internal {

// Calls visit(marker, payload) for each marker segment before the first scan; false stops.
template <typename Visit>
void ForEachJpegSegment(std::span<const uint8_t> bytes, const Visit& visit) {
  size_t at = 2;
  while (HasBytes(bytes, at, 4) && bytes[at] == 0xff) {
    const uint8_t marker = bytes[at + 1];
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) return;  // the picture itself, or its end
    const size_t length = Big16(bytes, at + 2);
    if (length < 2 || !HasBytes(bytes, at + 2, length)) return;
    if (!visit(marker, bytes.subspan(at + 4, length - 2))) return;
    at += 2 + length;
  }
}

// Calls visit(name, payload) for each chunk, its name as a big-endian number; false stops.
template <typename Visit>
void ForEachPngChunk(std::span<const uint8_t> bytes, const Visit& visit) {
  size_t at = 8;
  while (HasBytes(bytes, at, 12)) {
    const size_t length = Big32(bytes, at);
    if (length > bytes.size() - at - 12) return;
    if (!visit(Big32(bytes, at + 4), bytes.subspan(at + 8, length))) return;
    at += 12 + length;
  }
}

constexpr uint32_t FourLetters(const char (&text)[5]) {
  return (uint32_t{static_cast<uint8_t>(text[0])} << 24) |
         (uint32_t{static_cast<uint8_t>(text[1])} << 16) |
         (uint32_t{static_cast<uint8_t>(text[2])} << 8) | static_cast<uint8_t>(text[3]);
}

}  // namespace ag::image_internal
