// Walks a PNG's chunks (PNG specification, third edition): order, lengths, CRCs. stb_image ignores
// CRCs, so a damaged file would silently come out as a damaged picture.
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "shared/image/byte_order.h"
#include "shared/image/format_check.h"
#include "shared/image/segments.h"

namespace ag::image_internal {
namespace {

constexpr size_t kSignatureSize = 8;

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "PNG: " + what); }

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0xedb88320u : 0u);
    table[i] = value;
  }
  return table;
}

uint32_t Crc32(std::span<const uint8_t> bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = 0xffffffffu;
  for (const uint8_t byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xff];
  return ~crc;
}

// Chunk names consist of letters; a broken one is not printed as it is.
std::string PrintableName(uint32_t name) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char letter = static_cast<char>((name >> shift) & 0xff);
    const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    text += is_letter ? letter : '?';
  }
  return text;
}

bool DepthFitsColour(uint32_t depth, uint32_t colour_type) {
  const bool small = depth == 1 || depth == 2 || depth == 4;
  switch (colour_type) {
    case 0:
      return small || depth == 8 || depth == 16;
    case 3:
      return small || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

Status ReadHeader(std::span<const uint8_t> payload, int64_t max_pixels, FileFacts* facts) {
  if (payload.size() != 13) return Corrupt("the header IHDR has a wrong length");
  const uint32_t width = Big32(payload, 0);
  const uint32_t height = Big32(payload, 4);
  AG_RETURN_IF_ERROR(CheckSize("PNG", width, height, max_pixels));
  if (!DepthFitsColour(payload[8], payload[9])) {
    return Corrupt("colour type " + std::to_string(payload[9]) + " with " +
                   std::to_string(payload[8]) + " bits does not exist");
  }
  if (payload[10] != 0 || payload[11] != 0 || payload[12] > 1) {
    return Corrupt("an unknown compression, filter or interlace method");
  }
  facts->width = static_cast<int>(width);
  facts->height = static_cast<int>(height);
  facts->may_have_alpha = (payload[9] & 4) != 0;
  return OkStatus();
}

// For a file that ends after its data, the decoder finds out whether they are complete.
FileFacts WithEnd(std::span<const uint8_t> bytes, size_t end, FileFacts facts) {
  constexpr uint8_t kEnd[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
  facts.repaired.reserve(end + sizeof(kEnd));
  facts.repaired.assign(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(end));
  facts.repaired.insert(facts.repaired.end(), std::begin(kEnd), std::end(kEnd));
  return facts;
}

}  // namespace

StatusOr<FileFacts> CheckPng(std::span<const uint8_t> bytes, const CheckLimits& limits) {
  FileFacts facts;
  bool has_data = false;
  size_t at = kSignatureSize;
  while (true) {
    if (!HasBytes(bytes, at, 12)) {
      if (has_data) return WithEnd(bytes, at, std::move(facts));
      return Corrupt("the file ends before the picture does");
    }
    const size_t length = Big32(bytes, at);
    const uint32_t name = Big32(bytes, at + 4);
    if (at == kSignatureSize && name == FourLetters("CgBI")) {
      return Status(Code::kUnsupportedImage, "PNG: Apple's CgBI variant is not read");
    }
    if ((at == kSignatureSize) != (name == FourLetters("IHDR"))) {
      return Corrupt("the header IHDR must come first, and once");
    }
    if (length > bytes.size() - at - 12) {
      if (has_data && name != FourLetters("IDAT")) return WithEnd(bytes, at, std::move(facts));
      return Corrupt("the file ends inside the chunk " + PrintableName(name));
    }
    const bool critical = (name & 0x20000000u) == 0;
    if (critical || name == FourLetters("tRNS")) {
      if (Crc32(bytes.subspan(at + 4, length + 4)) != Big32(bytes, at + 8 + length)) {
        return Corrupt("the checksum of the chunk " + PrintableName(name) + " is wrong");
      }
    }
    if (name == FourLetters("IHDR")) {
      AG_RETURN_IF_ERROR(ReadHeader(bytes.subspan(at + 8, length), limits.max_pixels, &facts));
    } else if (name == FourLetters("tRNS")) {
      facts.may_have_alpha = true;
    } else if (name == FourLetters("IDAT")) {
      has_data = true;
    } else if (name == FourLetters("IEND")) {
      if (!has_data) return Corrupt("it has no picture data (IDAT)");
      return facts;
    } else if (critical && name != FourLetters("PLTE")) {
      return Status(Code::kUnsupportedImage,
                    "PNG: the chunk " + PrintableName(name) + " must be understood and is not");
    }
    at += 12 + length;
  }
}

}  // namespace ag::image_internal
