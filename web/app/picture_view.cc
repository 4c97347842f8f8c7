#include "web/app/picture_view.h"

namespace ag::stage {

void DrawPicture(const DrawContext& context, const Rect& rect, ImTextureID texture, bool mirrored) {
  if (rect.empty()) return;
  const float left = mirrored ? 1 : 0;
  context.list.AddImage(texture, TopLeft(rect), BottomRight(rect), {left, 0}, {1 - left, 1});
}

}  // namespace ag::stage
