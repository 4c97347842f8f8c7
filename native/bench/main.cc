// ag_native-bench NAME ...: measurements of the engine on pictures. `ag_native bench` runs it. Each is a
// file of its own, which registers itself.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/command.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"

int main(int argc, char** argv) {
  // The reader of the tables may go away: then end, even if the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  const std::vector<ag::CommandEntry> benches = ag::AllCommands();
  const std::string_view name = argc < 2 ? "" : argv[1];
  if (const ag::CommandEntry* bench = ag::FindCommand(benches, name)) {
    return bench->run(argc - 1, argv + 1);
  }
  const bool help = name == "--help" || name == "help";
  if (!help && !name.empty()) {
    ag::PrintError("bench: no benchmark is called '" + std::string(name) + "'" +
                   ag::DidYouMeanCommand(benches, name));
  }
  std::fprintf(stderr, "Usage: ag_native bench NAME [OPTIONS]\n\n%s",
               ag::CommandList(benches, 20).c_str());
  return help ? ag::kExitDone : ag::kExitUsage;
}
