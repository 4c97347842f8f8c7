#include "web/app/timings_view.h"

#include <cmath>

namespace ag::stage {
namespace {

constexpr float kPaddingX = 8, kPaddingY = 3;  // CSS pixels

}  // namespace

Size TimingsSize(const DrawContext& context, const std::string& line) {
  if (line.empty()) return {};
  const Size size = TextSize(*context.fonts.small, line);
  return {std::ceil(size.width) + 2 * context.Pixels(kPaddingX),
          std::ceil(size.height) + 2 * context.Pixels(kPaddingY)};
}

void DrawTimings(const DrawContext& context, const Rect& rect, const std::string& line) {
  if (rect.empty() || line.empty()) return;
  DrawPanel(context, rect, 6);
  DrawText(context, *context.fonts.small,
           {rect.left + context.Pixels(kPaddingX), rect.top + context.Pixels(kPaddingY)},
           context.palette.quiet_text, line);
}

}  // namespace ag::stage
