// ag_native bench: runs ag_native-bench.
#include "native/base/command.h"
#include "native/cli/launch.h"

namespace ag {
namespace {

int RunBench(int argc, char** argv) {
  return RunProgramBeside("ag_native-bench", "./ag build makes both", argc, argv);
}

const Command kBench({.name = "bench",
                      .summary = "measurements of the engine on pictures",
                      .group = CommandGroup::kPage,
                      .place = 2,
                      .run = RunBench,
                      .own_signals = true});

}  // namespace
}  // namespace ag
