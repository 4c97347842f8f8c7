// What a user sees while it runs, on stderr: a bar that is redrawn when stderr is a terminal, else
// one line per thing that is finished.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace ag::train {

class Progress {
 public:
  Progress();  // looks whether stderr is a terminal
  explicit Progress(bool terminal);

  // Redraws the bar (terminal only, at most 10 times a second).
  void Show(double fraction, const std::string& text);

  // For BuildCropsCache and HashFiles.
  void ShowCount(size_t done, size_t of, const char* what);

  // A whole line; the bar is cleared first.
  void Line(const std::string& text);

 private:
  void Clear();
  const bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// 3725 -> "1:02:05", 65 -> "1:05".
std::string DurationText(double seconds);

}  // namespace ag::train
