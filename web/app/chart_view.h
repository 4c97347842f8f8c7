// The selected face's age: its distribution as bars over an axis of years, the interval shaded, the
// mean marked; for a net that gives a plain value, the value and the interval alone.
#pragma once

#include <span>

#include "web/app/draw.h"

namespace ag::stage {

// years, distribution [bins], as StageState gives them; both empty: a plain value. Draws nothing
// where the face has neither an age nor a distribution.
void DrawChart(const DrawContext& context, const Rect& panel, const StageFace& face,
               std::span<const float> years, std::span<const float> distribution);

}  // namespace ag::stage
