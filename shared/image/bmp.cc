// BMP: the headers of Windows (BITMAPCOREHEADER to BITMAPV5HEADER, Microsoft's "Bitmap Storage")
// and of OS/2, whose fields up to the depth are the same. Pixels of 1 to 32 bits, run lengths of 4
// and 8.
#include <algorithm>
#include <array>
#include <string>

#include "shared/image/byte_order.h"
#include "shared/image/decode.h"
#include "shared/image/format_check.h"

namespace ag::image_internal {
namespace {

constexpr size_t kFileHeaderSize = 14;
constexpr uint32_t kPlain = 0, kRunLength8 = 1, kRunLength4 = 2, kMasks = 3, kMasksWithAlpha = 6;

using ByteSpan = std::span<const uint8_t>;

Status Corrupt(const std::string& what) { return Status(Code::kCorruptImage, "BMP: " + what); }
Status Unsupported(const std::string& what) {
  return Status(Code::kUnsupportedImage, "BMP: " + what);
}

struct Header {
  size_t data_begin = 0;
  size_t size = 0;        // without the file header
  size_t colour_end = 0;  // where the header and its masks end, and the palette begins
  int width = 0;
  int height = 0;
  bool top_down = false;
  uint32_t depth = 0;  // bits a pixel
  uint32_t compression = kPlain;
  std::array<uint32_t, 4> masks{};  // of 16 and 32 bits: red, green, blue, alpha (0: none)

  bool is_run_length() const { return compression == kRunLength8 || compression == kRunLength4; }
  size_t row_size() const { return (size_t{depth} * static_cast<size_t>(width) + 7) / 8; }
  size_t stride() const { return (row_size() + 3) / 4 * 4; }
};

Status RefuseCompression(uint32_t compression, bool os2) {
  switch (compression) {
    case 3:
    case 4:
      if (os2) {
        return Unsupported(compression == 3 ? "OS/2's Huffman coding is not supported"
                                            : "OS/2's run lengths of 24 bits are not supported");
      }
      return Unsupported("a JPEG file inside of it is not read");
    case 5:
      return Unsupported("a PNG file inside of it is not read");
    case 11:
    case 12:
    case 13:
      return Unsupported("CMYK is not read");
    default:
      return Corrupt("an unknown compression, " + std::to_string(compression));
  }
}

// Checks the depth and the compression, and sets the masks.
Status ReadPixelFormat(ByteSpan bytes, Header* header) {
  const uint32_t depth = header->depth;
  if (depth != 1 && depth != 2 && depth != 4 && depth != 8 && depth != 16 && depth != 24 &&
      depth != 32) {
    return Corrupt(std::to_string(depth) + " bits a pixel");
  }
  if (header->size >= 40) header->compression = Little32(bytes, 30);
  const uint32_t compression = header->compression;
  const bool os2 = header->size == 64;
  const bool masks = !os2 && (compression == kMasks || compression == kMasksWithAlpha);
  if (compression != kPlain && !header->is_run_length() && !masks) {
    return RefuseCompression(compression, os2);
  }
  if ((compression == kRunLength8 && depth != 8) || (compression == kRunLength4 && depth != 4) ||
      (masks && depth != 16 && depth != 32)) {
    return Corrupt("compression " + std::to_string(compression) + " of " + std::to_string(depth) +
                   " bits a pixel does not exist");
  }
  header->colour_end = kFileHeaderSize + header->size;
  if (depth == 16) header->masks = {31u << 10, 31u << 5, 31u, 0};
  if (depth == 32) header->masks = {0xffu << 16, 0xffu << 8, 0xffu, 0xffu << 24};
  if (!masks) return OkStatus();
  // They follow the header of 40 bytes; longer headers have them at the same place.
  constexpr size_t kMasksBegin = kFileHeaderSize + 40;
  const bool with_alpha = compression == kMasksWithAlpha || header->size >= 56;
  const size_t end = kMasksBegin + (with_alpha ? 16 : 12);
  if (!HasBytes(bytes, 0, end)) return Corrupt("the file ends inside the header");
  header->colour_end = std::max(header->colour_end, end);
  for (size_t i = 0; i < 4; ++i) {
    header->masks[i] = i < 3 || with_alpha ? Little32(bytes, kMasksBegin + 4 * i) : 0;
    if (i < 3 && header->masks[i] == 0) return Corrupt("a colour has no bits");
  }
  return OkStatus();
}

StatusOr<Header> ReadHeader(ByteSpan bytes, int64_t max_pixels) {
  if (bytes.size() < kFileHeaderSize + 12) return Corrupt("the file ends inside the header");
  Header header;
  header.data_begin = Little32(bytes, 10);
  header.size = Little32(bytes, 14);
  constexpr uint32_t kSizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
  if (std::find(std::begin(kSizes), std::end(kSizes), header.size) == std::end(kSizes)) {
    return Unsupported("a header of " + std::to_string(header.size) + " bytes is not known");
  }
  if (!HasBytes(bytes, kFileHeaderSize, header.size)) {
    return Corrupt("the file ends inside the header");
  }
  const bool old = header.size == 12;
  const int64_t width =
      old ? static_cast<int64_t>(Little16(bytes, 18)) : static_cast<int32_t>(Little32(bytes, 18));
  int64_t height =
      old ? static_cast<int64_t>(Little16(bytes, 20)) : static_cast<int32_t>(Little32(bytes, 22));
  header.top_down = height < 0;
  if (height < 0) height = -height;
  AG_RETURN_IF_ERROR(CheckSize("BMP", width, height, max_pixels));
  header.width = static_cast<int>(width);
  header.height = static_cast<int>(height);
  header.depth = Little16(bytes, old ? 24 : 28);
  AG_RETURN_IF_ERROR(ReadPixelFormat(bytes, &header));
  if (header.data_begin < kFileHeaderSize + header.size) {
    return Corrupt("the pixels begin in the header");
  }
  if (header.depth <= 8 && header.data_begin < header.colour_end + 3) {
    return Corrupt("it has no palette");
  }
  return header;
}

using Colour = std::array<uint8_t, 3>;

// As many colours as there is room for; missing ones are black.
std::array<Colour, 256> ReadPalette(ByteSpan bytes, const Header& header) {
  std::array<Colour, 256> palette{};
  const size_t entry_size = header.size == 12 ? 3 : 4;
  const size_t count =
      std::min(palette.size(), (header.data_begin - header.colour_end) / entry_size);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = header.colour_end + i * entry_size;
    if (!HasBytes(bytes, at, 3)) break;
    palette[i] = {bytes[at + 2], bytes[at + 1], bytes[at]};
  }
  return palette;
}

// A channel's bits, wherever they are, as 8: the upper ones, or repeated.
uint8_t Channel(uint32_t pixel, uint32_t mask) {
  int shift = 0;
  while ((mask >> shift & 1) == 0) ++shift;
  int width = 0;
  while (shift + width < 32 && (mask >> (shift + width)) != 0) ++width;
  const uint32_t value = (pixel & mask) >> shift;
  if (width >= 8) return static_cast<uint8_t>(value >> (width - 8));
  uint32_t result = value << (8 - width);
  for (int filled = width; filled < 8; filled *= 2) result |= result >> filled;
  return static_cast<uint8_t>(result);
}

uint32_t PixelAt(ByteSpan row, const Header& header, int x) {
  const auto at = static_cast<size_t>(x);
  switch (header.depth) {
    case 16:
      return Little16(row, 2 * at);
    case 32:
      return Little32(row, 4 * at);
    default: {
      const size_t bit = at * header.depth;
      return row[bit / 8] >> (8 - header.depth - bit % 8) & ((1u << header.depth) - 1);
    }
  }
}

// One row of the picture. `alpha`: 0, or the mask of an alpha channel that is not zero everywhere.
void DecodeRow(ByteSpan row, const Header& header, const std::array<Colour, 256>& palette,
               uint32_t alpha, uint8_t* rgb) {
  for (int x = 0; x < header.width; ++x, rgb += 3) {
    if (header.depth == 24) {
      const size_t at = 3 * static_cast<size_t>(x);
      for (size_t c = 0; c < 3; ++c) rgb[c] = row[at + 2 - c];
      continue;
    }
    const uint32_t pixel = PixelAt(row, header, x);
    if (header.depth <= 8) {
      std::copy_n(palette[pixel].begin(), 3, rgb);
      continue;
    }
    const uint32_t opacity = alpha != 0 ? Channel(pixel, alpha) : 255;
    for (size_t c = 0; c < 3; ++c) rgb[c] = OverWhite(Channel(pixel, header.masks[c]), opacity);
  }
}

// Run lengths; pixels not set by any code get the palette's first colour. False: the data end
// before the picture does.
bool DecodeRunLengths(ByteSpan data, const Header& header, const std::array<Colour, 256>& palette,
                      Image* image) {
  const bool nibbles = header.compression == kRunLength4;
  for (size_t i = 0; i < image->pixels.size(); ++i) image->pixels[i] = palette[0][i % 3];
  int x = 0, y = 0;
  const auto put = [&](uint8_t index) {
    if (x < header.width && y < header.height) {
      std::copy_n(palette[index].begin(), 3,
                  image->at(x, header.top_down ? y : header.height - 1 - y));
    }
    if (x < header.width) ++x;
  };
  const auto nibble = [](uint8_t byte, int i) {
    return static_cast<uint8_t>(i % 2 == 0 ? byte >> 4 : byte & 15);
  };
  size_t at = 0;
  while (HasBytes(data, at, 2) && y < header.height) {
    const int count = data[at];
    const uint8_t value = data[at + 1];
    at += 2;
    if (count > 0) {
      for (int i = 0; i < count; ++i) put(nibbles ? nibble(value, i) : value);
      continue;
    }
    if (value == 1) return true;
    if (value == 0) {
      x = 0;
      ++y;
    } else if (value == 2) {
      if (!HasBytes(data, at, 2)) return false;
      x = std::min(header.width, x + data[at]);
      y = std::min(header.height, y + data[at + 1]);
      at += 2;
    } else {
      const size_t size = nibbles ? (size_t{value} + 1) / 2 : value;
      if (!HasBytes(data, at, size)) return false;
      for (int i = 0; i < value; ++i) {
        const auto k = static_cast<size_t>(i);
        put(nibbles ? nibble(data[at + k / 2], i) : data[at + k]);
      }
      at += (size + 1) / 2 * 2;
    }
  }
  return y == header.height || (y == header.height - 1 && x == header.width);
}

// Whole rows in the file; padding after the last one is not required.
int RowsThere(ByteSpan bytes, const Header& header) {
  if (!HasBytes(bytes, header.data_begin, header.row_size())) return 0;
  const size_t more = (bytes.size() - header.data_begin - header.row_size()) / header.stride();
  return static_cast<int>(std::min<size_t>(more + 1, static_cast<size_t>(header.height)));
}

}  // namespace

StatusOr<FileFacts> CheckBmp(ByteSpan bytes, const CheckLimits& limits) {
  AG_ASSIGN_OR_RETURN(const Header header, ReadHeader(bytes, limits.max_pixels));
  FileFacts facts;
  facts.width = header.width;
  facts.height = header.height;
  if (header.is_run_length()) {
    if (header.data_begin >= bytes.size()) return Corrupt("the file ends before the picture does");
    return facts;
  }
  const int rows = RowsThere(bytes, header);
  if (rows == header.height) return facts;
  if (rows == 0 || !limits.allow_truncated) return Corrupt("the file ends before the picture does");
  facts.flags |= kFlagTruncated;
  return facts;
}

StatusOr<Image> DecodeBmp(ByteSpan bytes, const FileFacts&) {
  AG_ASSIGN_OR_RETURN(const Header header, ReadHeader(bytes, Image::kMaxPixels));
  std::array<Colour, 256> palette{};
  if (header.depth <= 8) palette = ReadPalette(bytes, header);
  Image image(header.width, header.height);
  if (header.is_run_length()) {
    if (!DecodeRunLengths(bytes.subspan(header.data_begin), header, palette, &image)) {
      return Corrupt("the file ends before the picture does");
    }
    return image;
  }
  std::fill(image.pixels.begin(), image.pixels.end(), kMissingGray);
  const auto row_at = [&](int i) {
    return bytes.subspan(header.data_begin + static_cast<size_t>(i) * header.stride(),
                         header.row_size());
  };
  const int rows = RowsThere(bytes, header);
  // Many programs leave alpha zero and mean opaque.
  bool has_alpha = false;
  for (int i = 0; i < rows && header.masks[3] != 0 && !has_alpha; ++i) {
    for (int x = 0; x < header.width && !has_alpha; ++x) {
      has_alpha = (PixelAt(row_at(i), header, x) & header.masks[3]) != 0;
    }
  }
  for (int i = 0; i < rows; ++i) {
    const int y = header.top_down ? i : header.height - 1 - i;
    DecodeRow(row_at(i), header, palette, has_alpha ? header.masks[3] : 0, image.at(0, y));
  }
  return image;
}

}  // namespace ag::image_internal
