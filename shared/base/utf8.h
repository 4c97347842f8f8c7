// UTF-8 as in RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ag {

struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // bytes; 0: the text does not begin with well-formed UTF-8
  // If so: how many bytes are the longest beginning of a character, or one that begins none. One
  // U+FFFD stands for them (Unicode 15, section 3.9, "maximal subpart").
  size_t broken = 0;
};

// The first character of `text`, which must not be empty.
CodePoint DecodeUtf8(std::string_view text);

// With U+FFFD for what is not well-formed.
std::string WellFormedUtf8(std::string_view text);

}  // namespace ag
