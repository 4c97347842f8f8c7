#include "native/base/text_format.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "native/base/utf8.h"

namespace ag {
namespace {

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string FormatCount(size_t count) {
  std::string text = std::to_string(count);
  for (size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, ",");
  return text;
}

std::string FormatDecimal(double value, int digits) {
  std::array<char, 64> buffer;
  const std::to_chars_result end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                                 value, std::chars_format::fixed, digits);
  return std::string(buffer.data(), end.ptr);
}

std::string FormatShare(size_t part, size_t whole) {
  if (whole == 0) return "0 %";
  return FormatDecimal(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1) + " %";
}

std::string Truncate(std::string_view text, size_t limit) {
  std::string clean = CleanText(text);
  size_t points = 0, last_kept = 0;  // last_kept: where the text is cut if it turns out too long
  for (size_t i = 0; i < clean.size(); ++i) {
    if (IsContinuation(clean[i])) continue;
    if (++points == limit) last_kept = i;
    if (points > limit) return clean.substr(0, last_kept) + "…";
  }
  return clean;
}

}  // namespace ag
