// EXIF's tag that changes pixels, orientation (0x0112 of IFD0, EXIF 2.32 section 4.6.4), and the
// tags that say what the pixels' numbers mean.
#pragma once

#include <cstdint>
#include <span>

#include "shared/image/image.h"

namespace ag {

// `bytes` is a whole JPEG (segment APP1 "Exif") or PNG (chunk eXIf). Returns 1..8; 1 ("upright") if
// there is no such tag, if it is broken, or if the file has another format. Reads hostile bytes:
// never past the end, in time linear in the size.
int ReadExifOrientation(std::span<const uint8_t> bytes);

// Whether ColorSpace is "uncalibrated" and the interoperability index R03 (DCF's option for Adobe
// RGB). Reads like ReadExifOrientation.
bool ExifSaysAdobeRgb(std::span<const uint8_t> bytes);

// Turns a picture as stored into an upright one. `orientation` says where the stored row 0 and
// column 0 belong:
//   1 as it is             2 mirrored left-right     3 turned by 180      4 mirrored top-bottom
//   5 transposed           6 turned 90 clockwise     7 transversed        8 turned 90 anticlockwise
// (what is named is what happens to the stored picture). Another value leaves it as it is.
Image ApplyOrientation(Image image, int orientation);

}  // namespace ag
