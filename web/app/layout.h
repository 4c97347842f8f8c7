// Where things go on the stage: picture, boxes, chart, timings, labels. Pure geometry, no drawing.
//
// All lengths and coordinates are device pixels of the canvas, origin at its top left corner;
// `Canvas::unit` is the number of device pixels in a CSS pixel. Edges of pictures, boxes and panels
// are whole device pixels, so that lines are sharp at every pixel ratio.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "web/app/state.h"

namespace ag::stage {

struct Point {
  float x = 0, y = 0;
};

struct Size {
  float width = 0, height = 0;
};

// Empty (the default) where right <= left or bottom <= top.
struct Rect {
  float left = 0, top = 0, right = 0, bottom = 0;

  float width() const { return right - left; }
  float height() const { return bottom - top; }
  bool empty() const { return !(right > left && bottom > top); }
  float area() const { return empty() ? 0 : width() * height(); }
  bool Contains(Point p) const { return p.x >= left && p.x < right && p.y >= top && p.y < bottom; }
  bool operator==(const Rect&) const = default;
};

Rect Intersection(const Rect& a, const Rect& b);  // empty where they do not meet
Rect Inflated(const Rect& rect, float by);

// The canvas as the page gave it, made safe.
struct Canvas {
  float width = 0, height = 0;  // whole device pixels, 0..kMaxCanvasSide
  float unit = 1;               // device pixels in a CSS pixel, 0.5..4
  bool empty() const { return width < 1 || height < 1; }
  bool narrow() const { return width < 640 * unit; }  // phones: panels span the width
  Rect rect() const { return {0, 0, width, height}; }
};

// No browser gives a larger drawing buffer than 16384; half of that is more than any screen shows.
inline constexpr float kMaxCanvasSide = 8192;

// width, height in CSS pixels. Anything not finite or negative counts as 0 (an empty canvas); a
// pixel ratio that is not finite as 1.
Canvas MakeCanvas(float width, float height, float pixel_ratio);

// The largest rectangle with the picture's proportions, at most 6 CSS pixels per pixel (a thumbnail
// is not blown up to a blur). Centred; on narrow canvases in the space that the chart's strip
// leaves free, or at the top if that is not enough, whether there is a chart or not: the camera's
// picture must not jump when a face comes or goes. Empty without a picture.
Rect FitPicture(const Canvas& canvas, int picture_width, int picture_height);

// A face's box from the picture's pixels to the canvas, cut off at the picture's edges; mirrored:
// left and right swapped within the picture. Empty where the face has no box or none of it is
// inside.
Rect FaceRect(const StageFace& face, const StageState& state, const Rect& picture);

// The face under a pointer: of several the smallest. Boxes smaller than a fingertip count as 24 CSS
// pixels wide and high. kNoFace if there is none.
int FaceAt(std::span<const Rect> boxes, Point point, float unit);

// The chart's panel: a card in the lower right corner on wide canvases, a strip along the bottom of
// narrow ones, or another corner or edge if that hides less of the selected face, or of others.
// Empty if the canvas is too small for a readable chart. `tall`: with a distribution.
Rect PlaceChart(const Canvas& canvas, bool tall, const Rect& selected, std::span<const Rect> boxes);

// A line of text of the given size where it hides least: lower left corner first, then the other
// corners and the places just above and below the chart. It never covers the chart, or the selected
// face and the room for its label. Empty if there is no such place.
Rect PlaceCornerLine(const Canvas& canvas, Size size, const Rect& chart, const Rect& selected,
                     std::span<const Rect> boxes);

// A label may be shown in one of four lengths, longest first.
inline constexpr int kLabelLengths = 4;
// More could not be read; further faces show theirs when pointed at.
inline constexpr int kMaxLabels = 200;

// The longest label for a face among `faces`, so that a crowd is not papered over: everything in a
// small group, without the interval in a larger one, only the age in a crowd, and on a narrow
// canvas only the crowd's numbers.
int FirstLabelLength(size_t faces, bool narrow);

struct LabelRequest {
  Rect box;                               // the face
  std::array<Size, kLabelLengths> sizes;  // with the pill's padding; width 0: no such length
  bool required = false;                  // shown even if it must cover another label
};

struct LabelPlacement {
  int length = -1;  // index into sizes; -1: not shown
  Rect rect;
};

// Labels near their boxes and inside the canvas. They cover neither each other nor `taken`,
// and avoid other faces where possible; earlier requests choose first. A label becomes
// shorter, and is finally left out, if there is no place. At most kMaxLabels requests are
// considered.
//   cost   requests^2 rectangle tests
std::vector<LabelPlacement> PlaceLabels(const Canvas& canvas,
                                        std::span<const LabelRequest> requests,
                                        std::span<const Rect> taken);

// Indices of the faces with a box, in the order in which labels choose: `first`, then large to
// small.
std::vector<int> LabelOrder(std::span<const Rect> boxes, int first);

}  // namespace ag::stage
