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

// A line on stderr that is drawn again in place, at most five times a second. Draws nothing unless
// `enabled`.
class StatusLine {
 public:
  explicit StatusLine(bool enabled) : enabled_(enabled), last_draw_(Clock::now()) {}
  ~StatusLine() { Clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  bool enabled() const { return enabled_; }
  // Whether it is time to draw it again.
  bool IsDue() const;
  void Draw(const std::string& text);
  // Before anything else is written to stderr.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;
  const bool enabled_;
  bool drawn_ = false;
  Clock::time_point last_draw_;
};

// Draws "LABEL 120/5000  2 %  350/s  14 s left" in place on stderr, or "LABEL 120  350/s" where the
// total is not known. Prints nothing unless `enabled` and stderr is a terminal. Call Clear() before
// PrintError or PrintNote.
class Progress {
 public:
  Progress(std::string label, std::optional<size_t> total, bool enabled);

  bool enabled() const { return line_.enabled(); }
  // `skipped` of them took no time, so they do not count towards the time left. Redraws a few times
  // a second at most.
  void Update(size_t done, size_t skipped = 0);
  void Clear() { line_.Clear(); }

 private:
  std::string label_;
  std::optional<size_t> total_;
  StatusLine line_;
  std::chrono::steady_clock::time_point start_;
};

// Whether a progress line would be visible.
bool StderrIsTerminal();

}  // namespace ag
