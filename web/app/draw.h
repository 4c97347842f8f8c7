// What every view draws with: a draw list, the fonts, the theme, and shared shapes.
#pragma once

#include <imgui.h>

#include <string_view>

#include "web/app/fonts.h"
#include "web/app/layout.h"
#include "web/app/palette.h"

namespace ag::stage {

struct DrawContext {
  ImDrawList& list;
  const Fonts& fonts;
  const Palette& palette;
  float unit;  // device pixels in a CSS pixel

  // CSS pixels to whole device pixels, never 0: widths of lines and gaps.
  float Pixels(float css) const;
};

inline ImVec2 TopLeft(const Rect& rect) { return {rect.left, rect.top}; }
inline ImVec2 BottomRight(const Rect& rect) { return {rect.right, rect.bottom}; }

void DrawText(const DrawContext& context, const ImFont& font, Point top_left, ImU32 colour,
              std::string_view text);

// A translucent card with a hairline around it.
void DrawPanel(const DrawContext& context, const Rect& rect, float radius_css);

}  // namespace ag::stage
