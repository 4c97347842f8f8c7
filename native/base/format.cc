#include "native/base/format.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace ag {

std::string Format(const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  const int length = std::vsnprintf(nullptr, 0, format, values);
  va_end(values);
  // -1 is a value that cannot be shown (a wide character); none is ever given.
  std::string text(static_cast<size_t>(std::max(length, 0)), '\0');
  va_start(values, format);
  // The 0 behind the text is the string's own.
  std::vsnprintf(text.data(), text.size() + 1, format, values);
  va_end(values);
  return text;
}

}  // namespace ag
