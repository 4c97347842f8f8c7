// ag_native train: runs ag_native-train.
#include "native/base/command.h"
#include "native/cli/launch.h"

namespace ag {
namespace {

int RunTrain(int argc, char** argv) {
  return RunProgramBeside("ag_native-train",
                          "it is built if LibTorch is installed: apt-get install libtorch-dev "
                          "libopenblas0-pthread, then ./ag build; everything else works without it",
                          argc, argv);
}

const Command kTrain({.name = "train",
                      .summary = "train a model (needs LibTorch)",
                      .group = CommandGroup::kModels,
                      .place = 1,
                      .run = RunTrain,
                      .own_signals = true});

}  // namespace
}  // namespace ag
