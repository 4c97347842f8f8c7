// Many pictures: nothing is lost, whatever is broken and whenever the run is killed.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Waits until `done`; false after a minute.
template <typename Condition>
bool WaitUntil(const Condition& done) {
  for (int i = 0; i < 60'000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

size_t CountLines(const std::string& path) {
  const std::string text = ReadText(path);
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

int WaitFor(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
    fs::create_directories(folder_.path() / "results");
  }

  // No faces are seen: fast.
  RunResult Predict(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"predict", "--min-score", "1", "--detect-size", "32", "--no-rotate"});
    return RunNative(arguments, options_);
  }
  pid_t Start(std::vector<std::string> arguments, int stdin_fd) {
    arguments.insert(arguments.begin(),
                     {"predict", "--min-score", "1", "--detect-size", "32", "--no-rotate"});
    return StartNative(arguments, options_.model_dir, stdin_fd);
  }

  std::string Picture(const std::string& name, int width = 32) {
    WritePicture(folder_ / name, width, 32, std::hash<std::string>()(name) % 1000);
    return folder_ / name;
  }

  // `count` files in two levels, every tenth of them broken. Returns their folder.
  std::string ManyFiles(int count) {
    const std::string few[] = {Picture("few/a.png", 32), Picture("few/b.jpg", 33),
                               Picture("few/c.bmp", 34)};
    fs::create_directories(folder_.path() / "in/deeper");
    for (int i = 0; i < count; ++i) {
      const fs::path original = few[i % 3];
      const std::string name =
          std::string(i % 2 == 0 ? "in/" : "in/deeper/") + std::to_string(100'000 + i * 7);
      const std::string path = folder_ / name + original.extension().string();
      if (i % 10 == 4) {
        WriteText(path, i % 20 == 4 ? "no picture" : ReadText(original).substr(0, 60));
      } else {
        fs::copy_file(original, path);
      }
    }
    return folder_ / "in";
  }

  std::string Out(const std::string& name) const { return folder_ / ("results/" + name); }
  size_t FilesInResults() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_.path() / "results"),
                                             fs::directory_iterator()));
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(FolderTest, ThousandFilesHundredBroken) {
  const std::string in = ManyFiles(1000);
  const RunResult result = Predict({in});
  EXPECT_EQ(result.code, 1);
  const std::vector<std::string> lines = Lines(result.out);
  ASSERT_EQ(lines.size(), 1000u);
  size_t errors = 0;
  std::string before;
  for (const std::string& line : lines) {
    const Json record = Json::parse(line);
    errors += record.contains("error");
    EXPECT_LT(before, record["file"].get<std::string>());
    before = record["file"];
  }
  EXPECT_EQ(errors, 100u);
  EXPECT_EQ(Lines(result.err).size(), 100u);
}

TEST_F(FolderTest, KilledInTheMiddleAndGoneOnWith) {
  const std::string in = ManyFiles(1000);
  for (const char* name : {"r.jsonl", "r.csv"}) {
    const std::string whole = Out(std::string("whole_") + name), out = Out(name);
    ASSERT_EQ(Predict({"--out", whole, in}).code, 1);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t child = Start({"--out", out, in}, nothing);
    ::close(nothing);
    EXPECT_TRUE(WaitUntil([&] { return CountLines(out + ".partial") > 100; }));
    ::kill(child, SIGKILL);
    const int status = WaitFor(child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was faster than the kill";
    EXPECT_FALSE(fs::exists(out));
    EXPECT_LT(CountLines(out + ".partial"), 1000u);
    // Without a word about it, nothing is thrown away.
    const RunResult refused = Predict({"--out", out, in});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("--resume"), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("--overwrite"), std::string::npos) << refused.err;
    const RunResult resumed = Predict({"--resume", "--out", out, in});
    EXPECT_EQ(resumed.code, 1);
    EXPECT_EQ(ReadText(out), ReadText(whole)) << name;
    EXPECT_LT(Lines(resumed.err).size(), 100u) << "not everything was done again";
  }
  EXPECT_EQ(FilesInResults(), 4u);
}

TEST_F(FolderTest, SecondRunIntoTheSameFileIsRefused) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const std::string out = Out("r.jsonl"), picture = Picture("a.png");
  const pid_t child = Start({"--out", out, "--list", "-"}, ends[0]);
  ::close(ends[0]);
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(out + ".partial"); }));
  for (const char* way : {"--resume", "--overwrite"}) {
    const RunResult second = Predict({way, "--out", out, picture});
    EXPECT_EQ(second.code, 2);
    EXPECT_NE(second.err.find("another run"), std::string::npos) << second.err;
  }
  const std::string line = picture + "\n";
  EXPECT_EQ(::write(ends[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
  ::close(ends[1]);
  EXPECT_EQ(WaitFor(child), 0);
  EXPECT_EQ(CountLines(out), 1u);
}

TEST_F(FolderTest, InterruptFinishesWhatIsUnderWay) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::string list;
  for (int i = 0; i < 40; ++i) list += Picture("in/" + std::to_string(100 + i) + ".png") + "\n";
  const std::string out = Out("r.jsonl");
  const pid_t child = Start({"--out", out, "--list", "-"}, ends[0]);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], list.data(), list.size()), static_cast<ssize_t>(list.size()));
  EXPECT_TRUE(WaitUntil([&] { return CountLines(out + ".partial") == 40; }));
  ::kill(child, SIGINT);
  const int status = WaitFor(child);
  ::close(ends[1]);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
  EXPECT_EQ(CountLines(out + ".partial"), 40u);
  EXPECT_EQ(Predict({"--resume", "--out", out, folder_ / "in"}).code, 0);
  EXPECT_EQ(ReadText(out), Predict({folder_ / "in"}).out);
}

class ResumeTest : public FolderTest, public testing::WithParamInterface<const char*> {
 protected:
  // Five pictures with faces, the third broken, one named with what CSV must quote.
  void SetUp() override {
    FolderTest::SetUp();
    for (const char* name : {"a.png", "b, \"c\"\n.png", "d.png", "e.png"}) {
      WritePicture(folder_ / (std::string("in/") + name), 48, 48, 7);
    }
    WriteText(folder_ / "in/c.png", "no picture");
    out_ = Out(std::string("r.") + GetParam());
  }
  // Any score is a face.
  RunResult Faces(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"predict", "--min-score", "0.01", "--detect-size", "64",
                                         "--no-rotate", "--max-faces", "3", "--out", out_});
    return RunNative(arguments, options_);
  }
  std::string in() const { return folder_ / "in"; }
  std::string out_;
};

TEST_P(ResumeTest, TornFilesAreMadeWhole) {
  EXPECT_EQ(Faces({in()}).code, 1);
  const std::string whole = ReadText(out_);
  ASSERT_GT(whole.size(), 500u);
  EXPECT_EQ(Faces({"--fail-fast", "--overwrite", in()}).code, 1);
  const std::string origin = ReadText(out_ + ".partial.json");
  for (size_t i = 0; i <= 16; ++i) {
    const std::string torn = whole.substr(0, whole.size() * i / 16);
    WriteText(out_ + ".partial", torn + (i == 7 ? std::string(100, '\0') : ""));
    WriteText(out_ + ".partial.json", origin);
    EXPECT_EQ(Faces({"--resume", in()}).code, 1);
    EXPECT_EQ(ReadText(out_), whole) << i;
  }
  EXPECT_EQ(FilesInResults(), 1u);
}

TEST_P(ResumeTest, FailedOnesAreTriedAgainOnRequest) {
  EXPECT_EQ(Faces({in()}).code, 1);
  const std::string before = ReadText(out_);
  WritePicture(folder_ / "in/c.png", 48, 48, 7);
  // What has a record is not even opened.
  WriteText(folder_ / "in/a.png", "broken since");
  const RunResult kept = Faces({"--resume", in()});
  EXPECT_EQ(kept.code, 1);
  EXPECT_EQ(ReadText(out_), before);
  EXPECT_NE(kept.err.find("--retry-failed"), std::string::npos) << kept.err;
  EXPECT_EQ(Faces({"--resume", "--retry-failed", in()}).code, 0);
  const std::string after = ReadText(out_);
  EXPECT_NE(after, before);
  // The same as all anew.
  WritePicture(folder_ / "in/a.png", 48, 48, 7);
  EXPECT_EQ(Faces({in()}).code, 0);
  EXPECT_EQ(ReadText(out_), after);
}

TEST_P(ResumeTest, NewInputsTakeTheirPlacesAndLostOnesGo) {
  EXPECT_EQ(Faces({in()}).code, 1);
  WritePicture(folder_ / "in/0.png", 48, 48, 3);
  WritePicture(folder_ / "in/cc.png", 48, 48, 4);
  fs::remove(folder_ / "in/e.png");
  EXPECT_EQ(Faces({"--resume", in()}).code, 1);
  const std::string grown = ReadText(out_);
  EXPECT_EQ(Faces({in()}).code, 1);
  EXPECT_EQ(ReadText(out_), grown);
}

TEST_P(ResumeTest, InputsGivenTwiceHaveTwoRecords) {
  const std::vector<std::string> twice = {in() + "/a.png", in() + "/a.png", in() + "/c.png",
                                          in() + "/c.png", in() + "/a.png"};
  EXPECT_EQ(Faces(twice).code, 1);
  const std::string whole = ReadText(out_);
  for (const bool retry : {false, true}) {
    std::vector<std::string> again = {"--resume"};
    if (retry) again.push_back("--retry-failed");
    again.insert(again.end(), twice.begin(), twice.end());
    EXPECT_EQ(Faces(again).code, 1);
    EXPECT_EQ(ReadText(out_), whole);
  }
}

TEST_P(ResumeTest, RecordsOfOtherSettingsDoNotMix) {
  EXPECT_EQ(Faces({"--fail-fast", in()}).code, 1);
  const std::string begun = ReadText(out_ + ".partial");
  const RunResult box = Faces({"--resume", "--box", "1,1,20,20", in()});
  EXPECT_EQ(box.code, 2);
  EXPECT_NE(box.err.find("--box"), std::string::npos) << box.err;
  WriteModels(folder_.path() / "other", 0);
  options_.model_dir = folder_ / "other";
  const RunResult model = Faces({"--resume", in()});
  EXPECT_EQ(model.code, 2);
  EXPECT_NE(model.err.find("--model"), std::string::npos) << model.err;
  EXPECT_NE(model.err.find("--overwrite"), std::string::npos) << model.err;
  EXPECT_EQ(ReadText(out_ + ".partial"), begun);
  EXPECT_EQ(Faces({"--overwrite", in()}).code, 1);
  EXPECT_FALSE(fs::exists(out_ + ".partial"));
}

INSTANTIATE_TEST_SUITE_P(Formats, ResumeTest, testing::Values("jsonl", "csv"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(FolderTest, FilesThatAreNoResultsAreNotGoneOnWith) {
  for (const char* name : {"notes.jsonl", "table.csv"}) {
    WriteText(Out(name), "something else\nin some lines\n");
    EXPECT_EQ(Predict({"--resume", "--out", Out(name), Picture("a.png")}).code, 2);
    EXPECT_EQ(ReadText(Out(name)), "something else\nin some lines\n");
  }
  EXPECT_EQ(FilesInResults(), 2u);
  EXPECT_EQ(Predict({"--resume", "--format", "table", "--out", Out("t"), Picture("a.png")}).code,
            2);
}

TEST_F(FolderTest, ListsOfPaths) {
  const std::string a = Picture("a.png"), b = Picture("b.png");
  const std::string odd = Picture("line\nend.png");
  const std::string expected = Predict({b, a}).out;
  WriteText(folder_ / "list", b + "\r\n\n" + a);
  EXPECT_EQ(Predict({"--list", folder_ / "list"}).out, expected);
  options_.stdin_file = folder_ / "list";
  EXPECT_EQ(Predict({"--list", "-"}).out, expected);
  WriteText(folder_ / "zeros", b + '\0' + odd + '\0' + a + '\0');
  EXPECT_EQ(Predict({"--list", folder_ / "zeros", "--null"}).out, Predict({b, odd, a}).out);
  const RunResult zeros = Predict({"--list", folder_ / "zeros"});
  EXPECT_EQ(zeros.code, 2);
  EXPECT_NE(zeros.err.find("--null"), std::string::npos) << zeros.err;
  WriteText(folder_ / "long", std::string(200'000, 'x'));
  EXPECT_EQ(Predict({"--list", folder_ / "long"}).code, 2);
  WriteText(folder_ / "mixed", a + "\n" + folder_ / "absent.png" + "\n" + folder_ / "models\n");
  const RunResult mixed = Predict({"--list", folder_ / "mixed"});
  EXPECT_EQ(mixed.code, 1);
  EXPECT_EQ(Lines(mixed.out).size(), 3u);
}

TEST_F(FolderTest, ListIsReadAsItComes) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const std::string out = Out("r.jsonl"), line = Picture("a.png") + "\n";
  const pid_t child = Start({"--out", out, "--list", "-"}, ends[0]);
  ::close(ends[0]);
  for (size_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(::write(ends[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
    EXPECT_TRUE(WaitUntil([&] { return CountLines(out + ".partial") == i; })) << i;
  }
  ::close(ends[1]);
  EXPECT_EQ(WaitFor(child), 0);
  EXPECT_EQ(CountLines(out), 3u);
}

TEST_F(FolderTest, ShardsTogetherAreTheWhole) {
  const std::string in = ManyFiles(50);
  const std::vector<std::string> whole = Lines(Predict({in}).out);
  std::vector<std::string> joined(whole.size());
  for (size_t shard = 0; shard < 4; ++shard) {
    const std::vector<std::string> part =
        Lines(Predict({"--shard", std::to_string(shard) + "/4", in}).out);
    ASSERT_EQ(part.size(), (whole.size() + 3 - shard) / 4);
    for (size_t i = 0; i < part.size(); ++i) joined[i * 4 + shard] = part[i];
  }
  EXPECT_EQ(joined, whole);
  EXPECT_EQ(Predict({"--shard", "5/9", Picture("only.png")}).out, "") << "a shard may be empty";
}

TEST_F(FolderTest, FailFastStopsAtTheFirstFailure) {
  const std::string in = ManyFiles(50);
  for (const char* threads : {"1", "4"}) {
    const RunResult result = Predict({"--fail-fast", "--threads", threads, in});
    EXPECT_EQ(result.code, 1);
    const std::vector<std::string> lines = Lines(result.out);
    ASSERT_GT(lines.size(), 0u);
    EXPECT_LT(lines.size(), 50u);
    for (size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(Json::parse(lines[i]).contains("error"), i + 1 == lines.size());
    }
    EXPECT_EQ(Lines(result.err).size(), 1u);
  }
  // Also while the list has not ended.
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = Start({"--fail-fast", "--list", "-"}, ends[0]);
  ::close(ends[0]);
  const std::string line = folder_ / "absent.png" + "\n";
  EXPECT_EQ(::write(ends[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));
  const int status = WaitFor(child);
  ::close(ends[1]);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
}

TEST_F(FolderTest, ProgressOnATerminal) {
  if (std::system("command -v script >/dev/null") != 0) GTEST_SKIP() << "script is not installed";
  const std::string in = ManyFiles(200);
  const std::string command = "AG_MODEL_DIR=" + options_.model_dir + " script -qec '" +
                              NativeProgram() + " predict --min-score 1 --no-rotate --out " +
                              Out("r.jsonl") + " " + in + "' /dev/null </dev/null >" +
                              folder_ / "terminal";
  EXPECT_NE(std::system(command.c_str()), 0);
  const std::string shown = ReadText(folder_ / "terminal");
  EXPECT_NE(shown.find("/200  "), std::string::npos) << shown;
  EXPECT_NE(shown.find("/s  "), std::string::npos);
  EXPECT_NE(shown.find(" left"), std::string::npos);
}

// As docs/scaling.md shows it.
TEST_F(FolderTest, GnuParallel) {
  if (std::system("parallel --version 2>/dev/null | grep -q 'GNU parallel'") != 0) {
    GTEST_SKIP() << "GNU parallel is not installed";
  }
  const std::string in = ManyFiles(60);
  const std::string whole = Predict({"--out", Out("whole.jsonl"), in}).out;
  const std::string environment = "cd " + folder_ / "results" + " && export HOME=" + folder_ / "" +
                                  " AG_MODEL_DIR=" + options_.model_dir + " && ";
  const std::string program =
      NativeProgram() + " predict --min-score 1 --detect-size 32 --no-rotate --threads 1 ";
  // By shards, each gone on with on its own.
  std::string command = environment + "parallel --will-cite -j 2 '" + program +
                        "--shard {}/4 --resume --out part{}.jsonl " + in +
                        "' ::: 0 1 2 3 2>/dev/null";
  EXPECT_NE(std::system(command.c_str()), 0) << "some inputs are broken";
  std::vector<std::string> lines;
  for (int shard = 0; shard < 4; ++shard) {
    const std::string part = "part" + std::to_string(shard) + ".jsonl";
    for (const std::string& line : Lines(ReadText(Out(part)))) lines.push_back(line);
  }
  const auto by_file = [](const std::string& a, const std::string& b) {
    return Json::parse(a)["file"] < Json::parse(b)["file"];
  };
  std::sort(lines.begin(), lines.end(), by_file);
  EXPECT_EQ(lines, Lines(ReadText(Out("whole.jsonl"))));
  // By blocks of a list, the output kept in order.
  command = environment + "find " + in + " -type f -print0 | LC_ALL=C sort -z | tr '\\0' '\\n' | " +
            "parallel --will-cite -j 2 -k --pipe -N 10 '" + program +
            "--json --list -' 2>/dev/null >blocks.jsonl";
  EXPECT_NE(std::system(command.c_str()), 0);
  EXPECT_EQ(ReadText(Out("blocks.jsonl")), ReadText(Out("whole.jsonl")));
}

// Kilobytes of resident memory; 0 if the process is gone.
size_t ResidentKilobytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

TEST_F(FolderTest, MemoryStaysFlat) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer keeps freed memory";
#endif
  constexpr size_t kPictures = 100'000, kFirst = 10'000;
  const std::string few[] = {Picture("few/a.png"), Picture("few/b.jpg"), Picture("few/c.bmp")};
  for (size_t i = 0; i < kPictures; ++i) {
    const fs::path original = few[i % 3];
    const fs::path folder = folder_.path() / "in" / std::to_string(i % 10);
    if (i < 10) fs::create_directories(folder);
    fs::create_symlink(original,
                       folder / (std::to_string(1'000'000 + i) + original.extension().string()));
  }
  const std::string out = Out("r.csv");
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t child = Start({"--out", out, folder_ / "in"}, nothing);
  ::close(nothing);
  // All rows are about as long, so that the file's size tells their number.
  size_t first = 0, last = 0, row_bytes = 0;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::error_code gone;
    const auto bytes = fs::file_size(out + ".partial", gone);
    const size_t resident = ResidentKilobytes(child);
    if (!gone && resident > 0) {
      if (row_bytes == 0 && bytes > 10'000) row_bytes = bytes / CountLines(out + ".partial");
      if (row_bytes > 0 && first == 0 && bytes / row_bytes >= kFirst) first = resident;
      if (row_bytes > 0 && bytes / row_bytes >= kPictures * 9 / 10) last = resident;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(status, 0);
  EXPECT_EQ(CountLines(out), kPictures + 1);
  ASSERT_TRUE(first > 0 && last > 0);
  RecordProperty("resident_kilobytes_at_10000", static_cast<int>(first));
  RecordProperty("resident_kilobytes_at_the_end", static_cast<int>(last));
  EXPECT_LT(last, first + first / 10);
  EXPECT_GT(last, first - first / 10);
}

}  // namespace
}  // namespace ag::test
