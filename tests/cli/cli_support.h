// Runs ag_native and makes its inputs: pictures, models, folders.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "shared/model/model.h"

namespace ag::test {

// A folder that is removed at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct RunOptions {
  std::string program;                    // empty: the ag_native of this build
  std::string stdin_file;                 // empty: /dev/null
  std::string stdout_file;                // not empty: written there, RunResult::out stays empty
  std::string model_dir;                  // AG_MODEL_DIR; empty: not set
  std::string working_folder;             // empty: as it is
  std::optional<uint64_t> file_limit;     // RLIMIT_FSIZE in bytes
  std::optional<uint64_t> address_limit;  // RLIMIT_AS in bytes (ulimit -v)
  std::vector<std::string> environment;   // NAME=VALUE, added to this process's own
  unsigned seconds = 0;                   // not 0: SIGALRM ends it after this time
  bool close_stdout = false;
};

struct RunResult {
  int code = -1;  // exit code; 128 + signal if killed
  std::string out;
  std::string err;
};

RunResult RunNative(const std::vector<std::string>& arguments, const RunOptions& options = {});

// Starts it with this standard input and does not wait. Returns its process.
pid_t StartNative(const std::vector<std::string>& arguments, const std::string& model_dir,
                  int stdin_fd);

std::string NativeProgram();

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& text);
std::vector<std::string> Lines(const std::string& text);

// A picture of smooth random blobs: no face, no two seeds alike. The extension decides the format:
// .png, .jpg or .bmp.
void WritePicture(const std::string& path, int width, int height, uint64_t seed);

// Small models with random weights as age_gender.agm and face_detector.agm. `bins` as in
// SmallAgeGenderModel. With --min-score 0.01 the detector sees faces everywhere, with 1 nowhere.
void WriteModels(const std::filesystem::path& folder, uint32_t bins);

void WriteModel(const std::string& path, const Model& model);

}  // namespace ag::test
