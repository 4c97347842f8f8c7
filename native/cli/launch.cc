#include "native/cli/launch.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/pictures/model_paths.h"

namespace ag {
namespace {

int ReplaceBy(const std::string& program, std::string_view how_to_get, int argc, char** argv) {
  const std::string command = argv[0];
  const std::string folder = ProgramFolder();
  std::string path = folder + "/" + program;
  if (folder.empty() || ::access(path.c_str(), X_OK) != 0) {
    PrintError(command + ": " + program + " was not found beside ag_native in " +
               (folder.empty() ? "its folder" : folder) + " (" + std::string(how_to_get) + ")");
    return kExitUsage;
  }
  std::vector<char*> arguments = {path.data()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  arguments.push_back(nullptr);
  ::execv(path.c_str(), arguments.data());
  PrintError(command + ": cannot start " + path + ": " + std::strerror(errno));
  return kExitUsage;
}

}  // namespace

int RunTrain(int argc, char** argv) {
  return ReplaceBy("ag_native-train",
                   "it is built if LibTorch is installed: apt-get install libtorch-dev "
                   "libopenblas0-pthread, then ./ag build; everything else works without it",
                   argc, argv);
}

int RunImportOnnx(int argc, char** argv) {
  return ReplaceBy(
      "ag_native-import-onnx",
      "it is built if protobuf and libonnx are installed: apt-get install "
      "libprotobuf-dev protobuf-compiler libonnx-dev, then ./ag build; everything else "
      "works without it",
      argc, argv);
}

int RunBench(int argc, char** argv) {
  return ReplaceBy("ag_native-bench", "./ag build makes both", argc, argv);
}

int RunServe(int argc, char** argv) {
  return ReplaceBy("ag_native-serve", "./ag build makes both", argc, argv);
}

}  // namespace ag
