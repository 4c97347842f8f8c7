#include "tests/cli/cli_support.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "native/pictures/picture_writer.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "tests/support/image_files.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;

// In the child: nothing here returns.
[[noreturn]] void Exec(const std::string& program, std::vector<std::string> arguments) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::_exit(126);
}

void Redirect(const std::string& path, int flags, int fd) {
  const int opened = ::open(path.c_str(), flags, 0600);
  if (opened < 0 || ::dup2(opened, fd) < 0) ::_exit(125);
  ::close(opened);
}

void SetModelDir(const std::string& folder) {
  if (folder.empty()) {
    ::unsetenv("AG_MODEL_DIR");
  } else {
    ::setenv("AG_MODEL_DIR", folder.c_str(), 1);
  }
}

int ExitCode(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "ag_cli_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string NativeProgram() { return std::string(AG_BUILD_BIN_DIR) + "/ag_native"; }

RunResult RunNative(const std::vector<std::string>& arguments, const RunOptions& options) {
  const TemporaryFolder folder;
  const std::string program = options.program.empty() ? NativeProgram() : options.program;
  const std::string out = options.stdout_file.empty() ? folder / "out" : options.stdout_file;
  const std::string err = folder / "err";
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr int kWrite = O_WRONLY | O_CREAT;
    Redirect(options.stdin_file.empty() ? "/dev/null" : options.stdin_file, O_RDONLY, STDIN_FILENO);
    Redirect(out, kWrite, STDOUT_FILENO);
    Redirect(err, kWrite, STDERR_FILENO);
    if (options.close_stdout) ::close(STDOUT_FILENO);
    SetModelDir(options.model_dir);
    if (!options.working_folder.empty() && ::chdir(options.working_folder.c_str()) != 0) {
      ::_exit(125);
    }
    if (options.file_limit) {
      const rlimit limit = {*options.file_limit, *options.file_limit};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    for (const std::string& entry : options.environment) ::putenv(const_cast<char*>(entry.c_str()));
    if (options.seconds > 0) ::alarm(options.seconds);
    if (options.address_limit) {
      const rlimit limit = {*options.address_limit, *options.address_limit};
      ::setrlimit(RLIMIT_AS, &limit);
    }
    Exec(program, arguments);
  }
  RunResult result;
  result.code = ExitCode(child);
  if (options.stdout_file.empty()) result.out = ReadText(out);
  result.err = ReadText(err);
  return result;
}

pid_t StartNative(const std::vector<std::string>& arguments, const std::string& model_dir,
                  int stdin_fd) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(stdin_fd, STDIN_FILENO);
  Redirect("/dev/null", O_WRONLY, STDOUT_FILENO);
  Redirect("/dev/null", O_WRONLY, STDERR_FILENO);
  SetModelDir(model_dir);
  Exec(NativeProgram(), arguments);
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteText(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void WritePicture(const std::string& path, int width, int height, uint64_t seed) {
  fs::create_directories(fs::path(path).parent_path());
  Image picture(width, height);
  uint8_t* pixel = picture.pixels.data();
  const double phase = static_cast<double>(seed) * 0.37;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        const double wave =
            std::sin(x * 0.11 + phase * (channel + 1)) + std::cos(y * 0.07 * (channel + 1) + phase);
        *pixel++ = static_cast<uint8_t>(127.5 + 60 * wave);
      }
    }
  }
  const std::string extension = fs::path(path).extension().string();
  Status written;
  if (extension == ".bmp") {
    written = WriteFileAtomically(path, MakeBmp(picture));
  } else {
    written = WriteFileAtomically(
        path, extension == ".jpg" ? EncodeJpeg(picture, {}, 90) : EncodePng(picture));
  }
  if (!written.ok()) ADD_FAILURE() << written.message();
}

void WriteModel(const std::string& path, const Model& model) {
  const auto bytes = SaveModel(model);
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  const Status written = WriteFileAtomically(path, *bytes);
  ASSERT_TRUE(written.ok()) << written.message();
}

void WriteModels(const std::filesystem::path& folder, uint32_t bins) {
  fs::create_directories(folder);
  WriteModel((folder / "age_gender.agm").string(), SmallAgeGenderModel(1, bins));
  WriteModel((folder / "face_detector.agm").string(), SmallDetectorModel(2));
}

}  // namespace ag::test
