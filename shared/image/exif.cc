#include "shared/image/exif.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "shared/image/byte_order.h"

namespace ag {
namespace {

using image_internal::Big16;
using image_internal::Big32;
using image_internal::HasBytes;
using image_internal::Little16;
using image_internal::Little32;

constexpr int kUpright = 1;
constexpr uint32_t kOrientationTag = 0x0112;
constexpr uint32_t kTypeShort = 3;
constexpr size_t kEntrySize = 12;
constexpr char kExifPrefix[] = {'E', 'x', 'i', 'f', 0, 0};

bool StartsWith(std::span<const uint8_t> bytes, std::span<const char> prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

// TIFF 6.0: byte order, 42, offset of the first directory; there a count and entries of 12 bytes.
int OrientationFromTiff(std::span<const uint8_t> tiff) {
  if (tiff.size() < 8) return kUpright;
  const bool little = tiff[0] == 'I' && tiff[1] == 'I';
  if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) return kUpright;
  const auto read16 = [&](size_t at) { return little ? Little16(tiff, at) : Big16(tiff, at); };
  const auto read32 = [&](size_t at) { return little ? Little32(tiff, at) : Big32(tiff, at); };
  if (read16(2) != 42) return kUpright;
  const size_t directory = read32(4);
  if (!HasBytes(tiff, directory, 2)) return kUpright;
  const uint32_t entry_count = read16(directory);
  for (uint32_t i = 0; i < entry_count; ++i) {
    const size_t entry = directory + 2 + i * kEntrySize;
    if (!HasBytes(tiff, entry, kEntrySize)) return kUpright;
    if (read16(entry) != kOrientationTag) continue;
    if (read16(entry + 2) != kTypeShort || read32(entry + 4) != 1) return kUpright;
    const uint32_t value = read16(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
  }
  return kUpright;
}

int OrientationFromJpeg(std::span<const uint8_t> bytes) {
  size_t at = 2;
  while (HasBytes(bytes, at, 4)) {
    if (bytes[at] != 0xff) return kUpright;
    const uint8_t marker = bytes[at + 1];
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) return kUpright;  // the picture itself, or its end
    const size_t length = Big16(bytes, at + 2);
    if (length < 2 || !HasBytes(bytes, at + 2, length)) return kUpright;
    const std::span<const uint8_t> payload = bytes.subspan(at + 4, length - 2);
    if (marker == 0xe1 && StartsWith(payload, kExifPrefix)) {
      return OrientationFromTiff(payload.subspan(sizeof(kExifPrefix)));
    }
    at += 2 + length;
  }
  return kUpright;
}

int OrientationFromPng(std::span<const uint8_t> bytes) {
  size_t at = 8;
  while (HasBytes(bytes, at, 12)) {
    const size_t length = Big32(bytes, at);
    if (length > bytes.size() - at - 12) return kUpright;
    if (std::memcmp(&bytes[at + 4], "eXIf", 4) == 0) {
      std::span<const uint8_t> payload = bytes.subspan(at + 8, length);
      // Some writers keep JPEG's prefix, which does not belong here.
      if (StartsWith(payload, kExifPrefix)) payload = payload.subspan(sizeof(kExifPrefix));
      return OrientationFromTiff(payload);
    }
    at += 12 + length;
  }
  return kUpright;
}

}  // namespace

int ReadExifOrientation(std::span<const uint8_t> bytes) {
  if (bytes.size() >= 4 && bytes[0] == 0xff && bytes[1] == 0xd8) return OrientationFromJpeg(bytes);
  if (bytes.size() >= 8 && std::memcmp(bytes.data(), "\x89PNG\r\n\x1a\n", 8) == 0) {
    return OrientationFromPng(bytes);
  }
  return kUpright;
}

Image ApplyOrientation(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8 || image.empty()) return image;
  const bool transposed = orientation >= 5;
  const int width = transposed ? image.height : image.width;
  const int height = transposed ? image.width : image.height;
  // Where in the stored picture the first pixel of the upright one is, and how many bytes a step to
  // the right and a step down are there.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t row_bytes = ptrdiff_t{3} * image.width;
  const ptrdiff_t stored_right = from_right ? -3 : 3;
  const ptrdiff_t stored_down = from_bottom ? -row_bytes : row_bytes;
  const ptrdiff_t step_right = transposed ? stored_down : stored_right;
  const ptrdiff_t step_down = transposed ? stored_right : stored_down;
  const ptrdiff_t first =
      (from_right ? row_bytes - 3 : 0) + (from_bottom ? row_bytes * (image.height - 1) : 0);

  Image upright(width, height);
  // In tiles, so that a turned 64 megapixel picture does not miss the cache at every pixel.
  constexpr int kTile = 64;
  for (int tile_y = 0; tile_y < height; tile_y += kTile) {
    for (int tile_x = 0; tile_x < width; tile_x += kTile) {
      const int end_y = std::min(tile_y + kTile, height);
      const int end_x = std::min(tile_x + kTile, width);
      for (int y = tile_y; y < end_y; ++y) {
        ptrdiff_t source = first + y * step_down + tile_x * step_right;
        uint8_t* target = upright.at(tile_x, y);
        for (int x = tile_x; x < end_x; ++x, source += step_right, target += 3) {
          target[0] = image.pixels[static_cast<size_t>(source)];
          target[1] = image.pixels[static_cast<size_t>(source) + 1];
          target[2] = image.pixels[static_cast<size_t>(source) + 2];
        }
      }
    }
  }
  return upright;
}

}  // namespace ag
