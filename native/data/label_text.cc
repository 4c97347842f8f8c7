#include "native/data/label_text.h"

#include <array>
#include <charconv>
#include <cstdint>

#include "native/base/utf8.h"

namespace ag {
namespace {

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  for (const char c : CleanText(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string EncodeBase64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t triple = 0;
    for (size_t j = 0; j < 3; ++j) {
      triple = triple << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      const bool padding = i + j > bytes.size();
      text += padding ? '=' : kDigits[triple >> (18 - 6 * j) & 63u];
    }
  }
  return text;
}

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

std::string FormatYears(double years) {
  std::array<char, 32> buffer;
  const std::to_chars_result end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), years);
  return std::string(buffer.data(), end.ptr);
}

std::string FormatAge(const Sample& sample, std::string_view dash) {
  if (!sample.has_age()) return "Not given";
  if (sample.has_exact_age()) return FormatYears(sample.age_lo);
  return FormatYears(sample.age_lo) + std::string(dash) + FormatYears(sample.age_hi);
}

std::string_view GenderWord(Gender gender) {
  switch (gender) {
    case Gender::kMale:
      return "Male";
    case Gender::kFemale:
      return "Female";
    case Gender::kUnknown:
      break;
  }
  return "Not given";
}

std::string GroupWord(std::string_view group) {
  return group.empty() ? "Not given" : CleanText(group);
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
