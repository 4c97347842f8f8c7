// Words and numbers as `explore` shows them, and what makes them safe to embed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "native/data/dataset.h"

namespace ag {

// Text for HTML, SVG and quoted attributes of both: & < > " ' are escaped, bytes that are not UTF-8
// and control characters become U+FFFD.
std::string EscapeMarkup(std::string_view text);

std::string EncodeBase64(std::string_view bytes);  // RFC 4648, with padding

std::string FormatCount(size_t count);                // 21357 -> "21,357"
std::string FormatDecimal(double value, int digits);  // 33.26, 1 -> "33.3"; |value| < 1e15
std::string FormatShare(size_t part, size_t whole);   // "47.7 %"; "0 %" of nothing
std::string FormatYears(double years);                // shortest decimal: "26", "0.5"
std::string FormatAge(const Sample& sample,
                      std::string_view dash);  // "26"; a range: "20" dash "29"; "Not given"

std::string_view GenderWord(Gender gender);                 // "Male", "Female", "Not given"
std::string GroupWord(std::string_view group);              // itself, or "Not given" where empty
std::string Truncate(std::string_view text, size_t limit);  // clean, at most `limit` code points

}  // namespace ag
