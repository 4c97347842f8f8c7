// Runs a piece of a test in a process of its own, and says what it took. Not for WebAssembly.
#pragma once

#include <cstdint>
#include <functional>

namespace ag::test {

struct Apart {
  int exit_code = 0;  // what the body returned; minus the signal that ended it
  // Resident memory at its highest, above what the process began with. 0 after a signal.
  uint64_t peak_bytes = 0;
  double cpu_seconds = 0;  // of all its threads: other processes do not count
};

// `body` runs once in a child, which may take `most_bytes` more address space than it starts with
// and `most_seconds` of CPU time (then SIGXCPU ends it).
Apart RunApart(uint64_t most_bytes, int most_seconds, const std::function<int()>& body);

}  // namespace ag::test
