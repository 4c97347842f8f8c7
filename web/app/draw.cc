#include "web/app/draw.h"

#include <algorithm>
#include <cmath>

namespace ag::stage {

float DrawContext::Pixels(float css) const { return std::max(1.0f, std::round(css * unit)); }

void DrawText(const DrawContext& context, const ImFont& font, Point top_left, ImU32 colour,
              std::string_view text) {
  context.list.AddText(&font, font.FontSize, {top_left.x, top_left.y}, colour, text.data(),
                       text.data() + text.size());
}

void DrawPanel(const DrawContext& context, const Rect& rect, float radius_css) {
  const float radius = context.Pixels(radius_css);
  context.list.AddRectFilled(TopLeft(rect), BottomRight(rect), context.palette.panel, radius);
  context.list.AddRect(TopLeft(rect), BottomRight(rect), context.palette.panel_border, radius, 0,
                       context.Pixels(1));
}

}  // namespace ag::stage
