// Pictures as the bytes of a file.
#pragma once

#include <string>
#include <string_view>

#include "shared/image/image.h"

namespace ag {

// Boxes and small letters stay sharp.
inline constexpr int kJpegQuality = 92;

// Baseline JPEG of quality 1 to 100; lossless PNG. Empty if memory is short, or if a side is longer
// than the format allows (JPEG: 65,535). `mark`, if not empty, is stored in the file and says what
// made it: ASCII, at most 200 bytes.
std::string EncodeJpeg(const Image& image, std::string_view mark = {}, int quality = kJpegQuality);
std::string EncodePng(const Image& image, std::string_view mark = {});

// The mark of a picture made by one of the two; empty for any other. `beginning`: 300 bytes
// suffice.
std::string_view FindPictureMark(std::string_view beginning);

}  // namespace ag
