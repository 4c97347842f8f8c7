#include <csignal>
#include <cstdio>
#include <exception>

#include "native/train/run/app.h"

int main(int argc, char** argv) {
  // Help and tables for a reader that is gone: the end, also where the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  // A write beyond the limit of a file's size is an error like that of a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return ag::train::RunTrain(argc, argv);
  } catch (const std::exception& error) {  // std::bad_alloc: nothing here may need memory
    std::fprintf(stderr, "ag_native train: %s\n", error.what());
    return 2;
  }
}
