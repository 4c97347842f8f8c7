// The program as a user meets it: killed, interrupted, out of disk, wrongly used.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "native/train/loop/precision.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "tests/cli/cli_support.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

using ag::test::ReadText;
using ag::test::TemporaryFolder;
using ag::test::WriteText;

// A small run in `folder`/`run`; all runs of a folder share its cache.
class ToyRun {
 public:
  ToyRun(const std::string& arch, const std::string& precision, const std::string& folder,
         const std::string& run)
      : arch_(arch), precision_(precision), folder_(folder), run_(folder + "/" + run) {}

  std::vector<std::string> Begin(const std::string& checkpoint_minutes) const {
    return {"--toy",
            "--arch",
            arch_,
            "--run",
            run_,
            "--cache",
            folder_ + "/cache",
            "--toy-pictures",
            "96",
            "--epochs",
            "2",
            "--batch",
            "16",
            "--crop",
            "as-is",
            "--precision",
            precision_,
            "--threads",
            "2",
            "--checkpoint-minutes",
            checkpoint_minutes};
  }
  std::vector<std::string> Resume(const std::string& checkpoint_minutes) const {
    return {"--resume", "--run", run_, "--checkpoint-minutes", checkpoint_minutes};
  }
  std::string log() const { return run_ + ".log"; }
  std::string checkpoint() const { return run_ + "/checkpoint.agc"; }
  std::vector<uint8_t> Bytes(const std::string& file) const {
    const StatusOr<std::vector<uint8_t>> bytes = ReadFile(run_ + "/" + file, size_t{1} << 28);
    EXPECT_TRUE(bytes.ok()) << bytes.status().message() << "\n" << ReadText(log());
    return bytes.ok() ? *bytes : std::vector<uint8_t>{};
  }
  size_t TemporaryFiles() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(run_)) {
      count += entry.path().filename().string().find(".tmp") != std::string::npos;
    }
    return count;
  }

 private:
  const std::string arch_, precision_, folder_, run_;
};

// With another value for an option that is given already.
std::vector<std::string> With(std::vector<std::string> arguments, const std::string& option,
                              const std::string& value) {
  const auto at = std::find(arguments.begin(), arguments.end(), option);
  EXPECT_NE(at, arguments.end()) << option;
  if (at != arguments.end()) *(at + 1) = value;
  return arguments;
}

void SleepMilliseconds(int count) { std::this_thread::sleep_for(std::chrono::milliseconds(count)); }

// Starts it, lets it write `writes` checkpoints and some more time pass, and sends a signal.
int StopAfter(const ToyRun& run, const std::vector<std::string>& arguments, int writes,
              int milliseconds, int signal) {
  const pid_t process = StartTrain(arguments, run.log());
  EXPECT_TRUE(WaitForWrites(run.checkpoint(), writes, process)) << ReadText(run.log());
  SleepMilliseconds(milliseconds);
  ::kill(process, signal);
  return WaitForExit(process);
}

// Loss, accuracy and errors of history.csv, without the columns of time.
std::string TimelessHistory(const std::vector<uint8_t>& csv) {
  std::string kept;
  for (const std::string& line : ag::test::Lines(std::string(csv.begin(), csv.end()))) {
    size_t comma = line.find(',');
    comma = line.find(',', comma + 1);
    kept += line.substr(line.find(',', comma + 1)) + "\n";
  }
  return kept;
}

struct Recipe {
  const char* arch;
  const char* precision;
};
class Killed : public ::testing::TestWithParam<Recipe> {};

// Killed in the middle of the first epoch at two places, then while it makes its way to a later
// checkpoint, once interrupted with Ctrl-C: the same file as a run that was left alone.
TEST_P(Killed, AndResumedEndsWithTheSameWeights) {
  const auto [arch, precision] = GetParam();
  if (std::string(precision) == "bfloat16" && !CpuHasBfloat16()) {
    GTEST_SKIP() << "this CPU has neither AVX512-BF16 nor AMX-BF16";
  }
  const TemporaryFolder folder;
  const ToyRun alone(arch, precision, folder.path().string(), "alone");
  ASSERT_EQ(RunTrainProgram(alone.Begin("5"), alone.log()), 0) << ReadText(alone.log());

  const ToyRun killed(arch, precision, folder.path().string(), "killed");
  EXPECT_EQ(StopAfter(killed, killed.Begin("0"), 2, 0, SIGKILL), 128 + SIGKILL);
  EXPECT_EQ(StopAfter(killed, killed.Resume("0"), 1, 30, SIGKILL), 128 + SIGKILL);
  EXPECT_EQ(StopAfter(killed, killed.Resume("0"), 2, 10, SIGINT), 130);
  EXPECT_NE(ReadText(killed.log()).find("--resume"), std::string::npos);
  ASSERT_EQ(RunTrainProgram(killed.Resume("5"), killed.log()), 0) << ReadText(killed.log());

  EXPECT_TRUE(alone.Bytes("model.agm") == killed.Bytes("model.agm"));
  EXPECT_EQ(TimelessHistory(alone.Bytes("history.csv")),
            TimelessHistory(killed.Bytes("history.csv")));
  EXPECT_EQ(alone.Bytes("split.csv"), killed.Bytes("split.csv"));
}

INSTANTIATE_TEST_SUITE_P(Recipes, Killed,
                         ::testing::Values(Recipe{"compact", "float32"},
                                           Recipe{"compact", "bfloat16"},
                                           Recipe{"notebook", "float32"}),
                         [](const auto& test) {
                           return std::string(test.param.arch) + "_" + test.param.precision;
                         });

// Four bits change a net that was trained with them; the run says by how much.
TEST(Rounding, IsSaidWhatItCosts) {
  const TemporaryFolder folder;
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  std::vector<std::string> begin = run.Begin("5");
  begin.insert(begin.end(), {"--weight-bits", "4", "--storage", "int8"});
  ASSERT_EQ(RunTrainProgram(begin, run.log()), 0) << ReadText(run.log());
  EXPECT_NE(ReadText(run.log()).find("4 bits a weight cost"), std::string::npos);
  nlohmann::json said;
  const std::vector<uint8_t> log = run.Bytes("log.jsonl");
  for (const std::string& line : ag::test::Lines(std::string(log.begin(), log.end()))) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    if (entry.at("event") == "rounding") said = entry;
  }
  ASSERT_FALSE(said.is_null());
  EXPECT_EQ(said.at("bits"), 4);
  EXPECT_GT(said.at("age_mae").get<double>(), 0);
  EXPECT_NE(said.at("age_mae"), said.at("unrounded_age_mae"));
}

TEST(FullDisk, KeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  ASSERT_EQ(StopAfter(run, run.Begin("0"), 2, 0, SIGINT), 130) << ReadText(run.log());
  const std::vector<uint8_t> good = run.Bytes("checkpoint.agc");
  constexpr unsigned long kMebibyte = 1ul << 20;
  EXPECT_EQ(RunTrainProgram(run.Resume("0"), run.log(), kMebibyte), 1);
  EXPECT_NE(ReadText(run.log()).find("last good checkpoint"), std::string::npos)
      << ReadText(run.log());
  EXPECT_EQ(run.Bytes("checkpoint.agc"), good);
  EXPECT_EQ(run.TemporaryFiles(), 0u);
  EXPECT_EQ(RunTrainProgram(run.Resume("5"), run.log()), 0) << ReadText(run.log());
}

// One training at a time writes into a folder, whatever the second one wants and calls it.
TEST(Lock, KeepsASecondTrainingOut) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  const std::vector<std::string> begin = With(run.Begin("0"), "--epochs", "1000");
  const pid_t first = StartTrain(begin, run.log());
  ASSERT_TRUE(WaitForWrites(run.checkpoint(), 1, first)) << ReadText(run.log());
  const std::vector<uint8_t> settings = run.Bytes("settings.json");

  fs::create_directory_symlink(folder.path(), folder / "link");
  const std::string log = folder / "second.log";
  for (const std::string& path :
       {folder / "run", folder / "link/run", folder / "cache/../run", folder / "run/"}) {
    std::vector<std::string> anew = With(begin, "--run", path), over = anew;
    const std::vector<std::string> resume = {"--resume", "--run", path};
    anew.insert(anew.end(), {"--seed", "9"});
    over.insert(over.end(), {"--overwrite", "--seed", "9"});
    for (const std::vector<std::string>& arguments : {anew, over, resume}) {
      fs::remove(log);
      EXPECT_EQ(RunTrainProgram(arguments, log), 2) << ReadText(log);
      const std::string said = ReadText(log);
      EXPECT_NE(said.find(path + ": another training is writing into this folder (process " +
                          std::to_string(first)),
                std::string::npos)
          << said;
    }
  }
  EXPECT_EQ(run.Bytes("settings.json"), settings);
  ::kill(first, SIGKILL);
  EXPECT_EQ(WaitForExit(first), 128 + SIGKILL);
  // What a killed run leaves of its lock is in nobody's way.
  EXPECT_TRUE(fs::exists(folder / "run/run.lock"));
  const pid_t again = StartTrain(run.Resume("0"), run.log());
  EXPECT_TRUE(WaitForWrites(run.checkpoint(), 1, again)) << ReadText(run.log());
  ::kill(again, SIGINT);
  EXPECT_EQ(WaitForExit(again), 130) << ReadText(run.log());
  EXPECT_FALSE(fs::exists(folder / "run/run.lock"));
}

// Started in the same moment, into a folder that is not there yet: one trains, the other is told.
TEST(Lock, OneOfTwoThatStartAtOnce) {
  const TemporaryFolder folder;
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  const std::string logs[2] = {folder / "a.log", folder / "b.log"};
  pid_t processes[2];
  for (int i = 0; i < 2; ++i) {
    std::vector<std::string> begin = run.Begin("5");
    begin.insert(begin.end(), {"--seed", std::to_string(i + 1)});
    processes[i] = StartTrain(begin, logs[i]);
  }
  int codes[2];
  for (int i = 0; i < 2; ++i) codes[i] = WaitForExit(processes[i]);
  const int winner = codes[0] == 0 ? 0 : 1;
  EXPECT_EQ(codes[winner], 0) << ReadText(logs[winner]);
  EXPECT_EQ(codes[1 - winner], 2) << ReadText(logs[1 - winner]);
  // Settings and weights are of one run.
  const std::vector<uint8_t> bytes = run.Bytes("settings.json");
  const nlohmann::json settings = nlohmann::json::parse(bytes);
  EXPECT_EQ(settings.at("seed"), winner + 1);
  const StatusOr<Model> model = LoadModel(run.Bytes("model.agm"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(nlohmann::json::parse(model->provenance.recipe).at("seed"), winner + 1);
}

// 3 MB of the cache are lost while a run is interrupted: it ends with the weights of one that was
// left alone.
TEST(DamagedCache, IsMadeAnewAndSaid) {
  const TemporaryFolder folder;
  const ToyRun alone("compact", "float32", folder.path().string(), "alone");
  ASSERT_EQ(RunTrainProgram(alone.Begin("5"), alone.log()), 0) << ReadText(alone.log());
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  ASSERT_EQ(StopAfter(run, run.Begin("0"), 2, 0, SIGINT), 130) << ReadText(run.log());
  size_t damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "cache")) {
    if (entry.path().extension() != ".bin") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1 << 20);
    const std::string zeros(3 << 20, '\0');
    file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    damaged += file.good();
  }
  ASSERT_EQ(damaged, 1u);
  ASSERT_EQ(RunTrainProgram(run.Resume("5"), run.log()), 0) << ReadText(run.log());
  EXPECT_NE(ReadText(run.log()).find("crops are damaged; made anew"), std::string::npos)
      << ReadText(run.log());
  EXPECT_TRUE(alone.Bytes("model.agm") == run.Bytes("model.agm"));
}

// While a run reads it: the run ends with its last good checkpoint, and goes on with sound crops.
TEST(DamagedCache, EndsARunThatUsesIt) {
  const TemporaryFolder folder;
  const ToyRun alone("compact", "float32", folder.path().string(), "alone");
  ASSERT_EQ(RunTrainProgram(alone.Begin("5"), alone.log()), 0) << ReadText(alone.log());
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  const pid_t process = StartTrain(run.Begin("0"), run.log());
  ASSERT_TRUE(WaitForWrites(run.checkpoint(), 2, process)) << ReadText(run.log());
  for (const auto& entry : std::filesystem::directory_iterator(folder / "cache")) {
    if (entry.path().extension() != ".bin") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(1 << 20);
    const std::string noise(3 << 20, 'x');
    file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
  }
  EXPECT_EQ(WaitForExit(process), 1) << ReadText(run.log());
  EXPECT_NE(ReadText(run.log()).find("has changed since it was opened"), std::string::npos)
      << ReadText(run.log());
  ASSERT_EQ(RunTrainProgram(run.Resume("5"), run.log()), 0) << ReadText(run.log());
  EXPECT_TRUE(alone.Bytes("model.agm") == run.Bytes("model.agm"));
}

// A learning rate that no net survives: an error that says where, and no model.
TEST(Divergence, ExportsNothing) {
  const TemporaryFolder folder;
  const ToyRun run("notebook", "float32", folder.path().string(), "run");
  std::vector<std::string> begin =
      With(With(run.Begin("5"), "--epochs", "30"), "--toy-pictures", "32");
  begin.insert(begin.end(), {"--learning-rate", "10", "--beta2", "0"});
  EXPECT_EQ(RunTrainProgram(begin, run.log()), 1) << ReadText(run.log());
  const std::string said = ReadText(run.log());
  EXPECT_NE(said.find("the training has diverged in epoch "), std::string::npos) << said;
  EXPECT_NE(said.find("checkpoint"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(folder / "run/model.agm"));
}

TEST(Usage, MistakesAreNamed) {
  const TemporaryFolder folder;
  const std::string log = folder / "log";
  EXPECT_EQ(RunTrainProgram({"--help"}, log), 0);
  EXPECT_EQ(RunTrainProgram({}, log), 2);
  EXPECT_EQ(RunTrainProgram(
                {"--data", folder / "nowhere", "--run", folder / "a", "--crop", "as-is"}, log),
            2);
  EXPECT_NE(ReadText(log).find("nowhere"), std::string::npos);
  std::filesystem::create_directories(folder / "empty");
  EXPECT_EQ(
      RunTrainProgram({"--data", folder / "empty", "--run", folder / "b", "--crop", "as-is"}, log),
      2);
  EXPECT_NE(ReadText(log).find("AGE_GENDER_RACE"), std::string::npos);
  // Nothing has begun, so nothing is in the way of the next try.
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  EXPECT_FALSE(std::filesystem::exists(folder / "b"));
  // A name that is wrong does not cost the run that was to be overwritten.
  std::filesystem::create_directories(folder / "good");
  WriteText((folder / "good") + "/settings.json", "{}");
  WriteText((folder / "good") + "/model.agm", "good");
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"--data", folder / "nowhere"},
           {"--data", folder / "empty", "--arch", "student", "--init", folder / "nowhere"},
           {"--data", folder / "empty", "--teacher", folder / "nowhere"}}) {
    std::vector<std::string> arguments = {"--run", folder / "good", "--overwrite", "--crop",
                                          "as-is"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(RunTrainProgram(arguments, log), 2) << ReadText(log);
    EXPECT_EQ(ReadText((folder / "good") + "/model.agm"), "good");
  }
  EXPECT_EQ(RunTrainProgram({"--data", folder / "empty", "--run", folder / "c", "--detector",
                             folder / "none.agm"},
                            log),
            2);
  EXPECT_EQ(RunTrainProgram({"--resume", "--run", folder / "never"}, log), 2);
}

TEST(Usage, SecondRunIntoAFolderIsRefused) {
  const TemporaryFolder folder;
  const ToyRun run("compact", "float32", folder.path().string(), "run");
  ASSERT_EQ(StopAfter(run, run.Begin("0"), 1, 0, SIGINT), 130) << ReadText(run.log());
  EXPECT_EQ(RunTrainProgram(run.Begin("0"), run.log()), 2);
  EXPECT_NE(ReadText(run.log()).find("--overwrite"), std::string::npos);
}

}  // namespace
}  // namespace ag::train
