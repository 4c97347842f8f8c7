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

int RunProgramBeside(const std::string& program, std::string_view how_to_get, int argc,
                     char** argv) {
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

}  // namespace ag
