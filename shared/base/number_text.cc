#include "shared/base/number_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ag {

std::string NumberText(double value) {
  if (std::isnan(value)) return "nan";
  const bool negative = std::signbit(value);
  const double size = negative ? -value : value;
  if (size == std::numeric_limits<double>::infinity()) return negative ? "-inf" : "inf";
  if (size >= 1e12) return negative ? "-1e12 or less" : "1e12 or more";
  constexpr uint64_t kMillion = 1000000;
  auto whole = static_cast<uint64_t>(size);
  // Neither negative nor large: std::lround would only be larger code.
  // NOLINTNEXTLINE(bugprone-incorrect-roundings)
  auto millionths = static_cast<uint64_t>((size - static_cast<double>(whole)) * 1e6 + 0.5);
  whole += millionths / kMillion;
  millionths %= kMillion;
  // A leading 1 keeps the zeros behind the point.
  const std::string text =
      std::to_string(whole) + "." + std::to_string(kMillion + millionths).substr(1);
  return negative ? "-" + text : text;
}

std::string FixedText(double value, int decimals) {
  if (!std::isfinite(value)) return {};
  double factor = 1;
  for (int i = 0; i < decimals; ++i) factor *= 10;
  // Below 2^53 up to 3 decimals at the bound; a double has no more digits anyway.
  const double steps = std::round(std::clamp(value, -1e12, 1e12) * factor);
  auto count = static_cast<uint64_t>(std::abs(steps));
  std::array<char, 24> digits;  // from the end: 19 of 1e12 with 6 decimals, point and sign
  size_t begin = digits.size();
  for (int place = 0; place <= decimals || count > 0; ++place, count /= 10) {
    if (place == decimals) digits[--begin] = '.';
    const auto digit = static_cast<char>('0' + count % 10);
    const bool at_end = begin == digits.size() && place < decimals - 1;
    if (digit != '0' || !at_end) digits[--begin] = digit;
  }
  if (steps < 0) digits[--begin] = '-';
  return std::string(digits.data() + begin, digits.size() - begin);
}

}  // namespace ag
