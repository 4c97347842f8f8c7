// The outer header of an .agm file, 64 bytes, little-endian:
//   0   8   magic "\x89" "AGM\r\n\x1a\n" (as PNG's: shows text-mode mangling at once)
//   8   4   version, major (a reader refuses another one)
//   12  4   version, minor (a newer one is read; unknown fields are ignored)
//   16  8   length of the payload in bytes
//   24  8   reserved, zero
//   32  32  SHA-256 of the payload
//   64  ..  payload: the FlatBuffer of model.fbs
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/status.h"

namespace ag {

inline constexpr size_t kModelHeaderBytes = 64;
inline constexpr uint32_t kModelMajorVersion = 1;
inline constexpr uint32_t kModelMinorVersion = 1;

// The payload inside `file` (a view). kModelTruncated, kModelMagic, kModelVersion, kModelChecksum.
StatusOr<std::span<const uint8_t>> OpenContainer(std::span<const uint8_t> file);

std::vector<uint8_t> MakeContainer(std::span<const uint8_t> payload);

}  // namespace ag
