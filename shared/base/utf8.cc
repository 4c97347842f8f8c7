#include "shared/base/utf8.h"

namespace ag {

CodePoint DecodeUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xC2 || first > 0xF4) return {.broken = 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  // Of the second byte: what is outside would be an overlong form, a surrogate or too large.
  const uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  uint32_t value = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const bool good =
        i < text.size() && byte(i) >= (i == 1 ? least : 0x80) && byte(i) <= (i == 1 ? most : 0xBF);
    if (!good) return {.broken = i};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  return {value, length};
}

std::string WellFormedUtf8(std::string_view text) {
  std::string good;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    good += point.length > 0 ? text.substr(0, point.length) : "\xEF\xBF\xBD";
    text.remove_prefix(point.length > 0 ? point.length : point.broken);
  }
  return good;
}

}  // namespace ag
