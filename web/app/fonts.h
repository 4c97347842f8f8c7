// The stage's type: Roboto in two sizes, rasterised for the pixel ratio.
#pragma once

#include <imgui.h>

#include <string_view>

#include "web/app/layout.h"

namespace ag::stage {

struct Fonts {
  ImFont* label = nullptr;
  ImFont* small = nullptr;
};

// In whole device pixels: ratios that differ by less than a pixel of type share their fonts (a
// canvas being resized reports ratios such as 1.0008).
struct FontSizes {
  float label = 0;  // 14 CSS pixels
  float small = 0;  // 12 CSS pixels
  bool operator==(const FontSizes&) const = default;
};
FontSizes FontSizesFor(float unit);

// Replaces all fonts of `atlas` and builds its picture; the renderer must upload it again. The
// fonts live as long as the atlas, or until the next call.
Fonts BuildFonts(ImFontAtlas& atlas, const FontSizes& sizes);

// Device pixels. Width is the advance of all glyphs, height the line's.
Size TextSize(const ImFont& font, std::string_view text);

}  // namespace ag::stage
