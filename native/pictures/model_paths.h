// Where models are looked for if none is named.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/status.h"

namespace ag {

inline constexpr std::string_view kAgeGenderFile = "age_gender.agm";
inline constexpr std::string_view kDetectorFile = "face_detector.agm";

// The folder of the running program, from /proc/self/exe; empty if that cannot be read.
std::string ProgramFolder();

// The first of these that contains `file`:
//   $AG_MODEL_DIR            alone, if it is set
//   PROGRAM/../share/ag      beside an installed program
//   PROGRAM/../../../web/model   in a source tree, from build/PRESET/bin
//   ./web/model
// kNotFound lists where it looked and names `option`, which the user can give instead.
StatusOr<std::string> FindModel(std::string_view file, std::string_view option);

}  // namespace ag
