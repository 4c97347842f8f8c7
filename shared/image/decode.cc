#include "shared/image/decode.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/image/exif.h"
#include "shared/image/format_check.h"
#include "shared/image/stb_decoder.h"

namespace ag {
namespace {

using image_internal::FileFacts;

struct Format {
  std::string_view name;   // as in DecodedImage::format
  std::string_view magic;  // what the file begins with
  StatusOr<FileFacts> (*check)(std::span<const uint8_t> bytes, int64_t max_pixels);
};

constexpr Format kFormats[] = {
    {"jpeg", "\xff\xd8\xff", image_internal::CheckJpeg},
    {"png", "\x89PNG\r\n\x1a\n", image_internal::CheckPng},
    {"gif", "GIF87a", image_internal::CheckGif},
    {"gif", "GIF89a", image_internal::CheckGif},
    {"bmp", "BM", image_internal::CheckBmp},
};

bool HasAt(std::span<const uint8_t> bytes, size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

struct Hint {
  size_t at;
  std::string_view magic;
  std::string_view name;
};

using namespace std::string_view_literals;  // magics hold zeros

constexpr Hint kHints[] = {
    {8, "WEBP"sv, "WebP"},
    {4, "ftypavif"sv, "AVIF"},
    {4, "ftypavis"sv, "AVIF"},
    {4, "ftyphei"sv, "HEIC"},
    {4, "ftyphev"sv, "HEIC"},
    {4, "ftypmif1"sv, "HEIC or AVIF"},
    {4, "ftypmsf1"sv, "HEIC or AVIF"},
    {4, "ftypcrx"sv, "Canon's raw format CR3"},
    {4, "ftyp"sv, "a video (MP4 or QuickTime)"},
    {0, "II*\0"sv, "TIFF or a camera's raw format"},
    {0, "MM\0*"sv, "TIFF or a camera's raw format"},
    {0, "\xff\x0a"sv, "JPEG XL"},
    {0, "\0\0\0\x0cJXL "sv, "JPEG XL"},
    {0, "\0\0\0\x0cjP  "sv, "JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    {0, "%PDF"sv, "PDF"},
    {0, "8BPS"sv, "Photoshop (PSD)"},
    {0, "\0\0\1\0"sv, "an icon (ICO)"},
    {0, "PK\3\4"sv, "a ZIP archive"},
    {0, "\x1f\x8b"sv, "gzip"},
    {0, "<svg"sv, "SVG"},
    {0, "\x1a\x45\xdf\xa3"sv, "a video (WebM or Matroska)"},
};

bool LooksLikeText(std::span<const uint8_t> bytes) {
  const size_t looked_at = std::min<size_t>(bytes.size(), 512);
  return std::all_of(
      bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(looked_at),
      [](uint8_t byte) { return byte >= 32 ? byte != 127 : (byte >= 9 && byte <= 13); });
}

Status UnknownFormat(std::span<const uint8_t> bytes) {
  constexpr std::string_view kRead = "; JPEG, PNG, BMP and GIF are read";
  std::string what;
  for (const Hint& hint : kHints) {
    if (what.empty() && HasAt(bytes, hint.at, hint.magic)) {
      what = "this is " + std::string(hint.name) + ", which is not read here";
    }
  }
  if (what.empty()) {
    const size_t looked_at = std::min<size_t>(bytes.size(), 512);
    const bool all_zero =
        std::all_of(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(looked_at),
                    [](uint8_t byte) { return byte == 0; });
    what = LooksLikeText(bytes) ? "this looks like text, not like a picture"
           : all_zero           ? "this begins with nothing but zeros (a failed download?)"
                                : "not a picture that is known here";
  }
  return Status(Code::kUnknownFormat, what + std::string(kRead));
}

// Colour over white. Exact: (c * a + 255 * (255 - a)) / 255 to the nearest.
uint8_t OverWhite(uint32_t colour, uint32_t alpha) {
  return static_cast<uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
}

void CopyOverWhite(const uint8_t* rgba, Image* image) {
  const size_t count = image->pixels.size() / 3;
  uint8_t* rgb = image->pixels.data();
  for (size_t i = 0; i < count; ++i, rgba += 4, rgb += 3) {
    for (int channel = 0; channel < 3; ++channel) rgb[channel] = OverWhite(rgba[channel], rgba[3]);
  }
}

// The largest single piece that stb_image needs for an honest file: 16-bit RGBA (8 bytes a pixel)
// inflated from an interlaced PNG (a filter byte a row and pass), with the buffer doubled once; or
// a PNG's data joined in a buffer that doubles.
size_t MaxAllocation(size_t file_size, const FileFacts& facts) {
  const size_t pixels = static_cast<size_t>(facts.width) * static_cast<size_t>(facts.height);
  // Blocks of a JPEG are whole: up to 31 more columns and rows.
  const size_t border = 64 * (static_cast<size_t>(facts.width) + facts.height);
  return std::max(16 * pixels + 2 * border, 2 * file_size) + (size_t{64} << 10);
}

StatusOr<Image> DecodePixels(std::span<const uint8_t> bytes, const FileFacts& facts) {
  const int channels = facts.may_have_alpha ? 4 : 3;
  const std::span<const uint8_t> source =
      facts.repaired.empty() ? bytes : std::span<const uint8_t>(facts.repaired);
  const image_internal::StbResult decoded =
      image_internal::StbDecode(source, channels, MaxAllocation(bytes.size(), facts));
  if (decoded.pixels == nullptr) {
    if (decoded.out_of_memory) {
      return Status(Code::kOutOfMemory, "no memory for " + std::to_string(facts.width) + "x" +
                                            std::to_string(facts.height) + " pixels");
    }
    return Status(Code::kCorruptImage, "broken data (" + decoded.error + ")");
  }
  if (decoded.width != facts.width || decoded.height != facts.height) {
    return Status(Code::kCorruptImage, "the header gives two different sizes");
  }
  Image image(facts.width, facts.height);
  if (channels == 4) {
    CopyOverWhite(decoded.pixels.get(), &image);
  } else {
    std::copy_n(decoded.pixels.get(), image.pixels.size(), image.pixels.begin());
  }
  return image;
}

}  // namespace

namespace image_internal {

Status CheckSize(const char* format, int64_t width, int64_t height, int64_t max_pixels) {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  if (width < 1 || height < 1) {
    return Status(Code::kCorruptImage, std::string(format) + ": a size of " + size + " pixels");
  }
  // Sides first: the product of two 32-bit numbers fits, but keep it plain.
  const bool side_too_large = width > Image::kMaxSide || height > Image::kMaxSide;
  const int64_t cap = std::min(max_pixels, Image::kMaxPixels);
  if (side_too_large || width * height > cap) {
    return Status(Code::kTooLarge, std::string(format) + ": " + size + " pixels; at most " +
                                       std::to_string(cap) + " in all and " +
                                       std::to_string(Image::kMaxSide) + " a side are read");
  }
  return OkStatus();
}

}  // namespace image_internal

namespace {

StatusOr<const Format*> FindFormat(std::span<const uint8_t> bytes, size_t max_bytes) {
  if (bytes.empty()) return Status(Code::kEmpty, "the file is empty");
  if (bytes.size() > max_bytes) {
    return Status(Code::kTooLarge, std::to_string(bytes.size()) + " bytes; at most " +
                                       std::to_string(max_bytes) + " are read");
  }
  const auto* format =
      std::find_if(std::begin(kFormats), std::end(kFormats),
                   [&](const Format& candidate) { return HasAt(bytes, 0, candidate.magic); });
  if (format == std::end(kFormats)) return UnknownFormat(bytes);
  return format;
}

}  // namespace

std::vector<std::string_view> PictureFlagNames(uint32_t flags) {
  std::vector<std::string_view> names;
  if ((flags & kFlagColourProfile) != 0) names.push_back("colour_profile");
  if ((flags & kFlagTruncated) != 0) names.push_back("truncated");
  return names;
}

StatusOr<DecodedImage> DecodeImage(std::span<const uint8_t> bytes, const DecodeLimits& limits) {
  AG_ASSIGN_OR_RETURN(const Format* format, FindFormat(bytes, limits.max_bytes));
  AG_ASSIGN_OR_RETURN(const FileFacts facts, format->check(bytes, limits.max_pixels));
  StatusOr<Image> stored = DecodePixels(bytes, facts);
  if (!stored.ok()) return stored.status().WithContext(format->name);
  DecodedImage decoded;
  decoded.exif_orientation = ReadExifOrientation(bytes);
  decoded.image = ApplyOrientation(*std::move(stored), decoded.exif_orientation);
  decoded.format = format->name;
  return decoded;
}

StatusOr<ImageInfo> ProbeImage(std::span<const uint8_t> bytes, size_t max_bytes) {
  AG_ASSIGN_OR_RETURN(const Format* format, FindFormat(bytes, max_bytes));
  AG_ASSIGN_OR_RETURN(const FileFacts facts, format->check(bytes, Image::kMaxPixels));
  ImageInfo info{facts.width, facts.height, ReadExifOrientation(bytes), std::string(format->name)};
  // 5 to 8 lie on their side.
  if (info.exif_orientation >= 5) std::swap(info.width, info.height);
  return info;
}

}  // namespace ag
