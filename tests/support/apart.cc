#include "tests/support/apart.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace ag::test {
namespace {

// A line of /proc/self/status that counts kilobytes, in bytes.
uint64_t StatusBytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    uint64_t kilobytes = 0;
    if (word == name + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

void Limit(decltype(RLIMIT_AS) what, rlim_t most) {
  const rlimit limit = {most, most};
  ::setrlimit(what, &limit);
}

[[noreturn]] void RunChild(uint64_t most_bytes, int most_seconds, const std::function<int()>& body,
                           int report) {
  // What the parent has freed must not hide what the body takes.
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5\n";  // the highest is forgotten
  const uint64_t before = StatusBytes("VmRSS");
  Limit(RLIMIT_AS, StatusBytes("VmSize") + most_bytes);
  Limit(RLIMIT_CPU, static_cast<rlim_t>(most_seconds));
  const int code = body();
  const uint64_t highest = StatusBytes("VmHWM");
  const uint64_t peak = highest > before ? highest - before : 0;
  if (::write(report, &peak, sizeof(peak)) != sizeof(peak)) ::_exit(127);
  ::_exit(code);
}

}  // namespace

Apart RunApart(uint64_t most_bytes, int most_seconds, const std::function<int()>& body) {
  Apart result;
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) RunChild(most_bytes, most_seconds, body, ends[1]);
  ::close(ends[1]);
  uint64_t peak = 0;
  if (::read(ends[0], &peak, sizeof(peak)) == sizeof(peak)) result.peak_bytes = peak;
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) std::abort();
  result.exit_code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  result.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return result;
}

}  // namespace ag::test
