// engine_dump MODEL_FOLDER PICTURE...: prints what this build of the engine computes.
#include <cstdio>
#include <string>
#include <vector>

#include "tests/parity/engine_dump.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: engine_dump MODEL_FOLDER PICTURE...\n", stderr);
    return 2;
  }
  const auto dump = ag::DumpEngine(argv[1], std::vector<std::string>(argv + 2, argv + argc));
  if (!dump.ok()) {
    std::fprintf(stderr, "engine_dump: %s\n", dump.status().message().c_str());
    return 1;
  }
  std::fputs(ag::DumpToText(*dump).c_str(), stdout);
  return 0;
}
