// golden_write MODEL_FOLDER ASTRONAUT: prints the goldens that golden_test compares with. Run by
// `./ag goldens`.
#include <cstdio>

#include "tests/golden/golden.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: golden_write MODEL_FOLDER ASTRONAUT\n", stderr);
    return 2;
  }
  const auto goldens = ag::ReadGoldens(argv[1], argv[2]);
  if (!goldens.ok()) {
    std::fprintf(stderr, "golden_write: %s\n", goldens.status().message().c_str());
    return 1;
  }
  std::fputs(ag::GoldensToJson(*goldens).c_str(), stdout);
  return 0;
}
