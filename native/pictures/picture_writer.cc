#include "native/pictures/picture_writer.h"

#include <cstdint>

// The one place that makes it. Static: LibTorch or another library may bring its own copy.
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace ag {
namespace {

constexpr int kMaxJpegSide = 65535;

// Where the mark goes: in JPEG after the start and JFIF's segment, in PNG after its magic and
// header.
constexpr size_t kJpegMarkAt = 2 + 18, kPngMarkAt = 8 + 25;
constexpr std::string_view kJpegComment = "\xff\xfe";
constexpr std::string_view kPngText("tEXtSoftware\0", 13);

void AppendBytes(void* context, void* data, int size) {
  static_cast<std::string*>(context)->append(static_cast<const char*>(data),
                                             static_cast<size_t>(size));
}

std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> shift & 0xFF);
  }
  return text;
}

// The checksum of a PNG chunk (ISO 3309), bit by bit: a mark is short.
uint32_t Crc32(std::string_view text) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

}  // namespace

std::string EncodeJpeg(const Image& image, std::string_view mark, int quality) {
  std::string bytes;
  if (image.width > kMaxJpegSide || image.height > kMaxJpegSide) return bytes;
  const int written = stbi_write_jpg_to_func(AppendBytes, &bytes, image.width, image.height, 3,
                                             image.pixels.data(), quality);
  if (written == 0) return {};
  if (!mark.empty()) {
    bytes.insert(kJpegMarkAt, std::string(kJpegComment) +
                                  BigEndian(static_cast<uint32_t>(mark.size()) + 2, 2) +
                                  std::string(mark));
  }
  return bytes;
}

std::string EncodePng(const Image& image, std::string_view mark) {
  std::string bytes;
  const int written = stbi_write_png_to_func(AppendBytes, &bytes, image.width, image.height, 3,
                                             image.pixels.data(), 3 * image.width);
  if (written == 0) return {};
  if (!mark.empty()) {
    const std::string chunk = std::string(kPngText) + std::string(mark);
    bytes.insert(kPngMarkAt, BigEndian(static_cast<uint32_t>(chunk.size()) - 4, 4) + chunk +
                                 BigEndian(Crc32(chunk), 4));
  }
  return bytes;
}

std::string_view FindPictureMark(std::string_view beginning) {
  const auto text = [&](size_t at, size_t size) {
    return at + size <= beginning.size() ? beginning.substr(at, size) : std::string_view();
  };
  const auto number = [&](size_t at) {  // 16 bits; no mark is longer
    const std::string_view bytes = text(at, 2);
    return bytes.empty()
               ? size_t{0}
               : size_t{static_cast<uint8_t>(bytes[0])} << 8 | static_cast<uint8_t>(bytes[1]);
  };
  if (text(kJpegMarkAt, 2) == kJpegComment && beginning.starts_with("\xff\xd8")) {
    const size_t size = number(kJpegMarkAt + 2);
    return size < 2 ? std::string_view() : text(kJpegMarkAt + 4, size - 2);
  }
  if (text(kPngMarkAt + 4, kPngText.size()) == kPngText && beginning.starts_with("\x89PNG")) {
    const size_t size = number(kPngMarkAt + 2) + 4;
    return size < kPngText.size() ? std::string_view()
                                  : text(kPngMarkAt + 4 + kPngText.size(), size - kPngText.size());
  }
  return {};
}

}  // namespace ag
