#include "shared/image/decode.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/image/colour_profile.h"
#include "shared/image/exif.h"
#include "shared/image/format_check.h"
#include "shared/image/format_name.h"
#include "shared/image/pnm.h"
#include "shared/image/stb_decoder.h"

namespace ag {
namespace {

using image_internal::FileFacts;

struct Format {
  std::string_view name;   // as in DecodedImage::format
  std::string_view magic;  // what the file begins with
  StatusOr<FileFacts> (*check)(std::span<const uint8_t> bytes,
                               const image_internal::CheckLimits& limits);
  // Null: stb_image decodes.
  StatusOr<Image> (*decode)(std::span<const uint8_t> bytes, const FileFacts& facts) = nullptr;
  // Whether its numbers mean other colours than sRGB's. Null: the format does not say.
  bool (*colours_differ)(std::span<const uint8_t> bytes) = nullptr;
};

constexpr Format kFormats[] = {
    {"jpeg", "\xff\xd8\xff", image_internal::CheckJpeg, nullptr, image_internal::JpegColoursDiffer},
    {"png", "\x89PNG\r\n\x1a\n", image_internal::CheckPng, nullptr,
     image_internal::PngColoursDiffer},
    {"gif", "GIF87a", image_internal::CheckGif},
    {"gif", "GIF89a", image_internal::CheckGif},
    {"bmp", "BM", image_internal::CheckBmp, image_internal::DecodeBmp,
     image_internal::BmpColoursDiffer},
};
// Formats with one of six magics, recognised with the header after it.
constexpr Format kPnm = {"pnm", "P", image_internal::CheckPnm, image_internal::DecodePnm};

using namespace std::string_view_literals;  // magics hold zeros

bool HasAt(std::span<const uint8_t> bytes, size_t at, std::string_view text) {
  return bytes.size() >= at + text.size() &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

// TGA 2.0 has its magic in a footer of 26 bytes; without one its header decides (format_name.cc).
bool EndsAsTga(std::span<const uint8_t> bytes) {
  return bytes.size() > 26 && HasAt(bytes, bytes.size() - 18, "TRUEVISION-XFILE.\0"sv);
}

Status UnknownFormat(std::span<const uint8_t> bytes) {
  constexpr std::string_view kRead = "; JPEG, PNG, BMP, GIF, PPM, PGM and PBM are read";
  const std::string_view name = image_internal::DescribeFormat(bytes);
  std::string what;
  if (name == "text") {
    what = "this looks like text, not like a picture";
  } else if (!name.empty()) {
    what = "this is " + std::string(name) + ", which is not read here";
  } else if (EndsAsTga(bytes)) {
    what = "this is TGA, which is not read here";
  } else {
    const auto begin = bytes.first(std::min<size_t>(bytes.size(), 512));
    const bool all_zero =
        std::all_of(begin.begin(), begin.end(), [](uint8_t byte) { return byte == 0; });
    what = all_zero ? "this begins with nothing but zeros (a failed download?)"
                    : "not a picture that is known here";
  }
  return Status(Code::kUnknownFormat, what + std::string(kRead));
}

void CopyOverWhite(const uint8_t* rgba, Image* image) {
  const size_t count = image->pixels.size() / 3;
  uint8_t* rgb = image->pixels.data();
  for (size_t i = 0; i < count; ++i, rgba += 4, rgb += 3) {
    for (int channel = 0; channel < 3; ++channel)
      rgb[channel] = image_internal::OverWhite(rgba[channel], rgba[3]);
  }
}

void FillMissing(const FileFacts::Missing& missing, Image* image) {
  const int end = std::min(image->height, missing.y + missing.height);
  for (int y = missing.y; y < image->height; ++y) {
    const int x = y < end ? std::min(missing.x, image->width) : 0;
    std::fill_n(image->pixels.begin() + (ptrdiff_t{y} * image->width + x) * 3,
                ptrdiff_t{3} * (image->width - x), image_internal::kMissingGray);
  }
}

// The largest single allocation that stb_image needs for an honest file: 16-bit RGBA (8 bytes per
// pixel) inflated from an interlaced PNG (a filter byte per row and pass), with the buffer doubled
// once; or a PNG's data joined in a doubling buffer.
size_t MaxAllocation(size_t file_size, const FileFacts& facts) {
  const size_t pixels = static_cast<size_t>(facts.width) * static_cast<size_t>(facts.height);
  // A JPEG's blocks are whole: up to 31 more columns and rows.
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
  // Sides first: the product of two 32-bit numbers fits, but keep it simple.
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

const Format* FormatOf(std::span<const uint8_t> bytes) {
  const auto* format =
      std::find_if(std::begin(kFormats), std::end(kFormats),
                   [&](const Format& candidate) { return HasAt(bytes, 0, candidate.magic); });
  if (format != std::end(kFormats)) return format;
  PnmHeader header;
  const bool pnm = bytes.size() > 1 && ReadPnmHeader(bytes, &header) != PnmBegins::kNo;
  return pnm ? &kPnm : nullptr;
}

StatusOr<const Format*> FindFormat(std::span<const uint8_t> bytes, size_t max_bytes) {
  if (bytes.empty()) return Status(Code::kEmpty, "the file is empty");
  if (bytes.size() > max_bytes) {
    return Status(Code::kTooLarge, std::to_string(bytes.size()) + " bytes; at most " +
                                       std::to_string(max_bytes) + " are read");
  }
  const Format* format = FormatOf(bytes);
  if (format == nullptr) return UnknownFormat(bytes);
  return format;
}

}  // namespace

bool IsReadFormat(std::span<const uint8_t> first_bytes) { return FormatOf(first_bytes) != nullptr; }

namespace {

uint32_t FlagsOf(const Format& format, const FileFacts& facts, std::span<const uint8_t> bytes) {
  const bool differ = format.colours_differ != nullptr && format.colours_differ(bytes);
  return differ ? facts.flags | kFlagColourProfile : facts.flags;
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
  AG_ASSIGN_OR_RETURN(const FileFacts facts,
                      format->check(bytes, {limits.max_pixels, limits.allow_truncated}));
  StatusOr<Image> stored =
      format->decode != nullptr ? format->decode(bytes, facts) : DecodePixels(bytes, facts);
  if (!stored.ok()) {
    return format->decode != nullptr ? stored.status() : stored.status().WithContext(format->name);
  }
  for (const FileFacts::Missing& missing : facts.missing) FillMissing(missing, &*stored);
  DecodedImage decoded;
  decoded.exif_orientation = ReadExifOrientation(bytes);
  decoded.image = ApplyOrientation(*std::move(stored), decoded.exif_orientation);
  decoded.format = format->name;
  decoded.flags = FlagsOf(*format, facts, bytes);
  return decoded;
}

StatusOr<ImageInfo> ProbeImage(std::span<const uint8_t> bytes, size_t max_bytes) {
  AG_ASSIGN_OR_RETURN(const Format* format, FindFormat(bytes, max_bytes));
  AG_ASSIGN_OR_RETURN(const FileFacts facts,
                      format->check(bytes, {.max_pixels = Image::kMaxPixels}));
  ImageInfo info{facts.width, facts.height, ReadExifOrientation(bytes), std::string(format->name),
                 FlagsOf(*format, facts, bytes)};
  // 5 to 8: the sides are swapped.
  if (info.exif_orientation >= 5) std::swap(info.width, info.height);
  return info;
}

}  // namespace ag
