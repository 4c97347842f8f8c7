// A chart as SVG inside of the report's page, which gives it its colours (light and dark) by class:
//   axis, grid, label (text), a, b (series: stroke or fill), band, mark (a line to compare with)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ag {

struct ChartAxis {
  double low = 0, high = 1;
  std::vector<double> ticks;
  bool percent = false;  // ticks are shares
  std::string title;
};

// About `count` round numbers within [low, high].
std::vector<double> RoundTicks(double low, double high, int count);

class SvgChart {
 public:
  // User units; one is about a CSS pixel on a phone. `left`: room for the labels of the y axis.
  SvgChart(int width, int height, int left, ChartAxis x, ChartAxis y);

  // Axes with grid lines and titles. Without y ticks the y axis has no grid (rows of their own
  // labels).
  void DrawAxes();

  double X(double value) const;  // data -> user units, clamped a little outside of the plot
  double Y(double value) const;

  void Line(double x0, double y0, double x1, double y1, std::string_view css_class);  // data
  void Dot(double x, double y, double radius, std::string_view css_class);            // data
  // All dots as one element: thousands of them.
  void Cloud(const std::vector<std::pair<double, double>>& points, std::string_view css_class);
  void Polyline(const std::vector<std::pair<double, double>>& points, std::string_view css_class);
  // Between two curves over the same x: [x, low, high].
  struct BandPoint {
    double x, low, high;
  };
  void Band(const std::vector<BandPoint>& points);
  void Rectangle(double x0, double y0, double x1, double y1, std::string_view css_class);
  // At a place in user units. `anchor`: start, middle, end.
  void Text(double x, double y, std::string_view anchor, std::string_view text,
            std::string_view css_class = "label");

  // `caption` names the chart for those who cannot see it.
  std::string Finish(std::string_view caption) const;

  double left() const { return left_; }
  double right() const { return right_; }
  double top() const { return top_; }
  double bottom() const { return bottom_; }

 private:
  int width_, height_;
  double left_, right_, top_, bottom_;
  ChartAxis x_, y_;
  std::string body_;
};

}  // namespace ag
