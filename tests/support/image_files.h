// Picture files made in memory, for tests: small writers of our own whose pixels are known exactly.
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
// Makes every checksum right again, as far as the chunks can be followed.
Bytes RepairPngChecksums(Bytes png);

// A zlib stream of 1 + 258 * runs zeros in 13 bits a run: deflate with fixed codes (RFC 1951,
// 3.2.6), a zero, then copies of it.
Bytes ZlibZeros(int runs);
// One bit a pixel, all black, a thousandth of its pixels' size: for pictures of any size.
Bytes MakeBlackPng(int width, int height);

// --- JPEG, baseline, every 8x8 block of one colour: `value` is the sample of the component in that
// block, and the decoder gives exactly it back. No subsampling.
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

// --- BMP (24 bits) and GIF (128 gray levels, from the picture's green channel / 2).
Bytes MakeBmp(const Image& image);
Bytes MakeGif(const Image& image);

// Files by libjpeg-turbo 2.1.5 (cjpeg -quality 60) of one 40x27 picture with 4:2:0 subsampling.
Bytes SampleBaselineJpeg();     // -optimize
Bytes SampleRestartJpeg();      // -optimize -restart 2B
Bytes SampleProgressiveJpeg();  // -progressive
Bytes SampleArithmeticJpeg();   // -arithmetic
// The baseline one's coefficients coded anew by jpegtran.
Bytes SampleStandardTablesJpeg();      // with the tables of T.81, annex K
Bytes SampleProgressiveRestartJpeg();  // -progressive -restart 2B

// Where the first marker of this kind stands (its 0xff); bytes.size() if there is none. Segments
// are passed over by their lengths, coded data are searched.
size_t FindJpegMarker(const Bytes& jpeg, uint8_t marker, size_t from = 2);
// Without any segment of this kind.
Bytes RemoveJpegSegments(const Bytes& jpeg, uint8_t marker);
// With bytes put in.
Bytes InsertBytes(Bytes bytes, size_t at, std::span<const uint8_t> more);

}  // namespace ag::test
