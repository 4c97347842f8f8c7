#include "native/cli/inputs.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "native/data/dataset.h"
#include "shared/base/file.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

// The pictures in one folder; subfolders are pushed to `pending`.
void ListFolder(const fs::path& folder, std::vector<fs::path>* pending,
                std::vector<Input>* inputs) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
    std::error_code ignored;  // an entry that cannot be looked at is tried as a file
    if (entries->is_directory(ignored)) {
      if (!entries->is_symlink(ignored)) pending->push_back(entries->path());
    } else if (HasPictureExtension(entries->path().string())) {
      inputs->push_back({entries->path().string(), OkStatus()});
    }
  }
  if (error) inputs->push_back({folder.string(), Status(Code::kIo, error.message())});
}

std::vector<Input> ListTree(const std::string& root) {
  std::vector<Input> inputs;
  std::vector<fs::path> pending = {fs::path(root)};
  while (!pending.empty()) {
    const fs::path folder = std::move(pending.back());
    pending.pop_back();
    ListFolder(folder, &pending, &inputs);
  }
  std::sort(inputs.begin(), inputs.end(),
            [](const Input& a, const Input& b) { return a.file < b.file; });
  if (inputs.empty()) {
    inputs.push_back({root, Status(Code::kNotFound,
                                   "no picture in this folder (looked for .jpg .jpeg .png .bmp "
                                   ".gif at any depth)")});
  }
  return inputs;
}

}  // namespace

std::vector<Input> ExpandInputs(const std::vector<std::string>& arguments) {
  std::vector<Input> inputs;
  for (const std::string& argument : arguments) {
    std::error_code ignored;  // what cannot be looked at fails when it is opened
    if (argument != "-" && fs::is_directory(argument, ignored)) {
      std::vector<Input> tree = ListTree(argument);
      inputs.insert(inputs.end(), std::make_move_iterator(tree.begin()),
                    std::make_move_iterator(tree.end()));
    } else {
      inputs.push_back({argument, OkStatus()});
    }
  }
  return inputs;
}

std::string WithoutFileName(const std::string& message, const std::string& file) {
  const std::string prefix = file + ": ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

StatusOr<Image> LoadPicture(const std::string& file, const DecodeLimits& limits) {
  const std::string path = file == "-" ? "/dev/stdin" : file;
  StatusOr<std::vector<uint8_t>> bytes = ReadFile(path, limits.max_bytes);
  if (!bytes.ok()) {
    return Status(bytes.status().code(), WithoutFileName(bytes.status().message(), path));
  }
  AG_ASSIGN_OR_RETURN(DecodedImage decoded, DecodeImage(*bytes, limits));
  return std::move(decoded.image);
}

}  // namespace ag
