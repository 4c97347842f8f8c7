#include "native/pictures/model_paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

namespace ag {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> ModelFolders() {
  // A folder that was requested by name is not silently replaced by another.
  if (const char* folder = std::getenv("AG_MODEL_DIR"); folder != nullptr && *folder != '\0') {
    return {folder};
  }
  std::vector<fs::path> folders;
  if (const std::string program = ProgramFolder(); !program.empty()) {
    folders.push_back((fs::path(program) / "../share/ag").lexically_normal());
    folders.push_back((fs::path(program) / "../../../web/model").lexically_normal());
  }
  folders.push_back("web/model");
  return folders;
}

}  // namespace

std::string ProgramFolder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.parent_path().string();
}

StatusOr<std::string> FindModel(std::string_view file, std::string_view option) {
  std::string looked;
  for (const fs::path& folder : ModelFolders()) {
    const fs::path path = folder / file;
    std::error_code error;
    if (fs::exists(path, error)) return path.string();
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  return Status(Code::kNotFound, std::string(file) + ": not found; looked in " + looked +
                                     " (name one with " + std::string(option) +
                                     " FILE, or set AG_MODEL_DIR)");
}

}  // namespace ag
