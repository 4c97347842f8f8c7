// Charts as SVG, the only kind that this program draws: in pages, and as files of their own. Chosen
// over an external plotter because nothing has to be installed, the same numbers give the same bytes
// everywhere, and the colours follow the reader's light or dark mode.
//
// A chart names no colour: chart.css does, by class.
//   axis, grid, label (text), dense (smaller), mark (a line to compare with), line, dot, cloud,
//   whisker, median, box, band, bar, count, area and part of a series (its colour: --series)
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/markup.h"

namespace ag {

// The style of all charts: a page that holds some puts it in once.
std::string_view ChartStyle();

enum class TickText { kPlain, kPercent, kCount };  // "0.5", "50 %", "1,000"

struct ChartAxis {
  double low = 0, high = 1;  // low > high: upside down
  std::vector<double> ticks = {};
  TickText tick_text = TickText::kPlain;
  std::string title = {};
};

// 1, 2 or 5 times a power of ten, not below `rough`.
double RoundStep(double rough);
// About `count` round numbers within [low, high].
std::vector<double> RoundTicks(double low, double high, int count);
// From 0 to a whole step above `most`, in whole numbers.
ChartAxis CountAxis(double most, std::string title);

// About how wide a text is in the labels' font, user units.
double LabelWidth(std::string_view text);

// User units; one is about a CSS pixel on a phone. `left`: room for the labels of the y axis; `top`:
// for what stands above the plot.
struct ChartSize {
  int width = 460, height = 330;
  int left = 66, top = 12;
};

class SvgChart {
 public:
  using Point = std::pair<double, double>;  // data

  SvgChart(const ChartSize& size, ChartAxis x, ChartAxis y);

  // Axes with grid lines and titles. Without ticks an axis has no grid (rows of their own labels).
  void DrawAxes();

  double X(double value) const;  // data -> user units, clamped a little outside of the plot
  double Y(double value) const;

  void Line(double x0, double y0, double x1, double y1, std::string_view css_class);  // data
  void Dot(double x, double y, double radius, std::string_view css_class);            // data
  // All dots as one element: thousands of them.
  void Cloud(const std::vector<Point>& points, std::string_view css_class);
  void Polyline(const std::vector<Point>& points, std::string_view css_class);
  // The outline of columns of width 1, the first around `first`, filled down to zero.
  void Columns(std::span<const double> heights, double first, std::string_view css_class);
  // Between two curves over the same x: [x, low, high].
  struct BandPoint {
    double x, low, high;
  };
  void Band(const std::vector<BandPoint>& points);
  void Rectangle(double x0, double y0, double x1, double y1, std::string_view css_class);
  // At a place in user units. `anchor`: start, middle, end.
  void Text(double x, double y, std::string_view anchor, std::string_view text,
            std::string_view css_class = "label");
  // Swatches with words, in user units: downwards from (x, y), or in a row. The swatch of an entry
  // is of class "part" and the entry's own.
  struct LegendEntry {
    std::string text, css_class;
  };
  void Legend(double x, double y, bool row, const std::vector<LegendEntry>& entries);

  int width() const { return size_.width; }
  int height() const { return size_.height; }
  double left() const { return size_.left; }
  double right() const { return right_; }
  double top() const { return size_.top; }
  double bottom() const { return bottom_; }
  const Markup& body() const { return body_; }

 private:
  void Path(std::string_view css_class, std::string d);

  ChartSize size_;
  double right_, bottom_;
  ChartAxis x_, y_;
  Markup body_;
};

// As part of a page. `caption` names the chart for those who cannot see it; `css_class` of the
// element may be empty.
Markup InlineSvg(const SvgChart& chart, std::string_view caption, std::string_view css_class = "");

// As a file: with its style, on a ground of its own, light or dark as its reader is.
std::string SvgFile(const SvgChart& chart, std::string_view caption);
// Several side by side below a title.
std::string SvgFile(const std::vector<SvgChart>& row, std::string_view title,
                    std::string_view caption);

// The beginning of what SvgFile writes, to `style` inclusive: for files that draw something else.
Markup SvgFileStart(int width, int height, std::string_view title);
Markup SvgFileEnd();

}  // namespace ag
