// Runs one fuzz target without libFuzzer: on its generated seeds, and on every input that was ever
// found to break it (tests/fuzz/findings/TARGET). Its name is compiled in: AG_FUZZ_TARGET.
//
// A target aborts where a promise is broken; the name of the last input stands above that.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "shared/base/file.h"
#include "tests/fuzz/corpus.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ag::fuzz {
namespace {

void Replay(const std::string& name, std::span<const uint8_t> bytes) {
  std::printf("%s\n", name.c_str());
  std::fflush(stdout);
  // An allocation of exactly this size, so that AddressSanitizer sees a read behind its end.
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  EXPECT_EQ(LLVMFuzzerTestOneInput(copy.get(), bytes.size()), 0) << name;
}

TEST(Replay, Seeds) {
  const std::vector<Seed> seeds = SeedsOf(AG_FUZZ_TARGET);
  ASSERT_FALSE(seeds.empty());
  for (const Seed& seed : seeds) Replay(seed.name, seed.bytes);
}

// Cheap hostility for every target: nothing at all, and each seed cut at some places.
TEST(Replay, SeedsCutShort) {
  Replay("nothing", {});
  for (const Seed& seed : SeedsOf(AG_FUZZ_TARGET)) {
    for (const size_t parts : {1u, 3u, 5u, 6u}) {
      const size_t size = seed.bytes.size() * parts / 7;
      Replay(seed.name + " cut at " + std::to_string(size), std::span(seed.bytes).first(size));
    }
  }
}

TEST(Replay, Findings) {
  const std::filesystem::path folder =
      std::filesystem::path(AG_SOURCE_DIR) / "tests/fuzz/findings" / AG_FUZZ_TARGET;
  if (!std::filesystem::is_directory(folder)) return;  // nothing was ever found
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    const StatusOr<std::vector<uint8_t>> bytes = ReadFile(path, size_t{64} << 20);
    ASSERT_TRUE(bytes.ok()) << bytes.status().message();
    Replay(path, *bytes);
  }
}

}  // namespace
}  // namespace ag::fuzz
