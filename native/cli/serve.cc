// ag_native serve: runs ag_native-serve.
#include "native/base/command.h"
#include "native/cli/launch.h"

namespace ag {
namespace {

int RunServe(int argc, char** argv) {
  return RunProgramBeside("ag_native-serve", "./ag build makes both", argc, argv);
}

const Command kServe({.name = "serve",
                      .summary = "serve a folder to the browser on this machine",
                      .group = CommandGroup::kFiles,
                      .place = 3,
                      .run = RunServe,
                      .own_signals = true});

}  // namespace
}  // namespace ag
