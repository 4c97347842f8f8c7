#include "shared/image/format_name.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "shared/image/byte_order.h"
#include "shared/image/decode.h"
#include "shared/image/pnm.h"

namespace ag {
namespace image_internal {
namespace {

using namespace std::string_view_literals;  // magics hold zeros

using ByteSpan = std::span<const uint8_t>;

bool HasAt(ByteSpan bytes, size_t at, std::string_view text) {
  return HasBytes(bytes, at, text.size()) &&
         std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

struct Magic {
  uint16_t at;
  std::string_view bytes;
  std::string_view name;
};

// The first that fits counts. Where a magic is short, what follows it is checked in a function
// below instead.
constexpr Magic kMagics[] = {
    // Of the formats that are read (BMP: below).
    {0, "\xff\xd8\xff\xf7"sv, "JPEG-LS"},
    {0, "\xff\xd8\xff"sv, "JPEG"},
    {0, "\x89PNG\r\n\x1a\n"sv, "PNG"},
    {0, "GIF87a"sv, "GIF"},
    {0, "GIF89a"sv, "GIF"},
    // Pictures. Raw formats that look like TIFF are told apart in TiffName.
    {8, "WEBP"sv, "WebP"},
    {0, "II+\0"sv, "BigTIFF"},
    {0, "MM\0+"sv, "BigTIFF"},
    {0, "II\xbc"sv, "JPEG XR"},
    {0, "IIRO"sv, "a camera's raw format (ORF)"},
    {0, "IIRS"sv, "a camera's raw format (ORF)"},
    {0, "MMOR"sv, "a camera's raw format (ORF)"},
    {0, "IIU\0"sv, "a camera's raw format (RW2)"},
    {0, "FUJIFILMCCD-RAW"sv, "a camera's raw format (RAF)"},
    {0, "FOVb"sv, "a camera's raw format (X3F)"},
    {0, "\0MRM"sv, "a camera's raw format (MRW)"},
    {6, "HEAPCCDR"sv, "a camera's raw format (CRW)"},
    {0, "\xff\x0a"sv, "JPEG XL"},
    {0, "\0\0\0\x0cJXL "sv, "JPEG XL"},
    {0, "\0\0\0\x0cjP  "sv, "JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    {0, "8BPS\0\1"sv, "Photoshop (PSD)"},
    {0, "8BPS\0\2"sv, "Photoshop (PSB)"},
    {0, "gimp xcf"sv, "GIMP (XCF)"},
    {0, "%PDF"sv, "PDF"},
    {0, "%!PS"sv, "PostScript (EPS)"},
    {0, "\xc5\xd0\xd3\xc6"sv, "PostScript (EPS)"},
    {0, "v/1\1"sv, "OpenEXR"},
    {0, "#?RADIANCE"sv, "Radiance HDR"},
    {0, "#?RGBE"sv, "Radiance HDR"},
    {0, "DDS |\0\0\0"sv, "DDS"},
    {0, "\xabKTX "sv, "KTX"},
    {0, "qoif"sv, "QOI"},
    {0, "FLIF"sv, "FLIF"},
    {0, "BPG\xfb"sv, "BPG"},
    {0, "\x8aMNG\r\n"sv, "MNG"},
    {0, "\x8bJNG\r\n"sv, "JNG"},
    {0, "icns\0"sv, "an icon (ICNS)"},
    {0, "P7\n"sv, "PAM"},
    {0, "PF\n"sv, "PFM"},
    {0, "Pf\n"sv, "PFM"},
    {0, "farbfeld"sv, "farbfeld"},
    {0, "AT&TFORM"sv, "DjVu"},
    {8, "ILBM"sv, "IFF ILBM"},
    {0, "\x59\xa6\x6a\x95"sv, "Sun raster"},
    {0, "SDPX"sv, "DPX"},
    {0, "XPDS"sv, "DPX"},
    {0, "SIMPLE  ="sv, "FITS"},
    {128, "DICM"sv, "DICOM"},
    {0, "\xd7\xcd\xc6\x9a"sv, "WMF"},
    {40, " EMF"sv, "EMF"},
    {0, "/* XPM */"sv, "XPM"},
    // Videos and sound. What has ISO's boxes is told apart in BoxName.
    {8, "AVI LIST"sv, "AVI video"},
    {8, "ACON"sv, "an animated cursor (ANI)"},
    {8, "WAVEfmt "sv, "sound (WAV)"},
    {0, "\x1a\x45\xdf\xa3"sv, "WebM or Matroska video"},
    {0, "FLV\1"sv, "Flash video"},
    {0, "\0\0\1\xba"sv, "MPEG video"},
    {0, "\0\0\1\xb3"sv, "MPEG video"},
    {0, "\0\0\0\1\x67"sv, "H.264 video"},
    {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, "Windows Media video"},
    {0, "YUV4MPEG2 "sv, "YUV4MPEG video"},
    {0, "OggS\0"sv, "Ogg video or sound"},
    {0, "ID3"sv, "sound (MP3)"},
    {0, "fLaC"sv, "sound (FLAC)"},
    // Archives and other files.
    {0, "PK\3\4"sv, "a ZIP archive"},
    {0, "PK\5\6"sv, "a ZIP archive"},
    {0, "\x1f\x8b\x08"sv, "gzip"},
    {0, "BZh"sv, "bzip2"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "xz"},
    {0, "\x28\xb5\x2f\xfd"sv, "Zstandard"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive"},
    {0, "Rar!\x1a\7"sv, "a RAR archive"},
    {257, "ustar"sv, "a TAR archive"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an Office document or Thumbs.db"},
    {0, "\0\5\x16\7"sv, "AppleDouble (macOS keeps a file's attributes in it)"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program"},
    {0, "MZ\x90\0"sv, "a program"},
    {0, "SQLite format 3\0"sv, "an SQLite database"},
    {0, "\x89HDF\r\n"sv, "HDF5"},
    {0, "\x93NUMPY"sv, "NumPy"},
    {0, "bplist0"sv, "a property list"},
    {0, "\x89PNG\n"sv, "a PNG file whose line ends were converted, as text"},
    {0, "\xef\xbf\xbdPNG"sv, "a PNG file that was stored as text"},
    {0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"sv, "a binary file that was stored as text"},
};

// --- ISO base media files (ISO/IEC 14496-12): boxes with a name; `ftyp` lists brands.

struct Brand {
  std::string_view begin;
  std::string_view name;
};
constexpr Brand kBrands[] = {
    {"avif", "AVIF"},
    {"avis", "AVIF"},
    {"hei", "HEIC"},  // heic, heix, heim, heis
    {"hev", "HEIC"},  // hevc, hevx, hevm, hevs
    {"crx ", "a camera's raw format (CR3)"},
    {"jxl ", "JPEG XL"},
    {"jp2 ", "JPEG 2000"},
    {"qt  ", "QuickTime video"},
    {"M4A", "sound (M4A)"},
};

std::string_view BoxName(ByteSpan bytes) {
  constexpr std::string_view kQuickTime[] = {"moov", "mdat", "wide", "pnot"};
  for (const std::string_view name : kQuickTime) {
    if (HasAt(bytes, 4, name)) return "QuickTime video";
  }
  if (!HasAt(bytes, 4, "ftyp"sv) || bytes.size() < 12) return {};
  const size_t end = std::min<size_t>(bytes.size(), Big32(bytes, 0));
  std::string_view name = "MP4 video";
  // The major brand, a version, then the compatible brands.
  for (size_t at = 8; at == 8 || at + 4 <= end; at += at == 8 ? 8 : 4) {
    for (const Brand& brand : kBrands) {
      if (HasAt(bytes, at, brand.begin)) return brand.name;
    }
    // Of the family, but which one the others say.
    if (HasAt(bytes, at, "mif1"sv) || HasAt(bytes, at, "msf1"sv)) name = "HEIF";
  }
  return name;
}

// --- TIFF 6.0 and the raw formats that are built like it: by tags of the first directory.

std::string_view TiffName(ByteSpan bytes) {
  const bool little = HasAt(bytes, 0, "II*\0"sv);
  if (!little && !HasAt(bytes, 0, "MM\0*"sv)) return {};
  if (HasAt(bytes, 8, "CR\2"sv)) return "a camera's raw format (CR2)";
  const auto read16 = [&](size_t at) { return little ? Little16(bytes, at) : Big16(bytes, at); };
  const auto read32 = [&](size_t at) { return little ? Little32(bytes, at) : Big32(bytes, at); };
  constexpr uint32_t kMaker = 0x010f, kSubDirectories = 0x014a, kDngVersion = 0xc612;
  if (bytes.size() < 8) return "TIFF";
  const size_t directory = read32(4);
  if (!HasBytes(bytes, directory, 2)) return "TIFF";
  const size_t count = read16(directory);
  bool has_sub_directories = false;
  std::string_view by_maker;
  for (size_t i = 0; i < count && HasBytes(bytes, directory + 2 + 12 * i, 12); ++i) {
    const size_t entry = directory + 2 + 12 * i;
    const uint32_t tag = read16(entry);
    if (tag == kDngVersion) return "a camera's raw format (DNG)";
    has_sub_directories |= tag == kSubDirectories;
    if (tag != kMaker) continue;
    const size_t maker = read32(entry + 8);
    if (HasAt(bytes, maker, "NIKON"sv)) by_maker = "a camera's raw format (NEF)";
    if (HasAt(bytes, maker, "SONY"sv)) by_maker = "a camera's raw format (ARW)";
    if (HasAt(bytes, maker, "PENTAX"sv)) by_maker = "a camera's raw format (PEF)";
    if (HasAt(bytes, maker, "SAMSUNG"sv)) by_maker = "a camera's raw format (SRW)";
  }
  // A plain TIFF of such a camera has one picture, a raw file several.
  return has_sub_directories && !by_maker.empty() ? by_maker : "TIFF";
}

// --- Formats with a short magic or none: what their header must hold besides.

bool IsBmp(ByteSpan bytes) { return HasAt(bytes, 0, "BM"sv); }

// Type, number of pictures, and of the first one a byte that is zero.
std::string_view IconName(ByteSpan bytes) {
  const bool icon = HasAt(bytes, 0, "\0\0\1\0"sv);
  if (!icon && !HasAt(bytes, 0, "\0\0\2\0"sv)) return {};
  if (bytes.size() < 10 || Little16(bytes, 4) == 0 || bytes[9] != 0) return {};
  return icon ? "an icon (ICO)" : "a cursor (CUR)";
}

bool IsPcx(ByteSpan bytes) {
  if (bytes.size() < 68 || bytes[0] != 10 || bytes[1] > 5 || bytes[2] > 1) return false;
  const int depth = bytes[3];
  return (depth == 1 || depth == 2 || depth == 4 || depth == 8) && bytes[64] == 0;
}

// Truevision TGA 2.0, section "header": no magic at all, so every field must make sense.
bool IsTga(ByteSpan bytes) {
  if (bytes.size() < 18) return false;
  const int map_type = bytes[1], type = bytes[2], depth = bytes[16];
  const bool mapped = type == 1 || type == 9;
  const bool gray = type == 3 || type == 11;
  if (!mapped && !gray && type != 2 && type != 10) return false;
  if (Little16(bytes, 12) == 0 || Little16(bytes, 14) == 0 || (bytes[17] & 0xc0) != 0) return false;
  if (mapped) {
    const int map_depth = bytes[7];
    return map_type == 1 && Little16(bytes, 5) > 0 && depth == 8 &&
           (map_depth == 15 || map_depth == 16 || map_depth == 24 || map_depth == 32);
  }
  const bool no_map = map_type == 0 && std::all_of(bytes.begin() + 3, bytes.begin() + 8,
                                                   [](uint8_t byte) { return byte == 0; });
  return no_map && (gray ? depth == 8 || depth == 16
                         : depth == 15 || depth == 16 || depth == 24 || depth == 32);
}

// Packets of 188 bytes that begin with 'G'.
bool IsTransportStream(ByteSpan bytes) {
  return HasAt(bytes, 0, "G"sv) && HasAt(bytes, 188, "G"sv) && HasAt(bytes, 376, "G"sv);
}

// --- Text.

bool IsText(ByteSpan bytes) {
  return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) {
    return byte >= 32 ? byte != 127 : (byte >= 9 && byte <= 13) || byte == 27;
  });
}

std::string_view TextName(ByteSpan bytes) {
  if (HasAt(bytes, 0, "\xff\xfe"sv) || HasAt(bytes, 0, "\xfe\xff"sv)) return "text (UTF-16)";
  if (!IsText(bytes)) return {};
  std::string text(bytes.begin(), bytes.end());
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  if (text.starts_with("version https://git-lfs")) return "a Git LFS pointer, not the file itself";
  if (text.find(".git/annex/objects") != std::string::npos || text.starts_with("/annex/objects")) {
    return "a git-annex pointer, not the file itself";
  }
  if (text.starts_with("#define") && text.find("_width") != std::string::npos) return "XBM";
  if (!text.starts_with("<")) return "text";
  // A comment or a prologue may come first; whichever element stands before the other counts.
  const size_t svg = std::min(text.find("<svg"), text.find("<!doctype svg"));
  const size_t html = std::min(text.find("<html"), text.find("<!doctype html"));
  if (svg < html) return "SVG";
  if (html < svg || text.starts_with("<head") || text.starts_with("<body")) return "an HTML page";
  return text.starts_with("<?xml") ? "XML" : "text";
}

std::string_view PnmName(ByteSpan bytes) {
  PnmHeader header;
  if (bytes.size() < 2 || ReadPnmHeader(bytes, &header) == PnmBegins::kNo) return {};
  constexpr std::string_view kNames[] = {"PPM", "PBM", "PGM"};
  return kNames[header.kind % 3];
}

}  // namespace

std::string_view DescribeFormat(ByteSpan first_bytes) {
  const ByteSpan bytes = first_bytes.first(std::min(first_bytes.size(), kFormatBytes));
  for (const Magic& magic : kMagics) {
    if (HasAt(bytes, magic.at, magic.bytes)) return magic.name;
  }
  if (IsBmp(bytes)) return "BMP";
  for (const auto name_of : {BoxName, TiffName, IconName, PnmName, TextName}) {
    if (const std::string_view name = name_of(bytes); !name.empty()) return name;
  }
  if (HasAt(bytes, 0, "BA"sv) && HasAt(bytes, 14, "BM"sv)) return "an OS/2 bitmap array";
  if (IsPcx(bytes)) return "PCX";
  if (IsTransportStream(bytes)) return "MPEG video";
  if (IsTga(bytes)) return "TGA";
  return {};
}

}  // namespace image_internal

std::string_view FormatNameOf(std::span<const uint8_t> first_bytes) {
  std::string_view name = image_internal::DescribeFormat(first_bytes);
  for (const std::string_view article : {"a ", "an "}) {
    if (name.starts_with(article)) name.remove_prefix(article.size());
  }
  return name;
}

}  // namespace ag
