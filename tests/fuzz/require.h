// What a fuzz target does when a promise is broken: it aborts, which both libFuzzer and ctest
// report as a finding.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ag::fuzz {

inline void Require(bool promise, std::string_view what) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace ag::fuzz
