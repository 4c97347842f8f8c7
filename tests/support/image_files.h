// Picture files made in memory, for tests: small writers of our own with exactly known pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "shared/image/image.h"

namespace ag::test {

using Bytes = std::vector<uint8_t>;

// A picture without any symmetry: smooth colours with noise on top, the same on every platform.
Image MakePicture(int width, int height, uint64_t seed = 1);

// --- PNG, with stored (not compressed) deflate blocks.
struct PngOptions {
  int width = 1;
  int height = 1;
  int colour_type = 2;  // 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA
  int depth = 8;
  bool interlaced = false;
  Bytes palette = {};       // PLTE, RGB
  Bytes transparency = {};  // tRNS as in the file
};
// The sample (x, y, channel) as stored: 0 .. 2^depth - 1.
using PngSample = std::function<int(int x, int y, int channel)>;
Bytes MakePng(const PngOptions& options, const PngSample& sample);
Bytes MakePng(const Image& image);  // RGB, 8 bits

// Adds a chunk behind IHDR.
Bytes InsertPngChunk(const Bytes& png, std::string_view name, std::span<const uint8_t> payload);
// Corrects every checksum, as far as the chunks can be followed.
Bytes RepairPngChecksums(Bytes png);

// A zlib stream of stored blocks.
Bytes StoredZlib(const Bytes& data);
// A zlib stream of 1 + 258 * runs zeros in 13 bits a run: deflate with fixed codes (RFC 1951,
// 3.2.6), a zero, then copies of it.
Bytes ZlibZeros(int runs);
// One bit per pixel, all black, a thousandth of its pixels' size: for pictures of any size.
Bytes MakeBlackPng(int width, int height);

// --- JPEG, baseline, every 8x8 block of one colour: `value` is the sample of the component in that
// block, and the decoder returns exactly that. No subsampling.
struct BlockJpegOptions {
  int block_columns = 1;
  int block_rows = 1;
  int components = 1;        // 1, 3 (YCbCr) or 4
  int adobe_transform = -1;  // >= 0: with Adobe's marker. 0: RGB or CMYK, 1: YCbCr, 2: YCCK
  int restart_interval = 0;  // blocks
};
using BlockValue = std::function<int(int column, int row, int component)>;
Bytes MakeBlockJpeg(const BlockJpegOptions& options, const BlockValue& value);

// Adds a segment behind the start-of-image marker.
Bytes InsertJpegSegment(const Bytes& jpeg, uint8_t marker, std::span<const uint8_t> payload);

// A TIFF structure with the orientation, behind a few other tags; for PNG's eXIf as it is.
Bytes MakeExifTiff(int orientation, bool little_endian);
// The same behind "Exif\0\0", for JPEG's APP1.
Bytes MakeExifSegment(int orientation, bool little_endian);

// --- BMP of every kind.
struct BmpOptions {
  int width = 1;
  int height = 1;
  int header = 40;  // its bytes: 12, 16, 40, 52, 56, 64, 108 or 124
  int depth = 24;
  bool top_down = false;
  uint32_t compression = 0;
  std::vector<uint32_t> masks = {};  // behind the header of 40 bytes, in the longer ones
  Bytes palette = {};                // RGB
  Bytes data = {};                   // not empty: instead of the pixels (run lengths)
  int gap = 0;                       // bytes between palette and pixels
};
// The pixel as stored: an index, or blue in the lowest bits.
using BmpPixel = std::function<uint32_t(int x, int y)>;
Bytes MakeBmp(const BmpOptions& options, const BmpPixel& pixel);

// --- BMP (24 bits) and GIF (128 gray levels, from the picture's green channel / 2).
Bytes MakeBmp(const Image& image);
Bytes MakeGif(const Image& image);

// --- PNM of the kind 1 to 6, with what stands between the header's numbers ("\n# words\n").
Bytes MakePnm(const Image& image, int kind, int max_value = 255, std::string_view between = " ");

// --- ICC profiles with a matrix and one curve for all colours, or of gray.
struct IccOptions {
  std::string_view colour_space = "RGB ";
  // X, Y, Z of red, green and blue in the profile connection space; empty: no matrix.
  std::vector<double> primaries = {};
  // Type 0 to 4 of a parametric curve and its parameters; or -1 and one number: the gamma of a
  // `curv`; or -2 and the entries of its table (0..1).
  int curve = -1;
  std::vector<double> curve_numbers = {2.2};
  std::string_view description = "made for a test";
};
Bytes MakeIccProfile(const IccOptions& options);
// Of sRGB (IEC 61966-2-1), adapted to D50.
std::vector<double> SrgbPrimaries();
std::vector<double> SrgbCurveParameters();  // of type 3
// In APP2 segments of at most `part` bytes each, behind the start of a JPEG; in a PNG's iCCP.
Bytes WithJpegProfile(const Bytes& jpeg, const Bytes& profile, size_t part = 65519);
Bytes WithPngProfile(const Bytes& png, const Bytes& profile);

// Files by libjpeg-turbo 2.1.5 (cjpeg -quality 60) of one 40x27 picture with 4:2:0 subsampling.
Bytes SampleBaselineJpeg();     // -optimize
Bytes SampleRestartJpeg();      // -optimize -restart 2B
Bytes SampleProgressiveJpeg();  // -progressive
Bytes SampleArithmeticJpeg();   // -arithmetic
// The baseline one's coefficients, recoded by jpegtran.
Bytes SampleStandardTablesJpeg();      // with the tables of T.81, annex K
Bytes SampleProgressiveRestartJpeg();  // -progressive -restart 2B

// Where the first marker of this kind is (its 0xff); bytes.size() if there is none. Segments are
// skipped by their lengths, coded data are searched.
size_t FindJpegMarker(const Bytes& jpeg, uint8_t marker, size_t from = 2);
// Without any segment of this kind.
Bytes RemoveJpegSegments(const Bytes& jpeg, uint8_t marker);
// With bytes inserted.
Bytes InsertBytes(Bytes bytes, size_t at, std::span<const uint8_t> more);

}  // namespace ag::test
