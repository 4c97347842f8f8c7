// Colours of the stage.
#pragma once

#include <imgui.h>

namespace ag::stage {

// What follows the page's theme: background (the page's --stage) and panels.
struct Palette {
  ImU32 background;
  ImU32 panel;  // translucent: the picture shows through
  ImU32 panel_border;
  ImU32 text;
  ImU32 quiet_text;
  ImU32 axis;
  ImU32 interval;      // shade behind the interval's bars
  ImU32 bar;           // outside of the interval
  ImU32 interval_bar;  // inside of it
  ImU32 mean;
};

inline constexpr Palette kLightPalette = {
    .background = IM_COL32(238, 240, 243, 255),
    .panel = IM_COL32(255, 255, 255, 230),
    .panel_border = IM_COL32(20, 30, 45, 40),
    .text = IM_COL32(26, 32, 41, 255),
    .quiet_text = IM_COL32(84, 95, 110, 255),
    .axis = IM_COL32(150, 160, 173, 255),
    .interval = IM_COL32(29, 99, 214, 24),
    .bar = IM_COL32(168, 184, 206, 255),
    .interval_bar = IM_COL32(58, 123, 230, 255),
    .mean = IM_COL32(26, 32, 41, 255),
};

inline constexpr Palette kDarkPalette = {
    .background = IM_COL32(20, 23, 28, 255),
    .panel = IM_COL32(24, 28, 34, 225),
    .panel_border = IM_COL32(255, 255, 255, 38),
    .text = IM_COL32(236, 240, 245, 255),
    .quiet_text = IM_COL32(160, 170, 183, 255),
    .axis = IM_COL32(104, 115, 130, 255),
    .interval = IM_COL32(110, 168, 255, 34),
    .bar = IM_COL32(88, 102, 122, 255),
    .interval_bar = IM_COL32(106, 163, 250, 255),
    .mean = IM_COL32(236, 240, 245, 255),
};

// What lies on the picture is the same in both themes: a picture may be light or dark, so every
// line is light with a dark edge, and every text has its own background.
struct PictureColours {
  ImU32 rim = IM_COL32(8, 12, 18, 150);
  ImU32 line = IM_COL32(255, 255, 255, 215);
  ImU32 hovered_line = IM_COL32(255, 255, 255, 255);
  ImU32 hovered_fill = IM_COL32(255, 255, 255, 28);
  ImU32 selected_line = IM_COL32(92, 158, 255, 255);
  ImU32 label = IM_COL32(14, 18, 24, 205);
  ImU32 hovered_label = IM_COL32(14, 18, 24, 240);
  ImU32 selected_label = IM_COL32(26, 95, 212, 250);
  ImU32 label_text = IM_COL32(255, 255, 255, 255);
};
inline constexpr PictureColours kPictureColours;

}  // namespace ag::stage
