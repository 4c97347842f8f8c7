#include "native/plot/utf8.h"

#include <cstddef>
#include <cstdint>

namespace ag {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // bytes; 0: the first byte does not begin well-formed UTF-8
};

CodePoint Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  uint32_t value = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {value, length};
}

bool IsAllowed(uint32_t value) {
  const bool control = value < 0x20 || (value >= 0x7F && value <= 0x9F);
  return !control && value != 0xFFFE && value != 0xFFFF;
}

}  // namespace

std::string CleanText(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    const size_t length = point.length == 0 ? 1 : point.length;
    const bool keep = point.length > 0 && IsAllowed(point.value);
    clean += keep ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length);
  }
  return clean;
}

}  // namespace ag
