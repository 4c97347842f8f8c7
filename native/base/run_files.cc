#include "native/base/run_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>

#include "native/base/picture_extension.h"
#include "shared/image/decode.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;  // magics hold zeros

fs::path WithoutSlash(const std::string& path) {
  const fs::path normal = fs::path(path).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

std::string Quoted(const std::string& role, const std::string& path) {
  return path.empty() ? role : role + " " + path;
}

// Kinds of files that the first bytes identify; not text, which anybody may have typed.
std::string_view FormatOf(std::string_view beginning) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(beginning.data());
  const std::string_view name = FormatNameOf({bytes, std::min(beginning.size(), kFormatBytes)});
  const bool words =
      name.starts_with("text") || name == "XML" || name == "SVG" || name == "HTML page";
  return words ? std::string_view() : name;
}

bool IsModel(std::string_view beginning) {
  const bool onnx = beginning.size() > 2 && beginning[0] == '\x08' &&
                    static_cast<uint8_t>(beginning[1]) < 0x20;  // ir_version, a small number
  const bool safetensors = beginning.size() > 9 && beginning[7] == '\0' && beginning[8] == '{';
  return onnx || safetensors || IsModelFile(beginning) ||
         beginning.starts_with("PK\3\4"sv);  // LibTorch's archives
}

// Its first entry looks like a picture's name, or names an existing file.
bool IsList(const std::string& path, std::string_view beginning) {
  if (beginning.starts_with("\xef\xbb\xbf"sv)) beginning.remove_prefix(3);
  const size_t end = beginning.find_first_of("\n\0"sv);
  std::string entry(beginning.substr(0, end));
  if (entry.ends_with('\r')) entry.pop_back();
  if (entry.empty() || entry.size() >= 4096) return false;
  if (HasPictureExtension(entry)) return true;
  std::error_code ignored;
  return fs::exists(entry, ignored) || fs::exists(fs::path(path).parent_path() / entry, ignored);
}

}  // namespace

FileIdentity FileIdentity::Of(const std::string& path) {
  if (path == "-") return OfDescriptor(STDIN_FILENO);
  FileIdentity identity;
  struct stat info {};
  std::error_code error;
  fs::path place = WithoutSlash(path);
  if (::stat(path.c_str(), &info) == 0) {
    identity.exists_ = true;
    identity.regular_ = S_ISREG(info.st_mode);
    identity.directory_ = S_ISDIR(info.st_mode);
    identity.number_ = {info.st_dev, info.st_ino};
    const fs::path real = fs::canonical(place, error);
    if (!error) place = real;
  }
  const fs::path folder = place.has_parent_path() ? place.parent_path() : fs::path(".");
  if (::stat(folder.c_str(), &info) == 0) {
    identity.folder_ = Number(info.st_dev, info.st_ino);
  } else {
    identity.path_ = fs::weakly_canonical(fs::absolute(place, error), error).string();
  }
  identity.name_ = place.filename().string();
  return identity;
}

FileIdentity FileIdentity::OfDescriptor(int fd) {
  FileIdentity identity;
  struct stat info {};
  if (::fstat(fd, &info) != 0) return identity;
  identity.exists_ = true;
  identity.regular_ = S_ISREG(info.st_mode);
  identity.number_ = {info.st_dev, info.st_ino};
  return identity;
}

bool FileIdentity::IsSameAs(const FileIdentity& other) const {
  if (exists_ && other.exists_) return number_ == other.number_;
  if (!path_.empty()) return path_ == other.path_;
  return folder_ && other.folder_ && *folder_ == *other.folder_ && name_ == other.name_;
}

bool LiesIn(const std::string& path, const std::string& folder) {
  struct stat wanted {
  }, info{};
  if (::stat(folder.c_str(), &wanted) != 0) return false;
  std::error_code error;
  fs::path place = fs::weakly_canonical(fs::absolute(WithoutSlash(path), error), error);
  for (;; place = place.parent_path()) {
    if (::stat(place.c_str(), &info) == 0 && info.st_dev == wanted.st_dev &&
        info.st_ino == wanted.st_ino) {
      return true;
    }
    if (!place.has_relative_path()) return false;
  }
}

bool IsModelFile(std::string_view beginning) {
  return beginning.starts_with(
      "\x89"sv
      "AGM\r\n\x1a\n"sv);
}

EarlierResult BeginsLike(std::string pattern) {
  return [pattern = std::move(pattern)](std::string_view text) {
    for (const char c : pattern) {
      if (c == '#') {
        const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0) return false;
        text.remove_prefix(digits);
      } else {
        if (!text.starts_with(c)) return false;
        text.remove_prefix(1);
      }
    }
    return true;
  };
}

EarlierResult HasColumns(std::vector<std::string> columns) {
  return [columns = std::move(columns)](std::string_view text) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string line = "," + std::string(text.substr(0, end)) + ",";
    return std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return line.find("," + column + ",") != std::string::npos;
    });
  };
}

StatusOr<std::string> ReadBeginning(const std::string& path) {
  const auto error = [&] {
    return Status(errno == ENOENT ? Code::kNotFound : Code::kIo,
                  path + ": cannot be read: " + std::strerror(errno));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return error();
  std::string text(kBeginningBytes, '\0');
  size_t done = 0;
  ssize_t got = 1;
  while (got > 0 && done < text.size()) {
    got = ::read(fd, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      done += static_cast<size_t>(got);
  }
  const Status status = got < 0 ? error() : OkStatus();
  ::close(fd);
  if (!status.ok()) return status;
  text.resize(done);
  return text;
}

std::string KindWorthKeeping(const std::string& path, std::string_view beginning) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(beginning.data());
  if (IsReadFormat({bytes, std::min(beginning.size(), kFormatBytes)})) return "a picture";
  if (IsModel(beginning)) return "a model";
  const std::string_view format = FormatOf(beginning);
  if (!format.empty()) return "no text (" + std::string(format) + ")";
  return IsList(path, beginning) ? "a list of pictures" : "";
}

void RunFiles::Read(const std::string& role, const std::string& path) {
  if (path.empty()) return;
  inputs_.push_back({role, path, FileIdentity::Of(path)});
}

Status RunFiles::Add(Named output) {
  const auto same = [&](const Named& other) { return other.identity.IsSameAs(output.identity); };
  for (const std::vector<Named>* files : {&inputs_, &outputs_}) {
    const auto other = std::find_if(files->begin(), files->end(), same);
    if (other == files->end()) continue;
    return Status(Code::kInvalidArgument, Quoted(output.role, output.path) + ": is also " +
                                              Quoted(other->role, other->path));
  }
  outputs_.push_back(std::move(output));
  return OkStatus();
}

Status RunFiles::WriteStandardOutput() {
  const FileIdentity identity = FileIdentity::OfDescriptor(STDOUT_FILENO);
  return identity.is_file() ? Add({"standard output", "", identity}) : OkStatus();
}

Status RunFiles::Write(const Output& output) {
  const FileIdentity identity = FileIdentity::Of(output.path);
  if (identity.exists() && !identity.is_file()) return OkStatus();
  AG_RETURN_IF_ERROR(Add({output.role, output.path, identity, !output.working}));
  const std::string what = Quoted(output.role, output.path);
  if (!identity.exists()) {
    // It would be an input of the next run, and of this one if its folder is reached late.
    for (const Named& input : inputs_) {
      if (!input.identity.is_folder() || !HasPictureExtension(output.path)) continue;
      if (!LiesIn(output.path, input.path)) continue;
      return Status(Code::kInvalidArgument, what + ": lies in " + Quoted(input.role, input.path) +
                                                " and is called like a picture");
    }
    return OkStatus();
  }
  const StatusOr<std::string> beginning = ReadBeginning(output.path);
  if (!beginning.ok()) return beginning.status().WithContext(output.role);
  if (beginning->empty() || (output.earlier && output.earlier(*beginning))) return OkStatus();
  const std::string kind = KindWorthKeeping(output.path, *beginning);
  if (!kind.empty() && !(output.is_model && IsModelFile(*beginning))) {
    return Status(Code::kInvalidArgument, what + ": is " + kind + ", which is never replaced");
  }
  if (output.overwrite) return OkStatus();
  return Status(Code::kInvalidArgument,
                what + ": exists, and does not look like an earlier result of this command (" +
                    output.remedy + ")");
}

Status RunFiles::CheckOutput(const std::string& path) const {
  const FileIdentity identity = FileIdentity::Of(path);
  for (const Named& input : inputs_) {
    if (!input.identity.IsSameAs(identity)) continue;
    return Status(Code::kInvalidArgument, path + ": is also " + Quoted(input.role, input.path));
  }
  return OkStatus();
}

Status RunFiles::CheckInput(const std::string& path) const {
  struct stat info {};
  std::optional<bool> exists;
  for (const Named& output : outputs_) {
    if (!output.takes_place) continue;
    if (!exists) exists = ::stat(path.c_str(), &info) == 0;
    // Names are compared only where one of the two does not exist, or did not when this began.
    const bool same = *exists && output.identity.exists()
                          ? output.identity.IsFile(info.st_dev, info.st_ino)
                          : fs::path(path).filename() == output.identity.name() &&
                                output.identity.IsSameAs(FileIdentity::Of(path));
    if (!same) continue;
    return Status(Code::kInvalidArgument,
                  Quoted(output.role, output.path) + ": is also the input " + path);
  }
  return OkStatus();
}

}  // namespace ag
