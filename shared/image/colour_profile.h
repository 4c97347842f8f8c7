// Whether a file's numbers mean other colours than sRGB's. Internal to shared/image.
#pragma once

#include <cstdint>
#include <span>

namespace ag::image_internal {

// Decided by what the difference amounts to: ten colours (skin of five shades, five grays) are
// taken as the file means them, and if their sRGB values differ by more than 6 of 255 levels in the
// mean of the colours' largest channels, ages do too. That lets pass what is made to look like sRGB
// (Apple's, gamma 2.2, other programs' small profiles) and Display P3 (4.5 levels: the profile of
// every iPhone picture), and finds gamma 2.0 (7.8), Adobe RGB (8.8), gamma 1.8 (16), ProPhoto (28),
// gamma 1.0 (57).
//   ICC profiles (ICC.1:2022) with a matrix and curves, or of gray: by these. With tables alone:
//   sRGB if their description says so. Other than RGB and gray: different. A broken one is none, as
//   for every viewer.

// `bytes`: a whole file of the format. JPEG: the profile of its APP2 segments, else what EXIF says
// of Adobe RGB. (Four components are not looked at here: whatever their profile, they are.)
bool JpegColoursDiffer(std::span<const uint8_t> bytes);
// In the order of the specification's third edition: cICP, iCCP, sRGB, gAMA and cHRM; then EXIF.
bool PngColoursDiffer(std::span<const uint8_t> bytes);
// A profile inside of a BITMAPV5HEADER's file, or one that it only names.
bool BmpColoursDiffer(std::span<const uint8_t> bytes);

// The bytes of an ICC profile; as many of them as there are.
bool ProfileDiffers(std::span<const uint8_t> profile);

}  // namespace ag::image_internal
