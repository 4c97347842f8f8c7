// Standard error: errors in one form, and a progress line where somebody is watching.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ag {

// "ag_native: MESSAGE\n" on stderr. Control characters and broken UTF-8 are replaced: the name of a
// file must not drive the terminal. When memory is short, everything that is not ASCII is replaced
// too, and a long message is cut.
void PrintError(std::string_view message);

// The same without "ag_native: ", for messages that are not errors.
void PrintNote(std::string_view message);

// Writes `text` to standard output. Returns the exit code: kExitUsage, with the reason printed, if
// it cannot be written. A reader that has gone is not an error; it is noted (interrupt.h).
int PrintToStandardOutput(std::string_view text);

// Returns what run(argc, argv) returns. If it throws, prints "NAME: not enough memory" or the
// exception's message and returns kExitUsage; that path allocates nothing.
int RunGuarded(const char* name, int (*run)(int argc, char** argv), int argc, char** argv);

// Draws "LABEL 120/5000  2 %  350/s  14 s left" in place on stderr, or "LABEL 120  350/s" where the
// total is not known. Prints nothing unless `enabled` and stderr is a terminal. Call Clear() before
// PrintError or PrintNote.
class Progress {
 public:
  Progress(std::string label, std::optional<size_t> total, bool enabled);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool enabled() const { return enabled_; }
  // `skipped` of them took no time, so they do not count towards the time left. Redraws a few times
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

// Whether a progress line would be visible.
bool StderrIsTerminal();

}  // namespace ag
