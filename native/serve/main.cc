// ag_native-serve, started by `ag_native serve`.
#include <csignal>
#include <exception>
#include <string>

#include "native/cli/console.h"
#include "native/cli/exit_codes.h"
#include "native/serve/serve.h"

int main(int argc, char** argv) {
  // Both come back as errors of write() instead.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  char name[] = "serve";
  if (argc > 0) argv[0] = name;
  try {
    return ag::RunServe(argc, argv);
  } catch (const std::exception& error) {
    ag::PrintError(std::string("serve: ") + error.what());
    return ag::kExitUsage;
  }
}
