// Standard error: errors in one form, and a progress line where somebody looks at it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ag {

// "ag_native: MESSAGE\n" on stderr. Control characters and broken UTF-8 are replaced: a file's name
// must not be able to drive the terminal. Where there is no memory for that, what is not ASCII is
// replaced too, and a long message is cut.
void PrintError(std::string_view message);

// The same without "ag_native: ", for what is no error.
void PrintNote(std::string_view message);

// Writes `text` to standard output. Returns the exit code: kExitUsage if it cannot be written, the
// reason printed, but for a reader that is gone, which is noted (interrupt.h).
int PrintToStandardOutput(std::string_view text);

// What run(argc, argv) returns. If it throws, kExitUsage and a line on stderr, "NAME: not enough
// memory" or what the exception says; none of that needs memory.
int RunGuarded(const char* name, int (*run)(int argc, char** argv), int argc, char** argv);

// "LABEL 120/5000  2 %  350/s  14 s left" in place on stderr, "LABEL 120  350/s" where the total is
// not known. Prints nothing unless `enabled` and stderr is a terminal. PrintError and PrintNote may
// come in between after Clear().
class Progress {
 public:
  Progress(std::string label, std::optional<size_t> total, bool enabled);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool enabled() const { return enabled_; }
  // `skipped` of them took no time, so that they say nothing about the time left. Draws a few times
  // a second at most.
  void Update(size_t done, size_t skipped = 0);
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  std::optional<size_t> total_;
  bool enabled_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_draw_;
};

// Whether a progress line would be seen.
bool StderrIsTerminal();

}  // namespace ag
