#include "native/cli/picture_folder.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <system_error>
#include <utility>

#include "native/cli/output_file.h"
#include "native/cli/picture_writer.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAddedEnding = ".annotated.png";
constexpr const char* kOutsideName = "_root";  // where inputs lie that are not below the root

fs::path Absolute(const std::string& path) {
  std::error_code ignored;
  fs::path absolute = fs::absolute(path, ignored).lexically_normal();
  // "a/" ends with an empty name.
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

bool IsBelow(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

fs::path CommonPart(const fs::path& a, const fs::path& b) {
  fs::path common;
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  for (auto part = a.begin(); part != ends.first; ++part) common /= *part;
  return common;
}

// Inputs of a list are not known yet: they are taken to lie below the working folder.
fs::path CommonFolder(const InputArguments& inputs) {
  std::error_code ignored;
  if (!inputs.list.empty() || inputs.paths.empty()) return fs::current_path(ignored);
  std::optional<fs::path> common;
  for (const std::string& path : inputs.paths) {
    const fs::path absolute = Absolute(path);
    const fs::path folder = fs::is_directory(path, ignored) ? absolute : absolute.parent_path();
    common = common ? CommonPart(*common, folder) : folder;
  }
  return *common;
}

std::string LowerExtension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

Status WritePicture(const fs::path& path, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) {
    return Status(Code::kIo, path.parent_path().string() + ": cannot create: " + error.message());
  }
  AG_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Open(path.string()));
  AG_RETURN_IF_ERROR(file.Write(bytes));
  return file.Finish(OutputFile::Until::kSystem);
}

}  // namespace

StatusOr<PictureFolder> PictureFolder::Open(const std::string& folder, const std::string& option,
                                            const InputArguments& inputs, bool into_existing) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(Absolute(folder), error);
  for (const std::string& path : inputs.paths) {
    std::error_code ignored;
    if (path == "-" || !fs::is_directory(path, ignored)) continue;
    if (IsBelow(real, fs::weakly_canonical(Absolute(path), ignored))) {
      return Status(Code::kInvalidArgument, option + " " + folder + ": lies within the input " +
                                                path + ", so that its pictures would be inputs");
    }
  }
  fs::create_directories(folder, error);
  if (error) return Status(Code::kIo, option + " " + folder + ": " + error.message());
  if (!into_existing && !fs::is_empty(folder, error)) {
    return Status(
        Code::kInvalidArgument,
        option + " " + folder + ": is not empty (--overwrite replaces files of the same names)");
  }
  PictureFolder result;
  result.folder_ = folder;
  result.root_ = CommonFolder(inputs);
  return result;
}

fs::path PictureFolder::Place(const std::string& original) const {
  const fs::path absolute = Absolute(original);
  if (!IsBelow(absolute, root_)) return folder_ / kOutsideName / absolute.relative_path();
  const fs::path relative = absolute.lexically_relative(root_);
  // A folder that is called as the one for what lies outside gets another underscore.
  std::string first = relative.begin()->string();
  const size_t name = first.find_first_not_of('_');
  const bool taken = name != 0 && name != std::string::npos && first.substr(name) == "root";
  return taken ? folder_ / ("_" + relative.string()) : folder_ / relative;
}

Status PictureFolder::Save(const std::string& original, const Image& picture) const {
  fs::path path = Place(original);
  const std::string extension = LowerExtension(path);
  const bool jpeg = extension == ".jpg" || extension == ".jpeg";
  const bool added = path.string().ends_with(kAddedEnding);
  if (!jpeg && (extension != ".png" || added)) path += kAddedEnding;
  std::error_code ignored;
  if (fs::equivalent(path, original, ignored)) {
    return Status(Code::kInvalidArgument, path.string() + ": is the original itself");
  }
  const std::string bytes = jpeg ? EncodeJpeg(picture) : EncodePng(picture);
  if (bytes.empty()) return Status(Code::kOutOfMemory, path.string() + ": cannot be encoded");
  return WritePicture(path, bytes);
}

Status PictureFolder::SaveNumbered(const std::string& original, size_t index,
                                   const Image& picture) const {
  fs::path path = Place(original);
  path += "." + std::to_string(index) + ".png";
  const std::string bytes = EncodePng(picture);
  if (bytes.empty()) return Status(Code::kOutOfMemory, path.string() + ": cannot be encoded");
  return WritePicture(path, bytes);
}

}  // namespace ag
