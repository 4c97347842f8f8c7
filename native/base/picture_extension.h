// What the ending of a file's name says.
#pragma once

#include <string>
#include <string_view>

namespace ag {

// With its dot, ASCII letters in lower case; "" where there is none.
std::string LowerExtension(std::string_view name);

// Whether a name ends as pictures that are read usually do (.jpg, any case).
bool HasPictureExtension(std::string_view name);

}  // namespace ag
