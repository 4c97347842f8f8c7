// Pictures as bytes of a file.
#pragma once

#include <string>

#include "shared/image/image.h"

namespace ag {

// Baseline JPEG of quality 92; PNG without loss. Empty where there is no memory, or where a side is
// more than the format holds (JPEG: 65,535).
std::string EncodeJpeg(const Image& image);
std::string EncodePng(const Image& image);

}  // namespace ag
