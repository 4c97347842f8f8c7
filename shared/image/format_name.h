// What the first bytes of a file say it is: formats that are read, formats that are not, and what
// gets a picture's name by accident (a web page, an archive). Internal to shared/image; others call
// FormatNameOf (decode.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ag::image_internal {

// As it stands in "this is ...": "HEIC", "a ZIP archive", "an HTML page". "": not known.
// Reads at most kFormatBytes; deterministic, linear in them.
std::string_view DescribeFormat(std::span<const uint8_t> first_bytes);

}  // namespace ag::image_internal
