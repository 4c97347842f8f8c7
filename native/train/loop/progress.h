// What a user sees while it runs, on stderr: a bar that is redrawn when stderr is a terminal, else
// one line per thing that is finished.
#pragma once

#include <cstddef>
#include <string>

#include "native/base/console.h"

namespace ag::train {

class Progress {
 public:
  Progress();  // looks whether stderr is a terminal
  explicit Progress(bool terminal);

  // Redraws the bar (terminal only).
  void Show(double fraction, const std::string& text);

  // For BuildCropsCache and HashFiles.
  void ShowCount(size_t done, size_t of, const char* what);

  // A whole line; the bar is cleared first.
  void Line(const std::string& text);

 private:
  StatusLine line_;
};

// 3725 -> "1:02:05", 65 -> "1:05".
std::string DurationText(double seconds);

}  // namespace ag::train
