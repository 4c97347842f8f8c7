// A command that ag_native does not have: all that is needed for one, in a file of its own.
#include <cstdio>

#include "native/base/command.h"

namespace ag {
namespace {

int RunGreet(int argc, char** argv) {
  std::printf("%s:", argv[0]);
  for (int i = 1; i < argc; ++i) std::printf(" [%s]", argv[i]);
  std::printf("\n");
  return 7;
}

const Command kGreet({.name = "greet",
                      .summary = "says what it was given",
                      .group = CommandGroup::kAccuracy,
                      .place = 99,
                      .run = RunGreet,
                      .alias = "salute"});

}  // namespace
}  // namespace ag
