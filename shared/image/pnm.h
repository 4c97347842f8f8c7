// Netpbm's PPM, PGM and PBM: https://netpbm.sourceforge.net/doc/ppm.html. Only the header, also for
// finding such pictures in a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ag {

struct PnmHeader {
  int kind = 0;       // 1 to 6: PBM, PGM, PPM as text, then as bytes
  int64_t width = 0;  // any number below 1e9: not checked
  int64_t height = 0;
  int64_t max_value = 1;  // of a sample
  size_t size = 0;        // of the header; the samples follow

  bool is_text() const { return kind <= 3; }
  int channels() const { return kind % 3 == 0 ? 3 : 1; }
  // Bytes of one row; not for text. The product of numbers below 1e9, 3 and 2.
  int64_t row_size() const {
    if (kind == 4) return (width + 7) / 8;
    return width * channels() * (max_value > 255 ? 2 : 1);
  }
};

// The longest accepted header; comments are part of it.
inline constexpr size_t kMaxPnmHeader = 4096;

enum class PnmBegins { kNo, kMaybe, kYes };

// Whether `bytes` begin with such a header; kMaybe: they end inside what may become one.
PnmBegins ReadPnmHeader(std::span<const uint8_t> bytes, PnmHeader* header);

}  // namespace ag
