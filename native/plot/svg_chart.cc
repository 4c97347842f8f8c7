#include "native/plot/svg_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "native/base/markup.h"

namespace ag {
namespace {

constexpr double kTop = 12, kRight = 24, kBottom = 48;

// Tenths are finer than a pixel.
std::string Units(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f", value);
  std::string digits = text.data();
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return digits == "-0" ? "0" : digits;
}

std::string TickText(double value, bool percent) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.6g", percent ? 100 * value : value);
  std::string digits = text.data();
  if (digits.starts_with("-")) digits.replace(0, 1, "−");
  return digits + (percent ? " %" : "");
}

}  // namespace

std::vector<double> RoundTicks(double low, double high, int count) {
  const double rough = (high - low) / std::max(1, count);
  if (!(rough > 0)) return {low};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * 1.0001) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
    ticks.push_back(k * step + 0.0);  // not -0
  }
  return ticks;
}

SvgChart::SvgChart(int width, int height, int left, ChartAxis x, ChartAxis y)
    : width_(width),
      height_(height),
      left_(left),
      right_(width - kRight),
      top_(kTop),
      bottom_(height - kBottom),
      x_(std::move(x)),
      y_(std::move(y)) {}

double SvgChart::X(double value) const {
  const double share = (value - x_.low) / (x_.high - x_.low);
  return left_ + std::clamp(share, -0.02, 1.02) * (right_ - left_);
}

double SvgChart::Y(double value) const {
  const double share = (value - y_.low) / (y_.high - y_.low);
  return bottom_ - std::clamp(share, -0.02, 1.02) * (bottom_ - top_);
}

void SvgChart::DrawAxes() {
  std::string grid;
  for (const double tick : x_.ticks) {
    grid += "M" + Units(X(tick)) + " " + Units(top_) + "V" + Units(bottom_);
    Text(X(tick), bottom_ + 17, "middle", TickText(tick, x_.percent));
  }
  for (const double tick : y_.ticks) {
    grid += "M" + Units(left_) + " " + Units(Y(tick)) + "H" + Units(right_);
    Text(left_ - 6, Y(tick) + 4.5, "end", TickText(tick, y_.percent));
  }
  body_ += "<path class=\"grid\" d=\"" + grid + "\"/>\n<path class=\"axis\" d=\"M" + Units(left_) +
           " " + Units(top_) + "V" + Units(bottom_) + "H" + Units(right_) + "\"/>\n";
  Text((left_ + right_) / 2, height_ - 8.0, "middle", x_.title);
  if (y_.title.empty()) return;
  const std::string place = "13," + Units((top_ + bottom_) / 2);
  body_ += "<text class=\"label\" text-anchor=\"middle\" transform=\"translate(" + place +
           ") rotate(-90)\">" + EscapeMarkup(y_.title) + "</text>\n";
}

void SvgChart::Line(double x0, double y0, double x1, double y1, std::string_view css_class) {
  body_ += "<path class=\"" + std::string(css_class) + "\" d=\"M" + Units(X(x0)) + " " +
           Units(Y(y0)) + "L" + Units(X(x1)) + " " + Units(Y(y1)) + "\"/>\n";
}

void SvgChart::Dot(double x, double y, double radius, std::string_view css_class) {
  body_ += "<circle class=\"" + std::string(css_class) + "\" cx=\"" + Units(X(x)) + "\" cy=\"" +
           Units(Y(y)) + "\" r=\"" + Units(radius) + "\"/>\n";
}

void SvgChart::Cloud(const std::vector<std::pair<double, double>>& points,
                     std::string_view css_class) {
  // Lines of no length with round ends: dots. In parts, since within one path nothing adds up
  // where dots overlap.
  constexpr size_t kPart = 8;
  const size_t parts = (points.size() + kPart - 1) / kPart;
  for (size_t part = 0; part < parts; ++part) {
    body_ += "<path class=\"" + std::string(css_class) + "\" d=\"";
    // Neighbours in the data go to different parts.
    for (size_t i = part; i < points.size(); i += parts) {
      body_ += "M" + Units(X(points[i].first)) + " " + Units(Y(points[i].second)) + "h0";
    }
    body_ += "\"/>\n";
  }
}

void SvgChart::Polyline(const std::vector<std::pair<double, double>>& points,
                        std::string_view css_class) {
  if (points.empty()) return;
  body_ += "<path class=\"" + std::string(css_class) + "\" d=\"";
  for (size_t i = 0; i < points.size(); ++i) {
    body_ += (i == 0 ? "M" : "L") + Units(X(points[i].first)) + " " + Units(Y(points[i].second));
  }
  body_ += "\"/>\n";
}

void SvgChart::Band(const std::vector<BandPoint>& points) {
  if (points.empty()) return;
  std::string there, back;
  for (const BandPoint& point : points) {
    there += (there.empty() ? "M" : "L") + Units(X(point.x)) + " " + Units(Y(point.high));
    back = "L" + Units(X(point.x)) + " " + Units(Y(point.low)) + back;
  }
  body_ += "<path class=\"band\" d=\"" + there + back + "Z\"/>\n";
}

void SvgChart::Rectangle(double x0, double y0, double x1, double y1, std::string_view css_class) {
  const double left = std::min(X(x0), X(x1)), top = std::min(Y(y0), Y(y1));
  body_ += "<rect class=\"" + std::string(css_class) + "\" x=\"" + Units(left) + "\" y=\"" +
           Units(top) + "\" width=\"" + Units(std::abs(X(x1) - X(x0))) + "\" height=\"" +
           Units(std::abs(Y(y1) - Y(y0))) + "\"/>\n";
}

void SvgChart::Text(double x, double y, std::string_view anchor, std::string_view text,
                    std::string_view css_class) {
  body_ += "<text class=\"" + std::string(css_class) + "\" x=\"" + Units(x) + "\" y=\"" + Units(y) +
           "\" text-anchor=\"" + std::string(anchor) + "\">" + EscapeMarkup(text) + "</text>\n";
}

std::string SvgChart::Finish(std::string_view caption) const {
  return "<svg viewBox=\"0 0 " + std::to_string(width_) + " " + std::to_string(height_) +
         "\" role=\"img\" aria-label=\"" + EscapeMarkup(caption) + "\">\n" + body_ + "</svg>\n";
}

}  // namespace ag
