// JPEG by libjpeg-turbo, if ag_native was built with it: several times as fast as DecodeImage, but
// not the same pixels to the last bit (docs/scaling.md has the times and the error).
#pragma once

#include <cstdint>
#include <span>

#include "shared/base/status.h"
#include "shared/image/decode.h"

namespace ag {

// Whether this program was built with libjpeg-turbo.
bool HasFastDecode();

// DecodeImage(bytes, limits), except that in a JPEG each channel of a pixel may differ by a few of
// its 255 steps. Anything that libjpeg-turbo complains about is decoded by DecodeImage: the same
// files fail with the same errors. Thread-safe.
StatusOr<DecodedImage> DecodeFast(std::span<const uint8_t> bytes, const DecodeLimits& limits);

}  // namespace ag
