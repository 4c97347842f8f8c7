// make_fuzz_corpus FOLDER: writes each target's seeds to FOLDER/TARGET/NAME.
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "shared/base/file.h"
#include "tests/fuzz/corpus.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_fuzz_corpus FOLDER\n", stderr);
    return 2;
  }
  for (const std::string_view target : ag::fuzz::TargetNames()) {
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / target;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
      std::fprintf(stderr, "%s: %s\n", folder.c_str(), error.message().c_str());
      return 1;
    }
    for (const ag::fuzz::Seed& seed : ag::fuzz::SeedsOf(target)) {
      const ag::Status status = ag::WriteFileAtomically((folder / seed.name).string(), seed.bytes);
      if (!status.ok()) {
        std::fprintf(stderr, "%s\n", status.message().c_str());
        return 1;
      }
    }
  }
  return 0;
}
