// Boxes around the faces, and their labels.
#pragma once

#include <span>
#include <string>

#include "web/app/draw.h"

namespace ag::stage {

enum class Emphasis { kNone, kHovered, kSelected };

// boxes [faces]; empty ones are left out. The selected box is drawn last, over all others.
void DrawBoxes(const DrawContext& context, std::span<const Rect> boxes, int selected, int hovered);

// Size of a label with the pill around it; width 0 for an empty text.
Size LabelSize(const DrawContext& context, const std::string& text);
void DrawLabel(const DrawContext& context, const Rect& rect, const std::string& text,
               Emphasis emphasis);

}  // namespace ag::stage
