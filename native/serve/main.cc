// ag_native-serve, started by `ag_native serve`.
#include <csignal>

#include "native/base/console.h"
#include "native/base/interrupt.h"
#include "native/serve/serve.h"

int main(int argc, char** argv) {
  // Both come back as errors of write() instead.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  char name[] = "serve";
  if (argc > 0) argv[0] = name;
  const int code = ag::RunGuarded(name, ag::RunServe, argc, argv);
  // An interrupt is how it is meant to end.
  if (ag::InterruptSignal() == 0) ag::DieOfNotedSignal();
  return code;
}
