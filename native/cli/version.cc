// ag_native version.
#include "shared/base/version.h"

#include "native/base/command.h"
#include "native/base/console.h"

namespace ag {
namespace {

int RunVersion(int, char**) {
  return PrintToStandardOutput("ag_native " + std::string(Version()) + "\n");
}

const Command kVersion({.name = "version",
                        .summary = "print the version",
                        .group = CommandGroup::kProgram,
                        .place = 1,
                        .run = RunVersion,
                        .alias = "--version",
                        .has_options = false});

}  // namespace
}  // namespace ag
