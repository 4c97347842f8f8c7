// The picture itself.
#pragma once

#include "web/app/draw.h"

namespace ag::stage {

// Draws `texture` (top row first) over `rect`; mirrored: left and right swapped.
void DrawPicture(const DrawContext& context, const Rect& rect, ImTextureID texture, bool mirrored);

}  // namespace ag::stage
