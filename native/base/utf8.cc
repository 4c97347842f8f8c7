#include "native/base/utf8.h"

#include <cstddef>
#include <cstdint>

#include "shared/base/utf8.h"

namespace ag {
namespace {

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
    const CodePoint point = DecodeUtf8(text);
    const size_t length = point.length == 0 ? 1 : point.length;
    const bool keep = point.length > 0 && IsAllowed(point.value);
    clean += keep ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length);
  }
  return clean;
}

}  // namespace ag
