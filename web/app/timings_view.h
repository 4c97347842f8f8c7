// One quiet line: milliseconds of each stage of the prediction.
#pragma once

#include <string>

#include "web/app/draw.h"

namespace ag::stage {

Size TimingsSize(const DrawContext& context, const std::string& line);  // width 0: no line
void DrawTimings(const DrawContext& context, const Rect& rect, const std::string& line);

}  // namespace ag::stage
