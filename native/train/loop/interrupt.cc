#include "native/train/loop/interrupt.h"

#include <csignal>

namespace ag::train {
namespace {

// The one global that a signal handler cannot do without.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void RequestStop(int) { stop_requested = true; }

}  // namespace

void InstallSignalHandlers() {
  struct sigaction action {};
  action.sa_handler = RequestStop;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& StopRequested() { return stop_requested; }

}  // namespace ag::train
