#include "shared/base/number_text.h"

#include <cmath>
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

}  // namespace ag
