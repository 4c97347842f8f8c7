#include "tests/train/train_support.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <numeric>
#include <thread>

#include "native/train/data/toy_faces.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"

namespace ag::train {
namespace {

pid_t Start(const std::vector<std::string>& arguments, const std::string& log,
            unsigned long file_limit) {
  const std::string program = std::string(AG_BUILD_BIN_DIR) + "/ag_native-train";
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t process = ::fork();
  if (process != 0) return process;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  if (file_limit > 0) {
    const rlimit limit{file_limit, file_limit};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

// Changes whenever the file is replaced; 0 while there is none.
ino_t Inode(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

}  // namespace

Settings ToySettings(const std::string& arch, const std::string& folder, int pictures) {
  Settings settings = *RecipeFor(arch, true);
  settings.toy_pictures = pictures;
  settings.run = folder + "/run";
  settings.cache = folder + "/cache";
  settings.data = {folder + "/toy"};
  settings.crop = "as-is";
  settings.precision = "float32";
  settings.threads = 2;
  return settings;
}

TrainingData ToyData(const Settings& settings) {
  const Status drawn = WriteToyFaces(settings.data.front(), settings.seed, 0,
                                     static_cast<uint64_t>(settings.toy_pictures));
  EXPECT_TRUE(drawn.ok()) << drawn.message();
  StatusOr<TrainingData> data = PrepareData(settings, {}, nullptr);
  EXPECT_TRUE(data.ok()) << data.status().message();
  return *std::move(data);
}

uint64_t Macs(const Model& model) {
  std::vector<uint64_t> macs;
  const auto shapes =
      InferShapes(model, AllOpRules(), model.input.height, model.input.width, &macs);
  EXPECT_TRUE(shapes.ok()) << shapes.status().message();
  return std::accumulate(macs.begin(), macs.end(), uint64_t{0});
}

pid_t StartTrain(const std::vector<std::string>& arguments, const std::string& log) {
  return Start(arguments, log, 0);
}

int WaitForExit(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int RunTrainProgram(const std::vector<std::string>& arguments, const std::string& log,
                    unsigned long file_limit) {
  return WaitForExit(Start(arguments, log, file_limit));
}

bool WaitForWrites(const std::string& path, int times, pid_t process) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point give_up = Clock::now() + std::chrono::minutes(2);
  ino_t last = Inode(path);
  while (times > 0 && Clock::now() < give_up) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid != 0) return false;
    const ino_t now = Inode(path);
    if (now != last && now != 0) --times;
    last = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return times == 0;
}

}  // namespace ag::train
