#include "native/cli/console.h"

#include <unistd.h>

#include <cstdio>

#include "native/plot/utf8.h"

namespace ag {
namespace {

constexpr std::chrono::milliseconds kRedrawInterval(200);

void PrintLine(std::string_view prefix, std::string_view message) {
  // One call, so that lines of several processes do not mix.
  const std::string line = std::string(prefix) + CleanText(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void PrintError(std::string_view message) { PrintLine("ag_native: ", message); }

void PrintNote(std::string_view message) { PrintLine("", message); }

Progress::Progress(std::string label, size_t total, bool enabled)
    : label_(std::move(label)),
      total_(total),
      enabled_(enabled && total > 1 && ::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_draw_(start_) {}

void Progress::Update(size_t done) {
  const Clock::time_point now = Clock::now();
  if (!enabled_ || now - last_draw_ < kRedrawInterval) return;
  last_draw_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done) / seconds;
  const double left = rate > 0 ? static_cast<double>(total_ - done) / rate : 0;
  std::fprintf(stderr, "\r%s %zu/%zu  %zu %%  %.0f/s  %.0f s left\x1b[K", label_.c_str(), done,
               total_, done * 100 / total_, rate, left);
  drawn_ = true;
}

void Progress::Clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace ag
