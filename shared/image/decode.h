// Bytes of a picture file -> upright RGB pixels, the same on every platform, bit for bit.
//
//   formats   JPEG (baseline, progressive; gray, YCbCr, RGB; CMYK and YCCK with Adobe's marker),
//             PNG (every colour type, bit depth and interlacing), GIF (first picture only): decoded
//             by stb_image without its SIMD code, which differs between instruction sets. BMP (1 to
//             32 bits, run lengths, of Windows and OS/2) and Netpbm's PPM, PGM and PBM (binary and
//             text, up to 16 bits; first picture only): decoded here. TGA is left out on purpose:
//             it has no magic, so any file could be taken for one.
//
//   colour    the numbers of the file, taken as sRGB: embedded ICC profiles and gamma chunks are
//             ignored. Gray gives three equal channels; 16 bits of a PNG keep their upper 8,
//             samples of a PNM are scaled by their largest value.
//   alpha     composited over white: (colour * alpha + 255 * (255 - alpha)) / 255, rounded.
//   upright   the EXIF orientation is applied.
//   hostile   the magic is checked here and the size is read from the header before the decoder
//             allocates anything for pixels. Peak memory besides the file: 6 bytes per pixel for a
//             baseline JPEG, 12 for a progressive one (plus the file again and half a byte per
//             pixel, if its structure must be mended), 16 for a PNG of four 16-bit channels; a zlib
//             stream that swells beyond its header ends at 16 (or at twice the file).
//   errors    kEmpty             no bytes
//             kTooLarge          above a cap of DecodeLimits
//             kUnknownFormat     none of the formats above; the message says what it looks like
//             kCorruptImage      a known format whose content is broken or ends early
//             kUnsupportedImage  a known format in an unsupported variant (12-bit JPEG, ...)
//             kOutOfMemory
//
//   truncated A JPEG is refused if its data end or break before the picture is whole: a baseline
//             one if a scan ends before the last row of blocks, a progressive one without an
//             end-of-image marker if any bit of any coefficient is missing. Nothing after the last
//             scan is required (cameras write trash there), and what other decoders skip is
//             skipped: restart markers and bytes between the data and the next marker, up to 256
//             bytes before a restart marker; the usual Huffman tables (ITU-T T.81, annex K) may be
//             missing, as in Motion JPEG. With allow_truncated whatever exists is read, if it is at
//             least a row of blocks: missing pixels are middle gray (128), a progressive picture is
//             as sharp as its data allow, and the picture is flagged.
//   threads   safe to call from several at once
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag {

struct DecodeLimits {
  size_t max_bytes = size_t{64} << 20;  // of the file
  int64_t max_pixels = 64'000'000;      // width * height
  bool allow_truncated = false;         // accept truncated pictures: the rows that exist
};

// Reservations about a picture's pixels. Bits; records contain their names.
enum PictureFlag : uint32_t {
  kFlagColourProfile = 1u << 0,  // not sRGB, and not converted: colours are off, and so are ages
  kFlagTruncated = 1u << 1,      // rows are missing (DecodeLimits::allow_truncated)
};
// Names in a fixed order: {"colour_profile", "truncated"}.
std::vector<std::string_view> PictureFlagNames(uint32_t flags);

struct DecodedImage {
  Image image;               // upright
  int exif_orientation = 1;  // 1..8 as found in the file; already applied to `image`
  std::string format;        // "jpeg", "png", "bmp", "gif" or "pnm"
  uint32_t flags = 0;        // PictureFlag bits
};

StatusOr<DecodedImage> DecodeImage(std::span<const uint8_t> bytes, const DecodeLimits& limits = {});

struct ImageInfo {
  int width = 0;  // of the upright picture
  int height = 0;
  int exif_orientation = 1;
  std::string format;
  uint32_t flags = 0;  // as DecodedImage::flags
};

// How many of a file's first bytes FormatNameOf uses.
inline constexpr size_t kFormatBytes = 1024;

// What a file is, by its first bytes: "JPEG", "PNG", "HEIC", "WebP", "ZIP archive", "HTML page",
// "text" ...; "" if unknown (zeros, for instance). Fewer than kFormatBytes say less. The names are
// for people, and for counting files by kind.
std::string_view FormatNameOf(std::span<const uint8_t> first_bytes);

// Whether DecodeImage supports the format, by the same first bytes; whether the file is whole is
// another question.
bool IsReadFormat(std::span<const uint8_t> first_bytes);

// What the file's structure says, checked as in DecodeImage but without decoding any pixel: for a
// caller that chooses a decoder by the size. Reports any size that Image can hold. Errors as from
// DecodeImage, except kOutOfMemory.
StatusOr<ImageInfo> ProbeImage(std::span<const uint8_t> bytes,
                               size_t max_bytes = DecodeLimits().max_bytes);

}  // namespace ag
