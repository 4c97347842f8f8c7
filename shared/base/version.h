// The version of program, library and page, set in CMakeLists.txt and nowhere else.
#pragma once

#include <string_view>

namespace ag {

std::string_view Version();  // "0.2.0"; ends with a zero byte

}  // namespace ag
