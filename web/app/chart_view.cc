#include "web/app/chart_view.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "web/app/label_text.h"

namespace ag::stage {
namespace {

constexpr float kPadding = 12;    // CSS pixels, panel to plot
constexpr float kTickEvery = 20;  // years

// Where years lie in the panel.
struct Axis {
  Rect plot;   // device pixels
  float last;  // years at the right edge; the left one is 0
  float X(float years) const { return plot.left + plot.width() * years / last; }
};

float AxisEnd(const StageFace& face, std::span<const float> years) {
  float last = 100;
  if (!years.empty()) last = std::max(last, years.back());
  if (face.has_age) last = std::max(last, face.age);
  if (face.has_interval) last = std::max(last, face.age_high);
  return std::ceil(last / kTickEvery) * kTickEvery;
}

void DrawCentred(const DrawContext& context, float x, float top, const Rect& bounds, ImU32 colour,
                 const std::string& text) {
  const Size size = TextSize(*context.fonts.small, text);
  const float right = std::max(bounds.left, bounds.right - size.width);
  const float left = std::clamp(x - size.width / 2, bounds.left, right);
  DrawText(context, *context.fonts.small, {std::round(left), top}, colour, text);
}

void DrawAxis(const DrawContext& context, const Axis& axis, const Rect& bounds) {
  const float line = context.Pixels(1);
  const float y = axis.plot.bottom;
  context.list.AddRectFilled({axis.plot.left, y}, {axis.plot.right, y + line},
                             context.palette.axis);
  for (float years = 0; years <= axis.last; years += kTickEvery / 2) {
    const bool labelled = std::fmod(years, kTickEvery) == 0;
    const float x = std::min(std::round(axis.X(years)), axis.plot.right - line);
    const float length = context.Pixels(labelled ? 5 : 3);
    context.list.AddRectFilled({x, y}, {x + line, y + length}, context.palette.axis);
    if (labelled) {
      DrawCentred(context, x, y + context.Pixels(6), bounds, context.palette.quiet_text,
                  Years(years));
    }
  }
}

// From halfway to the previous neighbour to halfway to the next. The first and the last bar are as
// wide as the gap to their only neighbour; a single one is a year wide.
struct Bar {
  float begin, end;  // years
};
Bar BarOf(std::span<const float> years, size_t i) {
  const size_t bins = years.size();
  const float before = i > 0 ? years[i] - years[i - 1] : bins > 1 ? years[1] - years[0] : 1;
  const float behind = i + 1 < bins ? years[i + 1] - years[i] : before;
  return {years[i] - before / 2, years[i] + behind / 2};
}

// Bars whose area is their bin's share (bins need not be equally far apart), at least a device
// pixel wide; with a gap between them if they are wide enough to be told apart.
void DrawBars(const DrawContext& context, const Axis& axis, const StageFace& face,
              std::span<const float> years, std::span<const float> distribution) {
  const auto density = [&](size_t i) {
    const Bar bar = BarOf(years, i);
    return distribution[i] / (bar.end - bar.begin);
  };
  float highest = 0;
  for (size_t i = 0; i < years.size(); ++i) highest = std::max(highest, density(i));
  for (size_t i = 0; i < years.size(); ++i) {
    const float height = std::round(axis.plot.height() * density(i) / highest);
    if (height < 1) continue;
    const Bar bar = BarOf(years, i);
    const float left =
        std::clamp(std::round(axis.X(bar.begin)), axis.plot.left, axis.plot.right - 1);
    float right = std::clamp(std::round(axis.X(bar.end)), left + 1, axis.plot.right);
    if (right - left >= 4 * context.unit) right -= context.Pixels(1);
    const bool inside = face.has_interval && years[i] >= face.age_low && years[i] <= face.age_high;
    context.list.AddRectFilled({left, axis.plot.bottom - height}, {right, axis.plot.bottom},
                               inside ? context.palette.interval_bar : context.palette.bar);
  }
}

// For a plain value: the interval as a bar on the axis, the value as a dot.
void DrawValue(const DrawContext& context, const Axis& axis, const StageFace& face) {
  const float middle = std::round((axis.plot.top + axis.plot.bottom) / 2);
  if (face.has_interval) {
    const float half = context.Pixels(3);
    context.list.AddRectFilled({axis.X(face.age_low), middle - half},
                               {axis.X(face.age_high), middle + half}, context.palette.interval_bar,
                               half);
  }
  context.list.AddCircleFilled({axis.X(face.age), middle}, context.Pixels(6), context.palette.mean);
}

void DrawMean(const DrawContext& context, const Axis& axis, const StageFace& face, float top) {
  const float line = context.Pixels(2);
  const float x = std::round(axis.X(face.age) - line / 2);
  context.list.AddRectFilled({x, top}, {x + line, axis.plot.bottom}, context.palette.mean);
}

// The axis' name, on the side of the panel that the mean's number (around x) leaves free.
void DrawAxisName(const DrawContext& context, const Rect& inner, float x) {
  constexpr char kName[] = "Age in years";
  constexpr float kNumberRoom = 24;  // CSS pixels: half a number and a gap
  const float width = TextSize(*context.fonts.small, kName).width;
  const bool free = x - kNumberRoom * context.unit > inner.left + width;
  DrawText(context, *context.fonts.small,
           {free ? inner.left : std::round(inner.right - width), inner.top},
           context.palette.quiet_text, kName);
}

void DrawDistribution(const DrawContext& context, const Axis& axis, const StageFace& face,
                      std::span<const float> years, std::span<const float> distribution) {
  if (face.has_interval) {
    // Bars stand around their years, and the shade reaches to the outer edges of its bars.
    const float half = years.size() > 1 ? (years[1] - years[0]) / 2 : 0.5f;
    const float left = std::max(std::round(axis.X(face.age_low - half)), axis.plot.left);
    const float right = std::min(std::round(axis.X(face.age_high + half)), axis.plot.right);
    context.list.AddRectFilled({left, axis.plot.top}, {right, axis.plot.bottom},
                               context.palette.interval);
  }
  DrawBars(context, axis, face, years, distribution);
  if (face.has_age) DrawMean(context, axis, face, axis.plot.top - context.Pixels(3));
}

}  // namespace

void DrawChart(const DrawContext& context, const Rect& panel, const StageFace& face,
               std::span<const float> years, std::span<const float> distribution) {
  if (panel.empty() || (!face.has_age && distribution.empty())) return;
  DrawPanel(context, panel, 10);
  const float line_height = context.fonts.small->FontSize;
  const Rect inner = Inflated(panel, -context.Pixels(kPadding));
  // From the top: the axis' name and the mean's number, the plot, ticks and their numbers.
  const Axis axis = {{inner.left, inner.top + line_height + context.Pixels(5), inner.right,
                      inner.bottom - line_height - context.Pixels(2)},
                     AxisEnd(face, years)};
  if (axis.plot.empty()) return;
  DrawAxisName(context, inner, face.has_age ? axis.X(face.age) : inner.right);
  if (!distribution.empty()) {
    DrawDistribution(context, axis, face, years, distribution);
  } else {
    DrawValue(context, axis, face);
  }
  if (face.has_age) {
    DrawCentred(context, axis.X(face.age), inner.top, inner, context.palette.text, Years(face.age));
  }
  DrawAxis(context, axis, inner);
}

}  // namespace ag::stage
