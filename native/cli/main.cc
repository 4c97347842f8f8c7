// ag_native COMMAND ...: finds the command and runs it. Each has a file of its own, which registers it.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/command.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/cli/help.h"

namespace ag {
namespace {

// If standard output or error are closed, a file opened later must not take their place. What
// stands in for them refuses to be written, so that lost results are still an error.
void FillClosedDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF && ::open("/dev/null", O_RDONLY) != fd) return;
  }
}

int Run(const CommandEntry& command, int argc, char** argv) {
  if (command.own_signals) return command.run(argc, argv);
  // Both come back as errors from write() instead, and temporary files are then removed.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return RunGuarded(command.name.data(), command.run, argc, argv);
}

int Dispatch(int argc, char** argv) {
  const std::vector<CommandEntry> commands = AllCommands();
  if (argc < 2) {
    std::fputs(HelpText(commands).c_str(), stderr);
    return kExitUsage;
  }
  const std::string_view name = argv[1];
  const CommandEntry* command = FindCommand(commands, name == "-h" ? "--help" : name);
  if (command == nullptr) {
    PrintError(NoCommand(commands, name));
    return kExitUsage;
  }
  return Run(*command, argc - 1, argv + 1);
}

int Main(int argc, char** argv) {
  FillClosedDescriptors();
  const int code = Dispatch(argc, argv);
  DieOfNotedSignal();
  return code;
}

}  // namespace
}  // namespace ag

int main(int argc, char** argv) { return ag::RunGuarded("start", ag::Main, argc, argv); }
