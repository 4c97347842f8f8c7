// A GIF's blocks up to the end of its first picture (GIF89a), and whether its LZW codes cover all
// of its pixels: stb_image leaves missing ones transparent.
#include <array>
#include <string>

#include "shared/image/byte_order.h"
#include "shared/image/format_check.h"

namespace ag::image_internal {
namespace {

constexpr size_t kHeaderSize = 13;
constexpr int kMaxCodes = 4096;

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "GIF: " + what); }

// Sub-blocks: a length byte and that many bytes, repeated until a length of zero. The data without
// the lengths; false if the file ends first.
bool ReadSubBlocks(std::span<const uint8_t> bytes, size_t* at, std::vector<uint8_t>* data) {
  while (true) {
    if (!HasBytes(bytes, *at, 1)) return false;
    const size_t length = bytes[*at];
    ++*at;
    if (length == 0) return true;
    if (!HasBytes(bytes, *at, length)) return false;
    if (data != nullptr) {
      data->insert(data->end(), bytes.begin() + static_cast<ptrdiff_t>(*at),
                   bytes.begin() + static_cast<ptrdiff_t>(*at + length));
    }
    *at += length;
  }
}

// How many pixels the codes cover, counted without making them; stops at `wanted`.
int64_t CountPixels(std::span<const uint8_t> data, int minimum_code_size, int64_t wanted) {
  std::array<uint32_t, kMaxCodes + 1> length_of{};  // pixels of each code
  const int clear = 1 << minimum_code_size;
  for (int i = 0; i < clear; ++i) length_of[i] = 1;
  int code_size = minimum_code_size + 1;
  int next_code = clear + 2;
  int previous = -1;
  uint32_t buffer = 0;
  int bits = 0;
  int64_t pixels = 0;
  for (const uint8_t byte : data) {
    buffer |= uint32_t{byte} << bits;
    bits += 8;
    while (bits >= code_size) {
      const int code = static_cast<int>(buffer & ((1u << code_size) - 1));
      buffer >>= code_size;
      bits -= code_size;
      if (code == clear) {
        code_size = minimum_code_size + 1;
        next_code = clear + 2;
        previous = -1;
        continue;
      }
      if (code == clear + 1) return pixels;
      if (code > next_code || (code == next_code && previous < 0)) return pixels;
      if (previous >= 0 && next_code < kMaxCodes) {
        length_of[next_code++] = length_of[previous] + 1;
        if (next_code == (1 << code_size) && code_size < 12) ++code_size;
      }
      if (code >= next_code) return pixels;
      pixels += length_of[code];
      if (pixels >= wanted) return pixels;
      previous = code;
    }
  }
  return pixels;
}

size_t ColourTableSize(uint8_t flags) { return (flags & 0x80) ? size_t{6} << (flags & 7) : 0; }

}  // namespace

StatusOr<FileFacts> CheckGif(std::span<const uint8_t> bytes, const CheckLimits& limits) {
  if (bytes.size() < kHeaderSize) return Corrupt("the file ends inside the header");
  FileFacts facts;
  facts.width = static_cast<int>(Little16(bytes, 6));
  facts.height = static_cast<int>(Little16(bytes, 8));
  facts.may_have_alpha = true;
  AG_RETURN_IF_ERROR(CheckSize("GIF", facts.width, facts.height, limits.max_pixels));
  size_t at = kHeaderSize + ColourTableSize(bytes[10]);
  while (HasBytes(bytes, at, 2)) {
    const uint8_t block = bytes[at];
    if (block == 0x3b) return Corrupt("it holds no picture");
    if (block == 0x21) {  // an extension: its label, then sub-blocks
      at += 2;
      if (!ReadSubBlocks(bytes, &at, nullptr)) break;
      continue;
    }
    if (block != 0x2c) return Corrupt("an unknown block");
    if (!HasBytes(bytes, at, 11)) break;
    const int64_t frame_width = Little16(bytes, at + 5);
    const int64_t frame_height = Little16(bytes, at + 7);
    if (Little16(bytes, at + 1) + frame_width > facts.width ||
        Little16(bytes, at + 3) + frame_height > facts.height) {
      return Corrupt("its picture is larger than its canvas");
    }
    at += 10 + ColourTableSize(bytes[at + 9]);
    if (!HasBytes(bytes, at, 1)) break;
    const int minimum_code_size = bytes[at++];
    if (minimum_code_size < 1 || minimum_code_size > 8) return Corrupt("a wrong LZW code size");
    std::vector<uint8_t> data;
    if (!ReadSubBlocks(bytes, &at, &data)) break;
    const int64_t wanted = frame_width * frame_height;
    if (wanted == 0) return Corrupt("its first picture has no pixels");
    if (CountPixels(data, minimum_code_size, wanted) < wanted) {
      return Corrupt("its data end or break before the picture does");
    }
    return facts;
  }
  return Corrupt("the file ends before the picture does");
}

}  // namespace ag::image_internal
