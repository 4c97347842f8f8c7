#include "web/app/boxes_view.h"

#include <algorithm>
#include <cmath>

namespace ag::stage {
namespace {

constexpr float kLabelPaddingX = 8, kLabelPaddingY = 3;  // CSS pixels

void DrawBox(const DrawContext& context, const Rect& box, Emphasis emphasis) {
  const bool selected = emphasis == Emphasis::kSelected;
  const float side = std::min(box.width(), box.height());
  // A thick line would fill a small box.
  const float line =
      context.Pixels(selected ? std::clamp(side / context.unit / 25, 1.5f, 3.0f) : 1.5f);
  const float rim = context.Pixels(1);
  const float radius = std::clamp(0.06f * side, context.unit, 10 * context.unit);
  ImU32 colour = kPictureColours.line;
  if (emphasis == Emphasis::kHovered) {
    colour = kPictureColours.hovered_line;
    context.list.AddRectFilled(TopLeft(box), BottomRight(box), kPictureColours.hovered_fill,
                               radius);
  }
  if (selected) colour = kPictureColours.selected_line;
  // ImGui centres a stroke on the rectangle half a pixel inside of the given edge.
  context.list.AddRect(TopLeft(box), BottomRight(box), kPictureColours.rim, radius, 0,
                       line + 2 * rim);
  context.list.AddRect(TopLeft(box), BottomRight(box), colour, radius, 0, line);
}

}  // namespace

void DrawBoxes(const DrawContext& context, std::span<const Rect> boxes, int selected, int hovered) {
  const int count = static_cast<int>(boxes.size());
  for (int i = 0; i < count; ++i) {
    if (i != selected && i != hovered && !boxes[i].empty()) {
      DrawBox(context, boxes[i], Emphasis::kNone);
    }
  }
  const auto draw = [&](int face, Emphasis emphasis) {
    if (face >= 0 && face < count && !boxes[face].empty()) DrawBox(context, boxes[face], emphasis);
  };
  if (hovered != selected) draw(hovered, Emphasis::kHovered);
  draw(selected, Emphasis::kSelected);
}

Size LabelSize(const DrawContext& context, const std::string& text) {
  if (text.empty()) return {};
  const Size size = TextSize(*context.fonts.label, text);
  return {std::ceil(size.width) + 2 * context.Pixels(kLabelPaddingX),
          std::ceil(size.height) + 2 * context.Pixels(kLabelPaddingY)};
}

void DrawLabel(const DrawContext& context, const Rect& rect, const std::string& text,
               Emphasis emphasis) {
  ImU32 ground = kPictureColours.label;
  if (emphasis == Emphasis::kHovered) ground = kPictureColours.hovered_label;
  if (emphasis == Emphasis::kSelected) ground = kPictureColours.selected_label;
  context.list.AddRectFilled(TopLeft(rect), BottomRight(rect), ground, rect.height() / 2);
  DrawText(context, *context.fonts.label,
           {rect.left + context.Pixels(kLabelPaddingX), rect.top + context.Pixels(kLabelPaddingY)},
           kPictureColours.label_text, text);
}

}  // namespace ag::stage
