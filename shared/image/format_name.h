// What the first bytes say a file is: supported formats, unsupported ones, and what ends up under a
// picture's name by accident (a web page, an archive). Internal to shared/image; others call
// FormatNameOf (decode.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ag::image_internal {

// As used in "this is ...": "HEIC", "a ZIP archive", "an HTML page". "": unknown. Reads at most
// kFormatBytes; deterministic, in linear time.
std::string_view DescribeFormat(std::span<const uint8_t> first_bytes);

}  // namespace ag::image_internal
