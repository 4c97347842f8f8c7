// Whether a file's numbers mean colours other than sRGB's. Internal to shared/image.
#pragma once

#include <cstdint>
#include <span>

namespace ag::image_internal {

// Decided by how large the difference is: ten colours (five shades of skin, five grays) are
// converted as the file says. If their sRGB values differ by more than 6 of 255 levels in the mean
// of the colours' largest channels, so do ages. That accepts what is meant to look like sRGB
// (Apple's, gamma 2.2, other programs' small profiles) and Display P3 (4.5 levels: the profile of
// every iPhone picture), and detects gamma 2.0 (7.8), Adobe RGB (8.8), gamma 1.8 (16), ProPhoto
// (28) and gamma 1.0 (57).
//   ICC profiles (ICC.1:2022) with a matrix and curves, or of gray: by these. With tables alone:
//   sRGB if their description says so. Other than RGB and gray: different. A broken one is none, as
//   for every viewer.

// `bytes`: a whole file of the format. JPEG: the profile of its APP2 segments, or else what EXIF
// says about Adobe RGB. (Files with four components are flagged anyway, whatever their profile.)
bool JpegColoursDiffer(std::span<const uint8_t> bytes);
// In the order of the specification's third edition: cICP, iCCP, sRGB, gAMA and cHRM; then EXIF.
bool PngColoursDiffer(std::span<const uint8_t> bytes);
// The profile in the file of a BITMAPV5HEADER, or one that it only names.
bool BmpColoursDiffer(std::span<const uint8_t> bytes);

// The bytes of an ICC profile, as many as there are.
bool ProfileDiffers(std::span<const uint8_t> profile);

}  // namespace ag::image_internal
