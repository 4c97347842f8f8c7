#include "web/app/layout.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ag::stage {
namespace {

constexpr float kMargin = 12;  // CSS pixels between panels and the canvas's edge
constexpr float kNarrowMargin = 8;
constexpr float kMaxEnlargement = 6;  // CSS pixels a pixel of the picture
constexpr float kFingertip = 24;      // CSS pixels

// A chart with a distribution across a narrow canvas.
float StripHeight(const Canvas& canvas) {
  return std::round(std::clamp(0.3f * canvas.height, 110 * canvas.unit, 160 * canvas.unit));
}

// Part of `rect` that lies under `cover`, 0..1.
float Covered(const Rect& rect, const Rect& cover) {
  const float area = rect.area();
  return area > 0 ? Intersection(rect, cover).area() / area : 0;
}

// A face with the room around it for its label.
Rect WithLabel(const Rect& box, float unit) { return box.empty() ? box : Inflated(box, 30 * unit); }

bool Overlap(const Rect& a, const Rect& b) { return !Intersection(a, b).empty(); }

Rect At(float left, float top, Size size) {
  left = std::round(left);
  top = std::round(top);
  return {left, top, left + std::ceil(size.width), top + std::ceil(size.height)};
}

bool Inside(const Rect& inner, const Rect& outer) {
  return inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right &&
         inner.bottom <= outer.bottom;
}

// Moved sideways into the canvas: a label may slide along its box, but not away from it.
Rect SlidInto(Rect rect, const Rect& bounds) {
  float shift = 0;
  if (rect.right > bounds.right) shift = bounds.right - rect.right;
  if (rect.left + shift < bounds.left) shift = bounds.left - rect.left;
  rect.left += shift;
  rect.right += shift;
  return rect;
}

constexpr int kLabelPlaces = 8;

// Places around and inside a box, best first.
std::array<Rect, kLabelPlaces> LabelPlaces(const Rect& box, Size size, float gap) {
  const float above = box.top - gap - size.height, below = box.bottom + gap;
  const float right_aligned = box.right - size.width;
  return {At(box.left, above, size),
          At(box.left, below, size),
          At(right_aligned, above, size),
          At(right_aligned, below, size),
          At(box.right + gap, box.top, size),
          At(box.left - gap - size.width, box.top, size),
          At(box.left + gap, box.top + gap, size),
          At(box.left + gap, box.bottom - gap - size.height, size)};
}

struct LabelContext {
  const Canvas& canvas;
  std::span<const LabelRequest> requests;
  std::span<const Rect> taken;
  const std::vector<LabelPlacement>& placed;
};

// How bad a place is: infinity if it is outside or (unless `may_cover`) covers something taken.
float LabelCost(const LabelContext& context, size_t index, const Rect& rect, bool may_cover) {
  constexpr float kNever = std::numeric_limits<float>::infinity();
  if (!Inside(rect, Inflated(context.canvas.rect(), -2 * context.canvas.unit))) return kNever;
  float cost = 0;
  const auto cover = [&](const Rect& other) {
    if (!Overlap(rect, other)) return;
    cost += may_cover ? 20 * Covered(rect, other) : kNever;
  };
  for (const Rect& rect_taken : context.taken) cover(rect_taken);
  for (const LabelPlacement& label : context.placed) {
    if (label.length >= 0) cover(label.rect);
    if (cost == kNever) return kNever;
  }
  for (size_t i = 0; i < context.requests.size(); ++i) {
    if (i == index) continue;
    // Over part of a large box or over the whole of a small one: both are bad.
    const Rect& other = context.requests[i].box;
    cost += 10 * std::max(Covered(rect, other), Covered(other, rect));
  }
  // Inside of a large box a label hides hair; over a small one it hides the face.
  cost += 8 * Covered(context.requests[index].box, rect);
  return cost;
}

LabelPlacement PlaceLabel(const LabelContext& context, size_t index, bool may_cover) {
  // A shorter label is better than one that hides a quarter of its size in other faces; the order
  // of the places only breaks ties.
  constexpr std::array<float, kLabelLengths> kLengthCost = {0, 2.5f, 4, 6};
  constexpr float kPlaceCost = 0.1f;
  const LabelRequest& request = context.requests[index];
  const Rect bounds = Inflated(context.canvas.rect(), -2 * context.canvas.unit);
  LabelPlacement best;
  float best_cost = std::numeric_limits<float>::infinity();
  for (int length = 0; length < kLabelLengths; ++length) {
    const Size size = request.sizes[length];
    if (!(size.width > 0 && size.height > 0)) continue;
    const auto places = LabelPlaces(request.box, size, 4 * context.canvas.unit);
    for (int place = 0; place < kLabelPlaces; ++place) {
      const float base = kLengthCost[length] + kPlaceCost * place;
      if (base >= best_cost) continue;
      const Rect rect = SlidInto(places[place], bounds);
      const float cost = base + LabelCost(context, index, rect, may_cover);
      if (cost < best_cost) {
        best_cost = cost;
        best = {length, rect};
      }
    }
  }
  return best;
}

// Of `candidates`, best first, the one that hides least.
Rect LeastHiding(std::span<const Rect> candidates, const Rect& selected,
                 std::span<const Rect> boxes) {
  // The selected face weighs more than all others together, and any other more than the place.
  constexpr float kSelectedCost = 1000, kOtherCost = 1, kPlaceCost = 0.01f;
  Rect best;
  float best_cost = std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < candidates.size(); ++i) {
    float others = 0;
    for (const Rect& box : boxes) others += Covered(box, candidates[i]);
    const float cost = kSelectedCost * Covered(selected, candidates[i]) +
                       std::min(kOtherCost * others, kSelectedCost / 2) +
                       kPlaceCost * static_cast<float>(i);
    if (cost < best_cost) {
      best_cost = cost;
      best = candidates[i];
    }
  }
  return best;
}

}  // namespace

Rect Intersection(const Rect& a, const Rect& b) {
  const Rect both = {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
                     std::min(a.bottom, b.bottom)};
  return both.empty() ? Rect{} : both;
}

Rect Inflated(const Rect& rect, float by) {
  return {rect.left - by, rect.top - by, rect.right + by, rect.bottom + by};
}

Canvas MakeCanvas(float width, float height, float pixel_ratio) {
  constexpr float kMinRatio = 0.5f, kMaxRatio = 4;
  Canvas canvas;
  canvas.unit = std::isfinite(pixel_ratio) ? std::clamp(pixel_ratio, kMinRatio, kMaxRatio) : 1;
  const auto side = [&](float css) {
    if (!std::isfinite(css) || css <= 0) return 0.0f;
    return std::round(std::min(css * canvas.unit, kMaxCanvasSide));
  };
  canvas.width = side(width);
  canvas.height = side(height);
  return canvas;
}

Rect FitPicture(const Canvas& canvas, int picture_width, int picture_height) {
  if (canvas.empty() || picture_width <= 0 || picture_height <= 0) return {};
  const float scale =
      std::min({canvas.width / static_cast<float>(picture_width),
                canvas.height / static_cast<float>(picture_height), kMaxEnlargement * canvas.unit});
  // A picture of one row of a million pixels still gets a line.
  const float width = std::max(1.0f, std::round(scale * static_cast<float>(picture_width)));
  const float height = std::max(1.0f, std::round(scale * static_cast<float>(picture_height)));
  const float left = std::floor((canvas.width - width) / 2);
  const float room = canvas.height - (canvas.narrow() ? StripHeight(canvas) : 0);
  const float top = std::floor(std::max(0.0f, room - height) / 2);
  return {left, top, left + width, top + height};
}

Rect FaceRect(const StageFace& face, const StageState& state, const Rect& picture) {
  if (!face.has_box || !state.has_picture() || picture.empty()) return {};
  const float scale_x = picture.width() / static_cast<float>(state.picture_width());
  const float scale_y = picture.height() / static_cast<float>(state.picture_height());
  float left = face.x * scale_x, right = (face.x + face.width) * scale_x;
  if (state.mirror()) {
    const float mirrored_left = picture.width() - right;
    right = picture.width() - left;
    left = mirrored_left;
  }
  const Rect box = {std::round(picture.left + left), std::round(picture.top + face.y * scale_y),
                    std::round(picture.left + right),
                    std::round(picture.top + (face.y + face.height) * scale_y)};
  return Intersection(box, picture);
}

int FaceAt(std::span<const Rect> boxes, Point point, float unit) {
  int found = kNoFace;
  float found_area = std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < boxes.size(); ++i) {
    Rect box = boxes[i];
    if (box.empty()) continue;
    const float grow_x = std::max(0.0f, (kFingertip * unit - box.width()) / 2);
    const float grow_y = std::max(0.0f, (kFingertip * unit - box.height()) / 2);
    box = {box.left - grow_x, box.top - grow_y, box.right + grow_x, box.bottom + grow_y};
    if (box.Contains(point) && box.area() < found_area) {
      found = static_cast<int>(i);
      found_area = box.area();
    }
  }
  return found;
}

Rect PlaceChart(const Canvas& canvas, bool tall, const Rect& selected,
                std::span<const Rect> boxes) {
  const float unit = canvas.unit;
  if (canvas.width < 220 * unit || canvas.height < 220 * unit) return {};
  const Rect with_label = WithLabel(selected, unit);
  if (canvas.narrow()) {
    const float height = tall ? StripHeight(canvas) : 84 * unit;
    const float margin = kNarrowMargin * unit;
    const Size size = {canvas.width - 2 * margin, height};
    const std::array<Rect, 2> strips = {At(margin, canvas.height - margin - height, size),
                                        At(margin, margin, size)};
    return LeastHiding(strips, with_label, boxes);
  }
  const Size size = {std::clamp(0.28f * canvas.width, 280 * unit, 360 * unit),
                     (tall ? 176 : 92) * unit};
  const float margin = kMargin * unit;
  const float right = canvas.width - margin - size.width;
  const float bottom = canvas.height - margin - size.height;
  const std::array<Rect, 4> corners = {At(right, bottom, size), At(margin, bottom, size),
                                       At(right, margin, size), At(margin, margin, size)};
  return LeastHiding(corners, with_label, boxes);
}

Rect PlaceCornerLine(const Canvas& canvas, Size size, const Rect& chart, const Rect& selected,
                     std::span<const Rect> boxes) {
  const float margin = (canvas.narrow() ? kNarrowMargin : kMargin) * canvas.unit;
  const float right = canvas.width - margin - size.width;
  const float bottom = canvas.height - margin - size.height;
  std::vector<Rect> places = {At(margin, bottom, size), At(right, bottom, size),
                              At(margin, margin, size), At(right, margin, size)};
  if (!chart.empty()) {
    places.push_back(At(chart.left, chart.top - margin - size.height, size));
    places.push_back(At(chart.left, chart.bottom + margin, size));
  }
  const Rect with_label = WithLabel(selected, canvas.unit);
  std::erase_if(places, [&](const Rect& place) {
    return !Inside(place, canvas.rect()) || Overlap(place, chart) || Overlap(place, with_label);
  });
  return LeastHiding(places, {}, boxes);
}

int FirstLabelLength(size_t faces, bool narrow) {
  constexpr size_t kSmallGroup = 8, kGroup = 24;
  if (faces <= kSmallGroup) return 0;
  if (faces <= kGroup) return 1;
  return narrow ? 3 : 2;
}

std::vector<LabelPlacement> PlaceLabels(const Canvas& canvas,
                                        std::span<const LabelRequest> requests,
                                        std::span<const Rect> taken) {
  requests = requests.first(std::min<size_t>(requests.size(), kMaxLabels));
  std::vector<LabelPlacement> placed;
  placed.reserve(requests.size());
  const LabelContext context = {canvas, requests, taken, placed};
  for (size_t i = 0; i < requests.size(); ++i) {
    LabelPlacement label = PlaceLabel(context, i, false);
    if (label.length < 0 && requests[i].required) label = PlaceLabel(context, i, true);
    placed.push_back(label);
  }
  return placed;
}

std::vector<int> LabelOrder(std::span<const Rect> boxes, int first) {
  std::vector<int> order;
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (!boxes[i].empty()) order.push_back(static_cast<int>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if ((a == first) != (b == first)) return a == first;
    return boxes[a].area() > boxes[b].area();
  });
  return order;
}

}  // namespace ag::stage
