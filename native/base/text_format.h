// Numbers and names as people read them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ag {

std::string FormatCount(size_t count);                      // 21357 -> "21,357"
std::string FormatDecimal(double value, int digits);        // 33.26, 1 -> "33.3"; |value| < 1e15
std::string FormatShare(size_t part, size_t whole);         // "47.7 %"; "0 %" of nothing
std::string Truncate(std::string_view text, size_t limit);  // clean, at most `limit` code points

}  // namespace ag
