#include "native/report/figure_text.h"

#include <cmath>

#include "native/base/text_format.h"

namespace ag {
namespace {

std::string Digits(double value, FigureUnit unit) {
  switch (unit) {
    case FigureUnit::kYears:
      return FormatDecimal(value, 2);
    case FigureUnit::kSignedYears: {
      const std::string digits = FormatDecimal(std::abs(value), 2);
      return (digits == "0.00" ? "" : value < 0 ? "−" : "+") + digits;
    }
    case FigureUnit::kShare:
      return FormatDecimal(100 * value, 1);
    case FigureUnit::kNumber:
      return FormatDecimal(value, 3);
  }
  return {};
}

}  // namespace

std::string FormatFigure(double value, FigureUnit unit) {
  if (!std::isfinite(value)) return "–";
  return Digits(value, unit) + (unit == FigureUnit::kShare ? " %" : "");
}

std::string FormatInterval(double low, double high, FigureUnit unit) {
  if (!std::isfinite(low) || !std::isfinite(high)) return {};
  return Digits(low, unit) + (unit == FigureUnit::kSignedYears ? " to " : "–") + Digits(high, unit);
}

}  // namespace ag
