// kill -9 at any moment of predict, with everything that it writes: no record is lost or doubled,
// and what is there at the end is what an uninterrupted run writes.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"
#include "tests/support/long_run.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr int kPictures = 40;
// Comes and goes: before all others, so that records have to be put into another order.
constexpr const char* kExtra = "000.png";

std::map<std::string, std::string> FilesBelow(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory() || entry.path().filename().string().starts_with(kExtra)) continue;
    files[entry.path().lexically_relative(folder).string()] = ReadText(entry.path().string());
  }
  return files;
}

// The files that the whole lines of a JSONL file are of; a line that stands there twice is an
// error.
std::set<std::string> FilesOf(const std::string& path) {
  std::set<std::string> files;
  std::string text = ReadText(path);
  text.resize(text.rfind('\n') + 1);  // a torn last record is made again
  for (const std::string& line : Lines(text)) {
    const Json record = Json::parse(line, nullptr, false);
    EXPECT_TRUE(record.is_object()) << path << ": " << line.substr(0, 80);
    if (!record.is_object()) continue;
    EXPECT_TRUE(files.insert(record["file"]).second) << "twice: " << line.substr(0, 80);
  }
  return files;
}

class KillTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    for (int i = 0; i < kPictures; ++i) {
      const std::string name = "in/" + std::to_string(100 + i * 7);
      if (i % 10 == 4) {
        WriteText(folder_ / (name + ".png"), "no picture");
      } else {
        WritePicture(folder_ / (name + (i % 3 == 0 ? ".jpg" : ".png")), 48, 40,
                     static_cast<uint64_t>(i));
      }
    }
    fs::create_directories(folder_.path() / "whole");
    fs::create_directories(folder_.path() / "killed");
  }
  std::vector<std::string> Arguments(const std::string& place) const {
    return {"predict",
            "--min-score",
            "0.01",
            "--detect-size",
            "64",
            "--no-rotate",
            "--max-faces",
            "2",
            "--threads",
            "2",
            "--resume",
            "--out",
            folder_ / place + "/r." + GetParam(),
            "--annotate",
            folder_ / place + "/marked",
            "--crops",
            folder_ / place + "/crops",
            folder_ / "in"};
  }
  RunResult RunToTheEnd(const std::string& place) {
    RunOptions options;
    options.model_dir = folder_ / "models";
    return RunNative(Arguments(place), options);
  }
  // Returns whether it was killed, and not done before.
  bool RunAndKill(std::chrono::microseconds after) {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t child = StartNative(Arguments("killed"), folder_ / "models", nothing);
    ::close(nothing);
    std::this_thread::sleep_for(after);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status);
  }

  TemporaryFolder folder_;
};

TEST_P(KillTest, NothingIsLostAndNothingDoubled) {
  const auto begin = Clock::now();
  ASSERT_EQ(RunToTheEnd("whole").code, 1);
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  const auto whole = FilesBelow(folder_.path() / "whole");
  const bool jsonl = std::string(GetParam()) == "jsonl";
  const std::string out = folder_ / (std::string("killed/r.") + GetParam());

  const std::string extra = folder_ / (std::string("in/") + kExtra);
  std::mt19937 random(7);
  const int kills = Count(12, 500);
  int killed = 0, finished = 0;
  // Of each kind, when it is killed at the latest: microseconds.
  std::array<uint32_t, 3> latest;
  latest.fill(static_cast<uint32_t>(duration.count()));
  std::set<std::string> known;
  for (int i = 0; i < kills; ++i) {
    const size_t kind = i % 3;  // from nothing, on and on, and from a finished file with one more
    if (kind == 0 && i > 0) {
      ASSERT_EQ(RunToTheEnd("killed").code, 1);
      EXPECT_EQ(FilesBelow(folder_.path() / "killed"), whole) << i;
    }
    if (kind == 0) {
      fs::remove_all(folder_.path() / "killed");
      fs::create_directories(folder_.path() / "killed");
      known.clear();
    }
    if (kind == 2) {
      ASSERT_EQ(RunToTheEnd("killed").code, 1);
      ++finished;
      EXPECT_EQ(FilesBelow(folder_.path() / "killed"), whole) << i;
      WritePicture(extra, 48, 40, 77);
    }
    const std::chrono::microseconds after(random() % latest[kind]);
    if (RunAndKill(after)) {
      ++killed;
    } else {  // done before: on this machine and at this moment such a run takes less time
      latest[kind] = std::max<uint32_t>(1, static_cast<uint32_t>(after.count()));
    }
    fs::remove(extra);
    if (!jsonl) continue;
    // What was there is there, in FILE or in FILE.partial.
    std::set<std::string> now = FilesOf(out);
    now.erase(extra);
    EXPECT_TRUE(now.empty() || now.size() == kPictures) << now.size();
    now.merge(FilesOf(out + ".partial"));
    now.erase(extra);
    EXPECT_TRUE(std::includes(now.begin(), now.end(), known.begin(), known.end()))
        << i << ": " << known.size() << " records were there, now " << now.size();
    known = now;
  }
  ASSERT_EQ(RunToTheEnd("killed").code, 1);
  EXPECT_EQ(FilesBelow(folder_.path() / "killed"), whole);
  EXPECT_GT(killed, kills / 4);
  EXPECT_GT(finished, 0);
  RecordProperty("killed", killed);
}

// Two that go on with one finished file: one does, the other is told; and a kill loses nothing.
TEST_P(KillTest, TwoGoOnWithOneFinishedFile) {
  ASSERT_EQ(RunToTheEnd("whole").code, 1);
  ASSERT_EQ(RunToTheEnd("killed").code, 1);
  const auto whole = FilesBelow(folder_.path() / "whole");
  std::mt19937 random(3);
  const int rounds = Count(8, 200);
  int refused = 0;
  for (int i = 0; i < rounds; ++i) {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    std::vector<pid_t> children;
    for (int c = 0; c < 3; ++c) {
      children.push_back(StartNative(Arguments("killed"), folder_ / "models", nothing));
    }
    ::close(nothing);
    if (i % 2 == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
      for (const pid_t child : children) ::kill(child, SIGKILL);
    }
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      if (!WIFEXITED(status)) continue;
      EXPECT_TRUE(WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2) << WEXITSTATUS(status);
      refused += WEXITSTATUS(status) == 2;
    }
    EXPECT_EQ(ReadText(folder_ / (std::string("killed/r.") + GetParam())),
              whole.at(std::string("r.") + GetParam()))
        << i;
  }
  ASSERT_EQ(RunToTheEnd("killed").code, 1);
  EXPECT_EQ(FilesBelow(folder_.path() / "killed"), whole);
  RecordProperty("refused", refused);
}

INSTANTIATE_TEST_SUITE_P(Formats, KillTest, testing::Values("jsonl", "csv"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ag::test
