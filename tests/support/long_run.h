// Counts in tests: a fixed sample in every run, the full count in a long one.
#pragma once

#include <cstdlib>
#include <string_view>

namespace ag::test {

// Whether AG_LONG=1 is set, as `./ag test --long` does.
inline bool LongRun() {
  const char* value = std::getenv("AG_LONG");
  return value != nullptr && std::string_view(value) == "1";
}

// How often to try something: `sample` times in every run, `full` times in a long one.
template <typename Number>
Number Count(Number sample, Number full) {
  return LongRun() ? full : sample;
}

}  // namespace ag::test
