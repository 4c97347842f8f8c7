#include "native/plot/svg_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "native/base/text_format.h"
#include "native/plot/chart_css.h"
#include "native/plot/svg_file_css.h"

namespace ag {
namespace {

constexpr double kRight = 24, kBottom = 48;

// Tenths are finer than a pixel.
std::string Units(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f", value);
  std::string digits = text.data();
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return digits == "-0" ? "0" : digits;
}

std::string TickLabel(double value, TickText kind) {
  if (kind == TickText::kCount) return FormatCount(static_cast<size_t>(std::max(0.0, value)));
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.6g", kind == TickText::kPercent ? 100 * value : value);
  std::string digits = text.data();
  if (digits.starts_with("-")) digits.replace(0, 1, "−");
  return digits + (kind == TickText::kPercent ? " %" : "");
}

std::string ViewBox(int width, int height) {
  return "0 0 " + std::to_string(width) + " " + std::to_string(height);
}

double Share(const ChartAxis& axis, double value) {
  return std::clamp((value - axis.low) / (axis.high - axis.low), -0.02, 1.02);
}

}  // namespace

std::string_view ChartStyle() { return kChartCss; }

double RoundStep(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power * 1.0001) return factor * power;
  }
  return 10 * power;
}

std::vector<double> RoundTicks(double low, double high, int count) {
  const double rough = (high - low) / std::max(1, count);
  if (!(rough > 0)) return {low};
  const double step = RoundStep(rough);
  std::vector<double> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) {
    ticks.push_back(k * step + 0.0);  // not -0
  }
  return ticks;
}

ChartAxis CountAxis(double most, std::string title) {
  constexpr double kSteps = 5;
  const double step = RoundStep(std::max(1.0, most / kSteps));
  ChartAxis axis{
      0, std::max(1.0, std::ceil(most / step)) * step, {}, TickText::kCount, std::move(title)};
  for (double tick = 0; tick <= axis.high; tick += step) axis.ticks.push_back(tick);
  return axis;
}

double LabelWidth(std::string_view text) {
  constexpr double kCharacter = 7.4;  // about the width of one
  const auto continues = [](char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; };
  return kCharacter * static_cast<double>(text.size() - static_cast<size_t>(std::count_if(
                                                            text.begin(), text.end(), continues)));
}

SvgChart::SvgChart(const ChartSize& size, ChartAxis x, ChartAxis y)
    : size_(size),
      right_(size.width - kRight),
      bottom_(size.height - kBottom),
      x_(std::move(x)),
      y_(std::move(y)) {}

double SvgChart::X(double value) const { return left() + Share(x_, value) * (right_ - left()); }

double SvgChart::Y(double value) const { return bottom_ - Share(y_, value) * (bottom_ - top()); }

void SvgChart::Path(std::string_view css_class, std::string d) {
  body_ += EmptyElement("path", {{"class", std::string(css_class)}, {"d", std::move(d)}}) +
           Markup::Raw("\n");
}

void SvgChart::DrawAxes() {
  std::string grid;
  for (const double tick : x_.ticks) {
    grid += "M" + Units(X(tick)) + " " + Units(top()) + "V" + Units(bottom_);
    Text(X(tick), bottom_ + 17, "middle", TickLabel(tick, x_.tick_text));
  }
  for (const double tick : y_.ticks) {
    grid += "M" + Units(left()) + " " + Units(Y(tick)) + "H" + Units(right_);
    Text(left() - 6, Y(tick) + 4.5, "end", TickLabel(tick, y_.tick_text));
  }
  Path("grid", std::move(grid));
  Path("axis",
       "M" + Units(left()) + " " + Units(top()) + "V" + Units(bottom_) + "H" + Units(right_));
  Text((left() + right_) / 2, size_.height - 8.0, "middle", x_.title);
  if (y_.title.empty()) return;
  const std::string place = "13," + Units((top() + bottom_) / 2);
  body_ += ag::Line("text",
                    {{"class", "label"},
                     {"text-anchor", "middle"},
                     {"transform", "translate(" + place + ") rotate(-90)"}},
                    y_.title);
}

void SvgChart::Line(double x0, double y0, double x1, double y1, std::string_view css_class) {
  Path(css_class,
       "M" + Units(X(x0)) + " " + Units(Y(y0)) + "L" + Units(X(x1)) + " " + Units(Y(y1)));
}

void SvgChart::Dot(double x, double y, double radius, std::string_view css_class) {
  body_ += EmptyElement("circle", {{"class", std::string(css_class)},
                                   {"cx", Units(X(x))},
                                   {"cy", Units(Y(y))},
                                   {"r", Units(radius)}}) +
           Markup::Raw("\n");
}

void SvgChart::Cloud(const std::vector<Point>& points, std::string_view css_class) {
  // Lines of no length with round ends: dots. In parts, since within one path nothing adds up
  // where dots overlap.
  constexpr size_t kPart = 8;
  const size_t parts = (points.size() + kPart - 1) / kPart;
  for (size_t part = 0; part < parts; ++part) {
    std::string dots;
    // Neighbours in the data go to different parts.
    for (size_t i = part; i < points.size(); i += parts) {
      dots += "M" + Units(X(points[i].first)) + " " + Units(Y(points[i].second)) + "h0";
    }
    Path(css_class, std::move(dots));
  }
}

void SvgChart::Polyline(const std::vector<Point>& points, std::string_view css_class) {
  if (points.empty()) return;
  std::string line;
  for (const auto& [x, y] : points) {
    line += (line.empty() ? "M" : "L") + Units(X(x)) + " " + Units(Y(y));
  }
  Path(css_class, std::move(line));
}

void SvgChart::Columns(std::span<const double> heights, double first, std::string_view css_class) {
  if (heights.empty()) return;
  std::string outline = "M" + Units(X(first - 0.5)) + " " + Units(Y(0));
  for (size_t i = 0; i < heights.size(); ++i) {
    outline += "V" + Units(Y(heights[i])) + "H" + Units(X(first + static_cast<double>(i) + 0.5));
  }
  // Not closed: no line along the axis.
  Path(css_class, outline + "V" + Units(Y(0)));
}

void SvgChart::Band(const std::vector<BandPoint>& points) {
  if (points.empty()) return;
  std::string there, back;
  for (const BandPoint& point : points) {
    there += (there.empty() ? "M" : "L") + Units(X(point.x)) + " " + Units(Y(point.high));
    back = "L" + Units(X(point.x)) + " " + Units(Y(point.low)) + back;
  }
  Path("band", there + back + "Z");
}

void SvgChart::Rectangle(double x0, double y0, double x1, double y1, std::string_view css_class) {
  body_ += EmptyElement("rect", {{"class", std::string(css_class)},
                                 {"x", Units(std::min(X(x0), X(x1)))},
                                 {"y", Units(std::min(Y(y0), Y(y1)))},
                                 {"width", Units(std::abs(X(x1) - X(x0)))},
                                 {"height", Units(std::abs(Y(y1) - Y(y0)))}}) +
           Markup::Raw("\n");
}

void SvgChart::Text(double x, double y, std::string_view anchor, std::string_view text,
                    std::string_view css_class) {
  body_ += ag::Line("text",
                    {{"class", std::string(css_class)},
                     {"x", Units(x)},
                     {"y", Units(y)},
                     {"text-anchor", std::string(anchor)}},
                    text);
}

void SvgChart::Legend(double x, double y, bool row, const std::vector<LegendEntry>& entries) {
  constexpr double kSwatch = 26, kSwatchHeight = 10, kGap = 8, kNext = 22;
  for (const LegendEntry& entry : entries) {
    body_ += EmptyElement("rect", {{"class", "part " + entry.css_class},
                                   {"x", Units(x)},
                                   {"y", Units(y - kSwatchHeight / 2)},
                                   {"width", Units(kSwatch)},
                                   {"height", Units(kSwatchHeight)}}) +
             Markup::Raw("\n");
    Text(x + kSwatch + kGap, y + 4.5, "start", entry.text);
    if (row) {
      x += kSwatch + kGap + LabelWidth(entry.text) + kNext;
    } else {
      y += kNext;
    }
  }
}

Markup InlineSvg(const SvgChart& chart, std::string_view caption, std::string_view css_class) {
  const std::string view = ViewBox(chart.width(), chart.height()), name(caption);
  if (css_class.empty()) {
    return Block("svg", {{"viewBox", view}, {"role", "img"}, {"aria-label", name}}, chart.body());
  }
  return Block(
      "svg",
      {{"class", std::string(css_class)}, {"viewBox", view}, {"role", "img"}, {"aria-label", name}},
      chart.body());
}

Markup SvgFileStart(int width, int height, std::string_view title) {
  return OpenTag("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                         {"viewBox", ViewBox(width, height)},
                         {"role", "img"}}) +
         Markup::Raw("\n") + Line("title", {}, title) +
         Element("style", Markup::Raw(std::string(kSvgFileCss) + std::string(kChartCss))) +
         Markup::Raw("\n");
}

Markup SvgFileEnd() { return Markup::Raw("</svg>\n"); }

std::string SvgFile(const SvgChart& chart, std::string_view caption) {
  return (SvgFileStart(chart.width(), chart.height(), caption) + chart.body() + SvgFileEnd())
      .text();
}

std::string SvgFile(const std::vector<SvgChart>& row, std::string_view title,
                    std::string_view caption) {
  constexpr int kTitle = 40;
  int width = 0, height = 0;
  for (const SvgChart& chart : row) {
    width += chart.width();
    height = std::max(height, chart.height() + kTitle);
  }
  Markup file = SvgFileStart(width, height, caption) + Line("text",
                                                            {{"class", "label strong"},
                                                             {"x", std::to_string(width / 2)},
                                                             {"y", "24"},
                                                             {"text-anchor", "middle"}},
                                                            title);
  int x = 0;
  for (const SvgChart& chart : row) {
    file += Block("svg",
                  {{"x", std::to_string(x)},
                   {"y", std::to_string(kTitle)},
                   {"width", std::to_string(chart.width())},
                   {"height", std::to_string(chart.height())},
                   {"viewBox", ViewBox(chart.width(), chart.height())}},
                  chart.body());
    x += chart.width();
  }
  return (file + SvgFileEnd()).text();
}

}  // namespace ag
