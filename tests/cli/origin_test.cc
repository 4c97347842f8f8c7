// Which model a result says it was made with: that of the bytes which were loaded, not of what the
// file holds by the time somebody looks.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/sha256.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string HashOf(const std::string& text) {
  return HexString(
      HashSha256(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())));
}

// A file that holds the first text when it is first read, and the second one ever after: replaced
// at the worst moment.
class ReplacedFile {
 public:
  ReplacedFile(const std::string& path, const std::string& first, const std::string& then)
      : path_(path), next_(path + ".next") {
    WriteText(next_, then);
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    writer_ = std::thread([this, first] { Feed(first); });
  }
  ~ReplacedFile() {
    stop_ = true;
    writer_.join();
  }

 private:
  // The one who reads the pipe gets the first text; whoever opens the path again finds a file.
  void Feed(const std::string& text) {
    int fd = -1;
    while (!stop_ && fd < 0) {
      fd = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (fd < 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if (fd < 0) return;
    fs::rename(next_, path_);
    ::fcntl(fd, F_SETFL, 0);  // the pipe holds less than a model
    for (size_t done = 0; done < text.size();) {
      const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
      if (written <= 0) break;
      done += static_cast<size_t>(written);
    }
    ::close(fd);
  }

  const std::string path_, next_;
  std::atomic<bool> stop_ = false;
  std::thread writer_;
};

class OriginTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    WriteModels(folder_.path() / "others", 80);
    for (const char* name : {"age_gender.agm", "face_detector.agm"}) {
      loaded_.push_back(ReadText(folder_ / ("models/" + std::string(name))));
      // Another model, or the same one with another byte behind what is read.
      later_.push_back(ReadText(folder_ / ("others/" + std::string(name))) + " ");
    }
    options_.model_dir = folder_ / "models";
    WriteText(folder_ / "broken.png", "no picture");
    for (int i = 0; i < 3; ++i) {
      WritePicture(folder_ / ("f/2" + std::to_string(i) + "_0_1_x.png"), 40, 40,
                   static_cast<uint64_t>(i));
    }
  }

  TemporaryFolder folder_;
  RunOptions options_;
  std::vector<std::string> loaded_, later_;  // net, detector
};

TEST_F(OriginTest, RecordsAreOfTheModelsThatWereLoaded) {
  for (const std::string command : {"predict", "detect"}) {
    fs::remove(folder_ / "net");
    fs::remove(folder_ / "detector");
    ReplacedFile net(folder_ / "net", loaded_[0], later_[0]);
    ReplacedFile detector(folder_ / "detector", loaded_[1], later_[1]);
    const std::string out = folder_ / (command + ".jsonl");
    std::vector<std::string> arguments = {
        command, "--detector", folder_ / "detector",  "--fail-fast",
        "--out", out,          folder_ / "broken.png"};
    if (command == "predict") arguments.insert(arguments.end(), {"--model", folder_ / "net"});
    const RunResult result = RunNative(arguments, options_);
    ASSERT_EQ(result.code, 1) << result.err;
    // The unfinished run says what --resume would compare.
    const Json made_by = Json::parse(ReadText(out + ".partial.json"));
    EXPECT_EQ(made_by["--detector"], HashOf(loaded_[1])) << command;
    if (command == "detect") continue;
    EXPECT_EQ(made_by["--model"], HashOf(loaded_[0]));
  }
}

TEST_F(OriginTest, ReportsAreOfTheModelThatWasLoaded) {
  ReplacedFile net(folder_ / "net", loaded_[0], later_[0]);
  const RunResult result =
      RunNative({"eval", "--model", folder_ / "net", "--data", folder_ / "f", "--min-score", "1",
                 "--detect-size", "64", "--no-rotate", "--report", folder_ / "report",
                 "--resamples", "100", "--worst", "0"},
                options_);
  ASSERT_EQ(result.code, 0) << result.err;
  const Json model = Json::parse(ReadText(folder_ / "report/report.json"))["model"];
  EXPECT_EQ(model["sha256"], HashOf(loaded_[0]));
  EXPECT_EQ(model["bytes"], loaded_[0].size());
}

TEST_F(OriginTest, InfoIsOfTheModelThatWasLoaded) {
  ReplacedFile net(folder_ / "net", loaded_[0], later_[0]);
  const RunResult result = RunNative({"info", "--json", folder_ / "net"}, options_);
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["sha256"], HashOf(loaded_[0]));
  EXPECT_EQ(json["totals"]["file_bytes"], loaded_[0].size());
}

// What is calibrated is what was measured.
TEST_F(OriginTest, CalibrateReadsTheModelOnce) {
  for (int i = 0; i < 60; ++i) {
    WritePicture(folder_ / ("c/" + std::to_string(20 + i % 40) + "_" + std::to_string(i % 2) +
                            "_1_" + std::to_string(i) + ".png"),
                 40, 40, static_cast<uint64_t>(i));
  }
  ReplacedFile net(folder_ / "net", loaded_[0], later_[0]);
  const RunResult result =
      RunNative({"calibrate", "--model", folder_ / "net", "--data", folder_ / "c", "--min-score",
                 "1", "--detect-size", "64", "--no-rotate", "--out", folder_ / "out.agm"},
                options_);
  EXPECT_EQ(result.err.find("payload"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace ag::test
