// The few words on the stage. Only integers and one decimal: no printf, which would add its
// floating point half to the module.
#pragma once

#include <string>

#include "web/app/state.h"

namespace ag::stage {

// length 0: "34 (21–51)  F 79 %", 1: "34  F 79 %", 2: "34", 3: nothing but the face's number; what
// is missing is left out, and the text is empty where nothing is left. F and M are the data set's
// labels, with the probability of the likelier one; it never says 100 %. With the face's number
// before it, where it has one: "2: 34 (21–51)".
std::string FaceLabel(const StageFace& face, int length);

// Years, rounded to whole ones.
std::string Years(float years);
// "21–51"
std::string YearsRange(float low, float high);

// "simd · detect 8.3 ms · align 0.4 ms · predict 12 ms"; empty where there are no timings.
std::string TimingsLine(const StageState& state);

}  // namespace ag::stage
