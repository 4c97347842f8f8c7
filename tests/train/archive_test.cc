// LibTorch's archives can carry code that runs when they are opened. No program here opens one.
#include <gtest/gtest.h>
#include <torch/script.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/cli_support.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;
using ag::test::ReadText;
using ag::test::TemporaryFolder;

constexpr char kWords[] = "the archive has run code";

// An archive that, when it is opened, prints a line and writes a file of its choice. (What it
// writes must be used, or TorchScript leaves the call out.)
class Trap {
 public:
  explicit Trap(const TemporaryFolder& folder)
      : sign_(folder / "sign"), archive_(folder / "trap.pt") {
    torch::jit::Module module("Trap");
    module.define(R"(
def __getstate__(self):
    return 1
def __setstate__(self, state: int):
    print(")" + std::string(kWords) +
                  R"(", torch.from_file(")" + sign_ + R"(", True, 16).numel())
)");
    module.save(archive_);
  }
  const std::string& archive() const { return archive_; }
  bool HasSprung() const { return fs::exists(sign_); }
  void Set() const { fs::remove(sign_); }

 private:
  const std::string sign_, archive_;
};

void Replace(const std::string& path, const std::string& by) {
  fs::remove(path);
  fs::copy_file(by, path);
}

TEST(Archive, IsNeverOpened) {
  const TemporaryFolder folder;
  const Trap trap(folder);
  {
    // As version 0.1 opened its checkpoints: the trap does work.
    try {
      torch::jit::load(trap.archive());
    } catch (const std::exception& ignored) {
    }
    ASSERT_TRUE(trap.HasSprung());
    trap.Set();
  }
  const std::string run = folder / "run", log = folder / "log";
  const std::vector<std::string> begin = {
      "--toy",       "--arch",         "compact",   "--run",   run,
      "--cache",     folder / "cache", "--crop",    "as-is",   "--toy-pictures",
      "64",          "--epochs",       "2",         "--batch", "16",
      "--precision", "float32",        "--threads", "2"};
  ASSERT_EQ(RunTrainProgram(begin, log), 0) << ReadText(log);
  const std::vector<std::string> resume = {"--resume", "--run", run};
  const auto refuses = [&](const std::vector<std::string>& arguments, const std::string& what) {
    fs::remove(log);
    EXPECT_EQ(RunTrainProgram(arguments, log), 2) << what << ": " << ReadText(log);
    EXPECT_FALSE(trap.HasSprung()) << what;
    EXPECT_EQ(ReadText(log).find(kWords), std::string::npos) << what;
    trap.Set();
  };
  for (const char* old : {"/checkpoint.pt", "/best.pt"}) {
    fs::copy_file(trap.archive(), run + old);
    refuses(resume, old);
    EXPECT_NE(ReadText(log).find("finish this run with version 0.1"), std::string::npos)
        << ReadText(log);
    fs::remove(run + old);
  }
  for (const char* name : {"/checkpoint.agc", "/best.agc", "/settings.json"}) {
    fs::copy_file(run + name, folder / "kept");
    Replace(run + name, trap.archive());
    refuses(resume, name);
    Replace(run + name, folder / "kept");
    fs::remove(folder / "kept");
  }
  for (const char* option : {"--init", "--teacher", "--split", "--config", "--detector"}) {
    std::vector<std::string> arguments = {"--data", run + "/toy",  "--cache", folder / "cache",
                                          "--run",  folder / "b",  "--arch",  "student",
                                          option,   trap.archive()};
    if (std::string(option) != "--detector") {
      arguments.insert(arguments.end(), {"--crop", "as-is"});
    }
    refuses(arguments, option);
  }
  // Nor is what lies in the cache.
  for (const auto& entry : fs::directory_iterator(folder / "cache")) {
    Replace(entry.path().string(), trap.archive());
  }
  fs::remove(log);
  EXPECT_EQ(RunTrainProgram(resume, log), 0) << ReadText(log);
  EXPECT_FALSE(trap.HasSprung());
  EXPECT_NE(ReadText(log).find("made anew"), std::string::npos) << ReadText(log);
}

}  // namespace
}  // namespace ag::train
