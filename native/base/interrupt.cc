#include "native/base/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace ag {
namespace {

// What a signal handler may write to: the globals that cannot be avoided.
volatile std::sig_atomic_t noted_signal = 0;
std::atomic<bool> reader_gone = false;  // here too: both decide how the process ends

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // so that a signal handler may set it

void NoteSignal(int signal) {
  noted_signal = signal;
  stop_requested = true;
}

}  // namespace

void CatchInterrupts() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old {};
    if (::sigaction(signal, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = NoteSignal;
    action.sa_flags = SA_RESETHAND | SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
  }
}

int InterruptSignal() { return noted_signal; }

const std::atomic<bool>& StopRequested() { return stop_requested; }

ReadOptions NamedByUser() {
  return {.named = true, .stop = [] { return InterruptSignal() != 0; }};
}

void NoteReaderGone() { reader_gone = true; }

bool ReaderGone() { return reader_gone; }

void DieOfNotedSignal() {
  const int signal = noted_signal != 0 ? noted_signal : reader_gone ? SIGPIPE : 0;
  if (signal == 0) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace ag
