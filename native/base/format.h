// printf into a string.
#pragma once

#include <string>

namespace ag {

// As long as it gets. The compiler checks the values against `format`.
std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace ag
