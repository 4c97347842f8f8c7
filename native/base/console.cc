#include "native/base/console.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>

#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/utf8.h"

namespace ag {
namespace {

constexpr std::chrono::milliseconds kRedrawInterval(200);

constexpr std::string_view kErrorPrefix = "ag_native: ";

// Allocates nothing.
void PrintPlainLine(std::initializer_list<std::string_view> parts) {
  std::array<char, 512> line;
  size_t length = 0;
  for (const std::string_view part : parts) {
    for (const char c : part) {
      if (length + 1 == line.size()) break;
      line[length++] = c >= ' ' && c <= '~' ? c : '?';
    }
  }
  line[length++] = '\n';
  std::fwrite(line.data(), 1, length, stderr);
}

void PrintLine(std::string_view prefix, std::string_view message) {
  try {
    // One call, so that lines of several processes do not mix.
    const std::string line = std::string(prefix) + CleanText(message) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  } catch (const std::bad_alloc&) {
    PrintPlainLine({prefix, message});
  }
}

std::string Rate(double per_second) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), per_second < 10 ? "%.1f/s" : "%.0f/s", per_second);
  return text.data();
}

std::string Duration(double seconds) {
  constexpr double kFewSeconds = 100;
  std::array<char, 48> text;
  if (seconds < kFewSeconds) {
    std::snprintf(text.data(), text.size(), "%.0f s", seconds);
  } else if (seconds < kFewSeconds * 60) {
    std::snprintf(text.data(), text.size(), "%.0f min", seconds / 60);
  } else {
    std::snprintf(text.data(), text.size(), "%.0f h", seconds / 3600);
  }
  return text.data();
}

}  // namespace

void PrintError(std::string_view message) { PrintLine(kErrorPrefix, message); }

void PrintNote(std::string_view message) { PrintLine("", message); }

int PrintToStandardOutput(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      NoteReaderGone();
      return kExitUsage;
    } else if (errno != EINTR) {
      PrintError(std::string("standard output: cannot write: ") + std::strerror(errno));
      return kExitUsage;
    }
  }
  return kExitDone;
}

int RunGuarded(const char* name, int (*run)(int argc, char** argv), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    PrintPlainLine({kErrorPrefix, name, ": not enough memory"});
  } catch (const std::exception& error) {
    PrintPlainLine({kErrorPrefix, name, ": ", error.what()});
  }
  return kExitUsage;
}

bool StderrIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }

bool StatusLine::IsDue() const { return enabled_ && Clock::now() - last_draw_ >= kRedrawInterval; }

void StatusLine::Draw(const std::string& text) {
  if (!enabled_) return;
  std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
  last_draw_ = Clock::now();
}

void StatusLine::Clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

Progress::Progress(std::string label, std::optional<size_t> total, bool enabled)
    : label_(std::move(label)),
      total_(total),
      line_(enabled && total != 1 && StderrIsTerminal()),
      start_(std::chrono::steady_clock::now()) {}

void Progress::Update(size_t done, size_t skipped) {
  if (!line_.IsDue()) return;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double rate = static_cast<double>(done - skipped) / seconds;
  std::string text = label_ + " " + std::to_string(done);
  // Files may have been added since they were counted.
  const bool know_total = total_ && *total_ >= done;
  if (know_total) {
    text += "/" + std::to_string(*total_) + "  " + std::to_string(done * 100 / *total_) + " %";
  }
  text += "  " + Rate(rate);
  if (know_total && rate > 0) {
    text += "  " + Duration(static_cast<double>(*total_ - done) / rate) + " left";
  }
  line_.Draw(text);
}

}  // namespace ag
