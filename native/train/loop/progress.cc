#include "native/train/loop/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace ag::train {

Progress::Progress() : Progress(StderrIsTerminal()) {}
Progress::Progress(bool terminal) : line_(terminal) {}

void Progress::Show(double fraction, const std::string& text) {
  if (!line_.IsDue()) return;
  constexpr int kWidth = 24;
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kWidth);
  const std::string bar = std::string(static_cast<size_t>(full), '#') +
                          std::string(static_cast<size_t>(kWidth - full), '.');
  line_.Draw("[" + bar + "] " + text);
}

void Progress::ShowCount(size_t done, size_t of, const char* what) {
  const double fraction = of == 0 ? 1 : static_cast<double>(done) / static_cast<double>(of);
  Show(fraction, std::string(what) + " " + std::to_string(done) + "/" + std::to_string(of));
}

void Progress::Line(const std::string& text) {
  line_.Clear();
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
}

std::string DurationText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const long total = std::lround(seconds);
  char text[48];
  if (total >= 3600) {
    std::snprintf(text, sizeof(text), "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof(text), "%ld:%02ld", total / 60, total % 60);
  }
  return text;
}

}  // namespace ag::train
