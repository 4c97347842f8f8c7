// Files: read with a cap, write so that a reader never sees half a file.
//
// Not part of the WebAssembly engine (it has no file system); a CMake target of its own: ag_file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/status.h"

namespace ag {

// The whole file. kNotFound, kIo (unreadable, a folder), kTooLarge above max_bytes. Every message
// begins with the path.
StatusOr<std::vector<uint8_t>> ReadFile(const std::string& path, size_t max_bytes);

// Writes `bytes` to `path` through a temporary name in the same folder, fsync and rename: after an
// error or a kill the file that was at `path` before is still whole. kNotFound (its folder), kIo on
// any other failure, with the temporary file removed.
Status WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes);
Status WriteFileAtomically(const std::string& path, std::string_view text);

}  // namespace ag
