// Standard error: errors in one form, and a progress line where somebody looks at it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ag {

// "ag_native: MESSAGE\n" on stderr. Control characters and broken UTF-8 are replaced: a file's name
// must not be able to drive the terminal.
void PrintError(std::string_view message);

// The same without "ag_native: ", for what is no error.
void PrintNote(std::string_view message);

// "LABEL 120/5000  2 %  350/s  14 s left" in place on stderr. Prints nothing unless `enabled` and
// stderr is a terminal. PrintError and PrintNote may come in between after Clear().
class Progress {
 public:
  Progress(std::string label, size_t total, bool enabled);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(size_t done);  // draws a few times a second at most
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  size_t total_;
  bool enabled_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_draw_;
};

}  // namespace ag
