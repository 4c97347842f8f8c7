// What the extension of a file's name says.
#pragma once

#include <string>
#include <string_view>

namespace ag {

// Includes the dot, ASCII letters in lower case; "" if there is none.
std::string LowerExtension(std::string_view name);

// Whether a name ends as readable pictures usually do (.jpg, in any case).
bool HasPictureExtension(std::string_view name);

}  // namespace ag
