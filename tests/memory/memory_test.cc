// Memory short: the n-th allocation fails, or all from the n-th on, or the address space is small
// (ulimit -v). Whatever is printed then is right, the exit code says how it went, and no program
// ends by a signal.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cli/cli_support.h"
#include "tests/support/long_run.h"
#include "tests/support/shipped.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr unsigned kSeconds = 60;  // nobody waits for ever
constexpr uint64_t kMebibyte = 1 << 20;

// Below, the program has not begun: the kernel or the dynamic linker ends it.
constexpr std::string_view kSmallest[] = {"version"};

struct Command {
  std::vector<std::string> arguments;
  std::string program;              // empty: ag_native
  std::string model_dir;            // empty: not set
  std::string result;               // a file that it writes; empty: none
  bool any_text = false;            // what it prints is of no account
  bool may_end_early = false;       // what it prints may be only the beginning
  std::vector<std::string> inputs;  // of predict and detect, in order: a record each
};

RunOptions Options(const Command& command) {
  RunOptions options;
  options.program = command.program;
  options.model_dir = command.model_dir;
  options.seconds = kSeconds;
  return options;
}

// The allocator is preloaded: it fails as `environment` says.
RunOptions Failing(const Command& command, std::vector<std::string> environment) {
  RunOptions options = Options(command);
  options.environment = std::move(environment);
  options.environment.push_back(std::string("LD_PRELOAD=") + AG_FAILING_ALLOCATOR);
  return options;
}

std::string Files(const Command& command) {
  return command.result.empty() ? "" : ReadText(command.result);
}

// What a run says that nothing disturbs.
struct Expected {
  std::string out, file;
  std::map<std::string, std::string> records;  // of each input
  long allocations = 0;
};

std::string FileOf(const std::string& line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  return json.is_object() ? json.value("file", "") : "";
}

Expected Expect(const Command& command) {
  const TemporaryFolder folder;
  const RunResult run =
      RunNative(command.arguments, Failing(command, {"AG_COUNT_TO=" + (folder / "n")}));
  EXPECT_EQ(run.code, 0) << run.err;
  Expected expected;
  expected.out = run.out;
  expected.file = Files(command);
  expected.allocations = std::atol(ReadText(folder / "n").c_str());
  EXPECT_GT(expected.allocations, 100);
  if (!command.inputs.empty()) {
    for (const std::string& line : Lines(run.out)) expected.records[FileOf(line)] = line;
    EXPECT_EQ(expected.records.size(), command.inputs.size());
  }
  return expected;
}

// Every line is the record of its input, or an error of it.
std::string JudgeRecords(const Command& command, const Expected& expected, const RunResult& run) {
  const std::vector<std::string> lines = Lines(run.out);
  if (lines.size() > command.inputs.size()) return "too many records";
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == expected.records.at(command.inputs[i])) continue;
    const auto json = nlohmann::json::parse(lines[i], nullptr, false);
    if (!json.is_object() || json.value("file", "") != command.inputs[i]) {
      return "not the record of " + command.inputs[i] + ": " + lines[i];
    }
    if (!json.contains("error")) return "another answer: " + lines[i];
    if (run.code == 0) return "an error with exit code 0";
  }
  if (run.code < 2 && lines.size() != command.inputs.size()) return "records are missing";
  return "";
}

// Empty: as it should be.
std::string Judge(const Command& command, const Expected& expected, const RunResult& run) {
  if (run.code < 0 || run.code > 2) return "exit code " + std::to_string(run.code);
  if (run.code == 0 && !command.any_text && run.out != expected.out)
    return "another result: " + run.out;
  if (run.code == 0 && Files(command) != expected.file) return "another file";
  if (run.code != 0 && run.err.empty()) return "no message";
  if (command.may_end_early && !expected.out.starts_with(run.out)) {
    return "not the beginning of the result: " + run.out;
  }
  return command.inputs.empty() ? "" : JudgeRecords(command, expected, run);
}

// How often each exit code came, and what went wrong, the first few in words.
class Tally {
 public:
  void Add(const std::string& situation, const RunResult& run, const std::string& problem) {
    ++codes_[run.code];
    if (problem.empty()) return;
    if (++problems_ <= 5) ADD_FAILURE() << situation << ": " << problem << "\n" << run.err;
  }
  void Report(const std::string& name) const {
    std::string text;
    for (const auto& [code, count] : codes_) {
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " x " + std::to_string(code);
    }
    printf("%s: exit codes %s; %d wrong\n", name.c_str(), text.c_str(), problems_);
    EXPECT_EQ(problems_, 0) << name;
  }

 private:
  std::map<int, int> codes_;
  int problems_ = 0;
};

// Half of `count` among the first 500, where a program sets itself up; half over all.
std::vector<long> Sample(long allocations, long count) {
  std::vector<long> numbers;
  const long early = std::min(500L, allocations), half = std::max(1L, count / 2);
  for (long i = 0; i < half; ++i) numbers.push_back(1 + i * early / half);
  for (long i = 0; i < half; ++i) {
    numbers.push_back(early + 1 + i * std::max(1L, allocations - early) / half);
  }
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

// Every second one fails alone, the others with all that follow; in a long run both are tried.
void SweepAllocations(const std::string& name, const Command& command, long sample, long full) {
  const Expected expected = Expect(command);
  Tally tally;
  int index = 0;
  for (const long number : Sample(expected.allocations, Count(sample, full))) {
    for (const char* variable : {"AG_FAIL_AT", "AG_FAIL_FROM"}) {
      const bool alone = std::string_view(variable) == "AG_FAIL_AT";
      if (!LongRun() && alone != (index % 2 == 0)) continue;
      // The first of all is libstdc++'s reserve for exceptions: without it and any other memory
      // none can be thrown, and it ends the process.
      if (!alone && number == 1) continue;
      const std::string setting = std::string(variable) + "=" + std::to_string(number);
      const RunResult run = RunNative(command.arguments, Failing(command, {setting}));
      tally.Add(name + " " + setting, run, Judge(command, expected, run));
    }
    ++index;
  }
  tally.Report(name);
}

RunResult RunWithin(const Command& command, uint64_t bytes) {
  RunOptions options = Options(command);
  options.address_limit = bytes;
  return RunNative(command.arguments, options);
}

// From the least with which the program begins at all to the least with which it does its work.
void SweepAddressSpace(const std::string& name, const Command& command, int sample, int full) {
  const Expected expected = Expect(command);
  Command begin = command;
  begin.arguments = {kSmallest[0].data()};
  const auto least = [&](const Command& of, uint64_t from) {
    uint64_t bytes = from;
    while (bytes < 4096 * kMebibyte && RunWithin(of, bytes).code != 0) bytes += bytes / 16;
    return bytes;
  };
  const uint64_t low = least(begin, 4 * kMebibyte), high = least(command, low) * 9 / 8;
  const auto count = static_cast<uint64_t>(Count(sample, full));
  Tally tally;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t bytes = low + (high - low) * i / count;
    const RunResult run = RunWithin(command, bytes);
    tally.Add(name + " " + std::to_string(bytes >> 10) + " KiB", run,
              Judge(command, expected, run));
  }
  tally.Report(name);
}

class MemoryShort : public testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized)
      GTEST_SKIP() << "AddressSanitizer has an allocator and an address space of its own";
    WriteModels(folder_ / "models", 11);
    for (int i = 0; i < 3; ++i) {
      pictures_.push_back(folder_ / ("set/" + std::to_string(20 + i) + "_0_0_2017010100000000" +
                                     std::to_string(i) + ".png"));
      WritePicture(pictures_.back(), 96, 80, static_cast<uint64_t>(i + 1));
    }
  }

  Command Native(std::vector<std::string> arguments) const {
    Command command;
    command.arguments = std::move(arguments);
    command.model_dir = folder_ / "models";
    return command;
  }
  // Small canvases and few faces, so that a run takes milliseconds.
  Command Pictures(const std::string& name, const std::string& threads) const {
    Command command = Native({name, "--json", "--threads", threads, "--detect-size", "64",
                              "--min-score", "0.01", "--max-faces", "2"});
    command.inputs = pictures_;
    command.arguments.insert(command.arguments.end(), pictures_.begin(), pictures_.end());
    return command;
  }

  TemporaryFolder folder_;
  std::vector<std::string> pictures_;
};

TEST_F(MemoryShort, PredictOnOneThread) {
  SweepAllocations("predict, 1 thread", Pictures("predict", "1"), 200, 2000);
}

TEST_F(MemoryShort, PredictOnTwoThreads) {
  SweepAllocations("predict, 2 threads", Pictures("predict", "2"), 120, 2000);
}

// One engine with a pool of threads.
TEST_F(MemoryShort, PredictOnePictureOnThreeThreads) {
  Command command = Pictures("predict", "3");
  command.inputs.resize(1);
  command.arguments.resize(command.arguments.size() - 2);
  SweepAllocations("predict, a pool of 3", command, 24, 1000);
}

// The models that ship, whose answers are known, with the finder's looks and windows.
TEST_F(MemoryShort, PredictWithTheShippedModels) {
  if (!fs::exists(AstronautPath())) GTEST_SKIP() << AstronautPath() << " is not there";
  Command command = Native({"predict", "--json", "--threads", "1", AstronautPath(), pictures_[0]});
  command.model_dir = std::string(AG_SOURCE_DIR) + "/web/model";
  command.inputs = {AstronautPath(), pictures_[0]};
  SweepAllocations("predict, shipped models", command, 40, 2000);
}

TEST_F(MemoryShort, Detect) { SweepAllocations("detect", Pictures("detect", "2"), 60, 1000); }

TEST_F(MemoryShort, Info) {
  SweepAllocations("info", Native({"info", "--json", folder_ / "models/age_gender.agm"}), 40, 1000);
}

TEST_F(MemoryShort, Eval) {
  SweepAllocations("eval",
                   Native({"eval", "--threads", "2", "--crop", "as-is", "--data", folder_ / "set"}),
                   60, 1000);
}

TEST_F(MemoryShort, Explore) {
  Command command = Native({"explore", folder_ / "set", "--out", folder_ / "explored"});
  command.result = folder_ / "explored/table.csv";
  SweepAllocations("explore", command, 24, 500);
}

TEST_F(MemoryShort, HelpOfEveryProgram) {
  // CLI11 writes it to streams, which keep silent about what they could not hold.
  Command predict = Native({"predict", "--help"});
  predict.any_text = true;
  SweepAllocations("predict --help", predict, 40, 1000);
  // Not the importer and the trainer: protobuf, libonnx and LibTorch register before main(), and
  // end the process where they cannot (docs/testing.md).
  Command serve = Native({"--help"});
  serve.any_text = true;
  serve.program = std::string(AG_BUILD_BIN_DIR) + "/ag_native-serve";
  if (fs::exists(serve.program)) SweepAllocations("ag_native-serve", serve, 20, 1000);
}

TEST_F(MemoryShort, LibraryExample) {
  Command command;
  command.program = std::string(AG_BUILD_BIN_DIR) + "/../tests/library_predict_c";
  const std::string models = std::string(AG_SOURCE_DIR) + "/web/model/";
  command.arguments = {models + "age_gender.agm", models + "face_detector.agm", pictures_[0]};
  SweepAllocations("library, predict.c", command, 60, 2000);
}

// The library (tests/library/video_frames.c), which goes on after a frame that failed: the tracks
// are then as they were before it, so that each frame that succeeds says what the next one in an
// undisturbed video does.
TEST_F(MemoryShort, LibraryFollowsAVideo) {
  const std::string programs = std::string(AG_BUILD_BIN_DIR) + "/../tests/";
  Command draw;
  draw.program = programs + "draw_face";
  draw.arguments = {folder_ / "face.ppm"};
  ASSERT_EQ(RunNative(draw.arguments, Options(draw)).code, 0);
  const std::string models = std::string(AG_SOURCE_DIR) + "/web/model/";
  Command command;
  command.program = programs + "library_video_frames";
  command.arguments = {models + "age_gender.agm", models + "face_detector.agm",
                       folder_ / "face.ppm", "4"};
  command.may_end_early = true;
  SweepAllocations("library, a video", command, 80, 2000);
}

TEST_F(MemoryShort, AddressSpaceOfPredict) {
  SweepAddressSpace("predict, ulimit -v", Pictures("predict", "1"), 40, 750);
}

TEST_F(MemoryShort, AddressSpaceOfPredictOnFourThreads) {
  SweepAddressSpace("predict, 4 threads, ulimit -v", Pictures("predict", "4"), 40, 750);
}

TEST_F(MemoryShort, AddressSpaceOfAPool) {
  Command command = Pictures("predict", "4");
  command.inputs.resize(1);
  command.arguments.resize(command.arguments.size() - 2);
  SweepAddressSpace("predict, a pool of 4, ulimit -v", command, 12, 750);
}

}  // namespace
}  // namespace ag::test
