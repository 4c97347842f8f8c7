#include <csignal>

#include "native/train/app.h"

int main(int argc, char** argv) {
  // Help and tables for a reader that is gone: the end, also where the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  return ag::train::RunTrain(argc, argv);
}
