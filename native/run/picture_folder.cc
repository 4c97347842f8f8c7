#include "native/run/picture_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/base/output_file.h"
#include "native/pictures/picture_writer.h"
#include "shared/base/sha256.h"
#include "shared/base/temporary_file.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAddedEnding = ".annotated.png";
constexpr const char* kOutsideName = "_root";  // for inputs that are not below the root
constexpr std::string_view kMarkBegin = "ag_native ";
constexpr size_t kMarkDigits = 16;

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

// Inputs from a list are not known yet: they are assumed to lie below the working folder.
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

bool IsJpegName(const fs::path& path) {
  const std::string extension = LowerExtension(path);
  return extension == ".jpg" || extension == ".jpeg";
}

}  // namespace

StatusOr<PictureFolder> PictureFolder::Open(const std::string& folder, const std::string& option,
                                            const InputArguments& inputs, bool into_existing,
                                            Shared* shared) {
  std::error_code error;
  const std::string what = option + " " + folder;
  for (const std::string& path : inputs.paths) {
    if (path == "-" || !fs::is_directory(path, error) || !LiesIn(folder, path)) continue;
    return Status(Code::kInvalidArgument,
                  what + ": lies within the input " + path + "; its pictures would become inputs");
  }
  fs::create_directories(folder, error);
  if (error) return Status(Code::kIo, what + ": " + error.message());
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return Status(Code::kIo, what + ": cannot write into it: " + std::strerror(errno));
  }
  RemoveLeftovers(folder);
  if (!into_existing && !fs::is_empty(folder, error)) {
    return Status(Code::kInvalidArgument,
                  what + ": is not empty (--overwrite replaces pictures of earlier runs)");
  }
  PictureFolder result;
  result.folder_ = folder;
  result.root_ = CommonFolder(inputs);
  result.option_ = option;
  result.shared_ = shared;
  for (const std::string& path : inputs.paths) {
    // The number of crops is not known yet.
    if (option != "--annotate" || path == "-" || fs::is_directory(path, error)) continue;
    const fs::path place = result.AnnotatedPlace(path);
    if (!fs::exists(place, error)) continue;
    const Status status = shared->files->CheckOutput(place.string());
    if (!status.ok()) {
      return Status(status.code(), what + ": an original would be replaced: " + status.message());
    }
  }
  return result;
}

fs::path PictureFolder::Place(const std::string& original) const {
  const fs::path absolute = Absolute(original);
  if (!IsBelow(absolute, root_)) return folder_ / kOutsideName / absolute.relative_path();
  const fs::path relative = absolute.lexically_relative(root_);
  // If an input folder has the name reserved for pictures from elsewhere, that name gets another
  // underscore.
  std::string first = relative.begin()->string();
  const size_t name = first.find_first_not_of('_');
  const bool taken = name != 0 && name != std::string::npos && first.substr(name) == "root";
  return taken ? folder_ / ("_" + relative.string()) : folder_ / relative;
}

fs::path PictureFolder::AnnotatedPlace(const std::string& original) const {
  fs::path path = Place(original);
  const bool added = path.string().ends_with(kAddedEnding);
  if (!IsJpegName(path) && (LowerExtension(path) != ".png" || added)) path += kAddedEnding;
  return path;
}

// The original's path below the common folder: the same wherever that folder is moved.
std::string PictureFolder::Mark(const std::string& original, const std::string& index) const {
  const std::string key =
      option_ + "\n" + Place(original).lexically_relative(folder_).string() + "\n" + index;
  const auto* bytes = reinterpret_cast<const uint8_t*>(key.data());
  return std::string(kMarkBegin) + option_.substr(2) + " " +
         HexString(HashSha256({bytes, key.size()})).substr(0, kMarkDigits);
}

Status PictureFolder::Save(const std::string& original, const Image& picture) const {
  const fs::path path = AnnotatedPlace(original);
  const std::string mark = Mark(original, "");
  return Write(path, IsJpegName(path) ? EncodeJpeg(picture, mark) : EncodePng(picture, mark), mark);
}

Status PictureFolder::SaveNumbered(const std::string& original, size_t index,
                                   const Image& picture) const {
  fs::path path = Place(original);
  path += "." + std::to_string(index) + ".png";
  const std::string mark = Mark(original, std::to_string(index));
  return Write(path, EncodePng(picture, mark), mark);
}

Status PictureFolder::Write(const fs::path& path, const std::string& bytes,
                            const std::string& mark) const {
  if (bytes.empty()) return Status(Code::kOutOfMemory, path.string() + ": cannot be encoded");
  AG_RETURN_IF_ERROR(MakeFolder(path.parent_path()));
  AG_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Open(path.string()));
  AG_RETURN_IF_ERROR(file.Write(bytes));
  const std::lock_guard lock(shared_->mutex);
  AG_RETURN_IF_ERROR(CheckReplaceable(path, mark));
  return file.Finish(OutputFile::Until::kSystem);
}

Status PictureFolder::MakeFolder(const fs::path& folder) const {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return WriteError(folder.string(), "cannot create", error.value());
  const std::lock_guard lock(shared_->mutex);
  if (shared_->cleaned.insert(folder).second) RemoveLeftovers(folder.string());
  return OkStatus();
}

Status PictureFolder::CheckReplaceable(const fs::path& path, const std::string& mark) const {
  std::error_code error;
  const fs::file_status there = fs::status(path, error);
  if (there.type() == fs::file_type::not_found) return OkStatus();
  if (!fs::is_regular_file(there)) {
    return Status(Code::kInvalidArgument, path.string() + ": exists already, and is not a picture");
  }
  AG_RETURN_IF_ERROR(shared_->files->CheckOutput(path.string()));
  AG_ASSIGN_OR_RETURN(const std::string beginning, ReadBeginning(path.string()));
  const std::string_view found = FindPictureMark(beginning);
  if (beginning.empty() || found == mark) return OkStatus();
  return Status(
      Code::kInvalidArgument,
      path.string() + ": exists and is not replaced: it was " +
          (found.starts_with(kMarkBegin) ? "made of another picture" : "not made by " + option_));
}

}  // namespace ag
