#include "shared/image/exif.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "shared/image/byte_order.h"
#include "shared/image/segments.h"

namespace ag {
namespace {

using image_internal::Big16;
using image_internal::Big32;
using image_internal::HasBytes;
using image_internal::Little16;
using image_internal::Little32;

using image_internal::ForEachJpegSegment;
using image_internal::ForEachPngChunk;
using image_internal::FourLetters;

constexpr int kUpright = 1;
constexpr char kExifPrefix[] = {'E', 'x', 'i', 'f', 0, 0};
constexpr char kPngSignature[] = {'\x89', 'P', 'N', 'G', '\r', '\n', '\x1a', '\n'};

bool StartsWith(std::span<const uint8_t> bytes, std::span<const char> prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

// TIFF 6.0: byte order, 42, offset of the first directory; in it a count and entries of 12 bytes.
class Tiff {
 public:
  explicit Tiff(std::span<const uint8_t> bytes) : bytes_(bytes) {
    if (bytes.size() < 8) return;
    little_ = bytes[0] == 'I' && bytes[1] == 'I';
    const bool big = bytes[0] == 'M' && bytes[1] == 'M';
    if ((little_ || big) && Read16(2) == 42) first_ = Read32(4);
  }

  size_t first_directory() const { return first_; }

  // The value's bytes (or its offset) of the tag with this type and count in a directory, or
  // nothing.
  std::optional<size_t> Find(size_t directory, uint32_t tag, uint32_t type, uint32_t count) const {
    constexpr size_t kEntrySize = 12;
    if (directory == 0 || !HasBytes(bytes_, directory, 2)) return std::nullopt;
    const uint32_t entry_count = Read16(directory);
    for (uint32_t i = 0; i < entry_count; ++i) {
      const size_t entry = directory + 2 + i * kEntrySize;
      if (!HasBytes(bytes_, entry, kEntrySize)) return std::nullopt;
      if (Read16(entry) != tag) continue;
      if (Read16(entry + 2) != type || Read32(entry + 4) != count) return std::nullopt;
      return entry + 8;
    }
    return std::nullopt;
  }
  std::optional<uint32_t> Short(size_t directory, uint32_t tag) const {
    const std::optional<size_t> at = Find(directory, tag, 3, 1);
    return at ? std::optional(Read16(*at)) : std::nullopt;
  }
  // Offset of another directory; 0: none.
  size_t Directory(size_t directory, uint32_t tag) const {
    const std::optional<size_t> at = Find(directory, tag, 4, 1);
    return at ? Read32(*at) : 0;
  }
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  uint32_t Read16(size_t at) const { return little_ ? Little16(bytes_, at) : Big16(bytes_, at); }
  uint32_t Read32(size_t at) const { return little_ ? Little32(bytes_, at) : Big32(bytes_, at); }

  std::span<const uint8_t> bytes_;
  bool little_ = false;
  size_t first_ = 0;  // 0: there is none
};

// Empty where the file has none.
std::span<const uint8_t> FindExif(std::span<const uint8_t> bytes) {
  std::span<const uint8_t> found;
  if (bytes.size() >= 4 && bytes[0] == 0xff && bytes[1] == 0xd8) {
    ForEachJpegSegment(bytes, [&](uint8_t marker, std::span<const uint8_t> payload) {
      if (marker != 0xe1 || !StartsWith(payload, kExifPrefix)) return true;
      found = payload.subspan(sizeof(kExifPrefix));
      return false;
    });
  } else if (StartsWith(bytes, kPngSignature)) {
    ForEachPngChunk(bytes, [&](uint32_t name, std::span<const uint8_t> payload) {
      if (name != FourLetters("eXIf")) return true;
      // Some writers keep JPEG's prefix, which does not belong here.
      found = StartsWith(payload, kExifPrefix) ? payload.subspan(sizeof(kExifPrefix)) : payload;
      return false;
    });
  }
  return found;
}

}  // namespace

int ReadExifOrientation(std::span<const uint8_t> bytes) {
  const Tiff tiff(FindExif(bytes));
  const uint32_t value = tiff.Short(tiff.first_directory(), 0x0112).value_or(kUpright);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : kUpright;
}

bool ExifSaysAdobeRgb(std::span<const uint8_t> bytes) {
  constexpr uint32_t kExifDirectory = 0x8769, kColourSpace = 0xa001, kInteroperability = 0xa005;
  constexpr uint32_t kUncalibrated = 65535, kAdobeRgb = 2;  // 2: of no standard, but of cameras
  const Tiff tiff(FindExif(bytes));
  const size_t exif = tiff.Directory(tiff.first_directory(), kExifDirectory);
  const uint32_t space = tiff.Short(exif, kColourSpace).value_or(0);
  if (space == kAdobeRgb) return true;
  if (space != kUncalibrated) return false;
  const std::optional<size_t> index =
      tiff.Find(tiff.Directory(exif, kInteroperability), 1, /*type=*/2, /*count=*/4);
  return index && std::memcmp(&tiff.bytes()[*index], "R03", 4) == 0;
}

Image ApplyOrientation(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8 || image.empty()) return image;
  const bool transposed = orientation >= 5;
  const int width = transposed ? image.height : image.width;
  const int height = transposed ? image.width : image.height;
  // Where the first pixel of the upright picture is in the stored one, and by how many bytes a step
  // to the right and a step down move there.
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
