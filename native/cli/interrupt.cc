#include "native/cli/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace ag {
namespace {

// What a signal handler may write to; the one global that cannot be avoided.
volatile std::sig_atomic_t noted_signal = 0;

void NoteSignal(int signal) { noted_signal = signal; }

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

void DieOfInterrupt() {
  const int signal = noted_signal;
  if (signal == 0) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace ag
