#include "web/app/fonts.h"

#include <cmath>

#include "web/app/stage_font_ttf.h"

namespace ag::stage {
namespace {

constexpr float kLabelSize = 14, kSmallSize = 12;  // CSS pixels

// What stage_font.ttf holds.
constexpr ImWchar kGlyphs[] = {0x20, 0x7e, 0xa0, 0xff, 0x2013, 0x2013, 0x2026, 0x2026, 0};

ImFont* AddFont(ImFontAtlas& atlas, float size) {
  ImFontConfig config;
  config.FontDataOwnedByAtlas = false;  // the bytes are constants of the program
  // Thirds of a pixel are seen where a pixel is large, and only there.
  config.OversampleH = size < 24 ? 3 : 1;
  config.OversampleV = 1;
  // The atlas takes a mutable pointer but does not write through it.
  return atlas.AddFontFromMemoryTTF(const_cast<char*>(kStageFontTtf.data()),
                                    static_cast<int>(kStageFontTtf.size()), size, &config, kGlyphs);
}

}  // namespace

FontSizes FontSizesFor(float unit) {
  return {std::round(kLabelSize * unit), std::round(kSmallSize * unit)};
}

Fonts BuildFonts(ImFontAtlas& atlas, const FontSizes& sizes) {
  atlas.Clear();
  atlas.Flags |= ImFontAtlasFlags_NoMouseCursors;
  const Fonts fonts = {AddFont(atlas, sizes.label), AddFont(atlas, sizes.small)};
  atlas.Build();
  return fonts;
}

Size TextSize(const ImFont& font, std::string_view text) {
  const ImVec2 size =
      font.CalcTextSizeA(font.FontSize, 1e6f, 0, text.data(), text.data() + text.size());
  return {size.x, size.y};
}

}  // namespace ag::stage
