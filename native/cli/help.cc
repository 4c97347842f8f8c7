#include "native/cli/help.h"

#include <array>
#include <string_view>

#include "native/base/console.h"
#include "native/base/exit_codes.h"

namespace ag {
namespace {

// `help COMMAND` means `COMMAND --help`.
int RunHelp(int argc, char** argv) {
  const std::vector<CommandEntry> commands = AllCommands();
  if (argc < 2) return PrintToStandardOutput(HelpText(commands));
  const CommandEntry* command = FindCommand(commands, argv[1]);
  if (command == nullptr) {
    PrintError("help: " + NoCommand(commands, argv[1]));
    return kExitUsage;
  }
  if (!command->has_options) return PrintToStandardOutput(HelpText(commands));
  char help[] = "--help";
  std::array<char*, 3> arguments = {argv[1], help, nullptr};
  return command->run(2, arguments.data());
}

const Command kHelp({.name = "help",
                     .summary = "print this list",
                     .group = CommandGroup::kProgram,
                     .place = 2,
                     .run = RunHelp,
                     .alias = "--help",
                     .has_options = false});

}  // namespace

std::string HelpText(const std::vector<CommandEntry>& commands) {
  return "ag_native: age and perceived gender from faces.\n\n"
         "Usage: ag_native COMMAND [OPTIONS]\n\nCommands:\n" +
         CommandList(commands, 14) +
         "\nag_native COMMAND --help lists a command's options.\n"
         "Exit codes: 0 all done, 1 some inputs failed (each named), 2 wrong usage or a broken "
         "model.\n";
}

std::string NoCommand(const std::vector<CommandEntry>& commands, std::string_view name) {
  return "there is no command '" + std::string(name) + "'" + DidYouMeanCommand(commands, name) +
         " (see ag_native help)";
}

}  // namespace ag
