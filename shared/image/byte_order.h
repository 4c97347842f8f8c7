// Numbers from bytes. Internal to shared/image. The caller has checked that the bytes exist.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ag::image_internal {

inline uint32_t Big16(std::span<const uint8_t> bytes, size_t at) {
  return (uint32_t{bytes[at]} << 8) | bytes[at + 1];
}
inline uint32_t Big32(std::span<const uint8_t> bytes, size_t at) {
  return (Big16(bytes, at) << 16) | Big16(bytes, at + 2);
}
inline uint32_t Little16(std::span<const uint8_t> bytes, size_t at) {
  return (uint32_t{bytes[at + 1]} << 8) | bytes[at];
}
inline uint32_t Little32(std::span<const uint8_t> bytes, size_t at) {
  return (Little16(bytes, at + 2) << 16) | Little16(bytes, at);
}

// Whether `count` bytes exist at `at`; written so that nothing overflows.
inline bool HasBytes(std::span<const uint8_t> bytes, size_t at, size_t count) {
  return at <= bytes.size() && count <= bytes.size() - at;
}

}  // namespace ag::image_internal
