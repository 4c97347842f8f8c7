// golden_write MODEL_FOLDER ASTRONAUT: prints the goldens that golden_test compares with.
// golden_write --answers MODEL_FOLDER: prints shared/infer/known_answers.inc.
// Run by `./ag goldens`.
#include <cstdio>
#include <string_view>

#include "tests/golden/golden.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: golden_write MODEL_FOLDER ASTRONAUT\n", stderr);
    return 2;
  }
  if (std::string_view(argv[1]) == "--answers") {
    const auto answers = ag::KnownAnswersText(argv[2]);
    if (answers.ok()) std::fputs(answers->c_str(), stdout);
    if (!answers.ok())
      std::fprintf(stderr, "golden_write: %s\n", answers.status().message().c_str());
    return answers.ok() ? 0 : 1;
  }
  const auto goldens = ag::ReadGoldens(argv[1], argv[2]);
  if (!goldens.ok()) {
    std::fprintf(stderr, "golden_write: %s\n", goldens.status().message().c_str());
    return 1;
  }
  std::fputs(ag::GoldensToJson(*goldens).c_str(), stdout);
  return 0;
}
