// Pictures as bytes of a file.
#pragma once

#include <string>
#include <string_view>

#include "shared/image/image.h"

namespace ag {

// Baseline JPEG of quality 92; PNG without loss. Empty where there is no memory, or where a side is
// more than the format holds (JPEG: 65,535). `mark`, if not empty, says in the file what made it:
// ASCII, at most 200 bytes.
std::string EncodeJpeg(const Image& image, std::string_view mark = {});
std::string EncodePng(const Image& image, std::string_view mark = {});

// The mark of a picture that one of the two made; empty for any other. `beginning`: 300 bytes will
// do.
std::string_view FindPictureMark(std::string_view beginning);

}  // namespace ag
