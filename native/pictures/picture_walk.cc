#include "native/pictures/picture_walk.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>

#include "native/base/picture_extension.h"
#include "shared/base/file.h"
#include "shared/image/decode.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

// Files that lie among pictures and are none: not worth opening, and not worth mentioning.
constexpr std::array kOtherExtensions = {
    ".txt"sv,     ".md"sv,   ".json"sv, ".jsonl"sv,  ".csv"sv,  ".tsv"sv,  ".xml"sv, ".xmp"sv,
    ".aae"sv,     ".thm"sv,  ".html"sv, ".htm"sv,    ".css"sv,  ".js"sv,   ".pdf"sv, ".doc"sv,
    ".docx"sv,    ".xls"sv,  ".xlsx"sv, ".mp4"sv,    ".mov"sv,  ".m4v"sv,  ".avi"sv, ".mkv"sv,
    ".webm"sv,    ".mts"sv,  ".3gp"sv,  ".mpg"sv,    ".mpeg"sv, ".wmv"sv,  ".mp3"sv, ".m4a"sv,
    ".wav"sv,     ".zip"sv,  ".tar"sv,  ".gz"sv,     ".tgz"sv,  ".bz2"sv,  ".xz"sv,  ".zst"sv,
    ".7z"sv,      ".rar"sv,  ".db"sv,   ".ini"sv,    ".log"sv,  ".py"sv,   ".sh"sv,  ".yml"sv,
    ".yaml"sv,    ".toml"sv, ".npy"sv,  ".npz"sv,    ".pt"sv,   ".onnx"sv, ".agm"sv, ".mat"sv,
    ".parquet"sv, ".lnk"sv,  ".url"sv,  ".partial"sv};

// Extensions of unsupported pictures: how a file that says nothing else is counted.
constexpr std::pair<std::string_view, std::string_view> kUnreadExtensions[] = {
    {".heic", "HEIC"},     {".heif", "HEIF"}, {".avif", "AVIF"},           {".webp", "WebP"},
    {".tif", "TIFF"},      {".tiff", "TIFF"}, {".psd", "Photoshop (PSD)"}, {".jxl", "JPEG XL"},
    {".jp2", "JPEG 2000"}, {".svg", "SVG"},
};

// Names as given by FormatNameOf. Documents, videos and archives are not pictures.
constexpr std::array kUnreadPictures = {"WebP"sv,
                                        "HEIC"sv,
                                        "HEIF"sv,
                                        "AVIF"sv,
                                        "TIFF"sv,
                                        "BigTIFF"sv,
                                        "JPEG-LS"sv,
                                        "JPEG XR"sv,
                                        "JPEG XL"sv,
                                        "JPEG 2000"sv,
                                        "GIMP (XCF)"sv,
                                        "OpenEXR"sv,
                                        "Radiance HDR"sv,
                                        "DDS"sv,
                                        "KTX"sv,
                                        "QOI"sv,
                                        "FLIF"sv,
                                        "BPG"sv,
                                        "MNG"sv,
                                        "JNG"sv,
                                        "PAM"sv,
                                        "PFM"sv,
                                        "farbfeld"sv,
                                        "IFF ILBM"sv,
                                        "Sun raster"sv,
                                        "DPX"sv,
                                        "FITS"sv,
                                        "DICOM"sv,
                                        "SVG"sv,
                                        "PCX"sv,
                                        "TGA"sv,
                                        "OS/2 bitmap array"sv,
                                        "Photoshop (PSD)"sv,
                                        "Photoshop (PSB)"sv};
constexpr std::string_view kRawFormat = "camera's raw format";

// Where Synology, QNAP, GNOME, macOS and Windows keep what they derive from pictures.
constexpr std::array kThumbnailStores = {"@eaDir"sv, ".thumbnails"sv, ".@__thumb"sv, "__MACOSX"sv,
                                         "Thumbs.db"sv};

template <typename Range>
bool Contains(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

StatusOr<std::vector<uint8_t>> Beginning(const std::string& path) {
  AG_ASSIGN_OR_RETURN(ReadableFile file, ReadableFile::Open(path, {}));
  std::vector<uint8_t> bytes(kFormatBytes);
  AG_ASSIGN_OR_RETURN(const size_t got, file.Read(bytes));
  bytes.resize(got);
  return bytes;
}

bool FitsOne(const std::vector<std::string>& patterns, const std::string& relative,
             const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0 ||
           ::fnmatch(pattern.c_str(), relative.c_str(), 0) == 0;
  });
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// The target of a link. Most file systems give the type without another look; an entry that cannot
// be examined is tried as a file.
fs::file_status StatusOf(const dirent& entry, const std::string& path) {
  if (entry.d_type == DT_REG) return fs::file_status(fs::file_type::regular);
  if (entry.d_type == DT_DIR) return fs::file_status(fs::file_type::directory);
  std::error_code unknown;
  return fs::status(path, unknown);
}

bool IsLink(const dirent& entry, const std::string& path) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_LNK;
  std::error_code unknown;
  return fs::is_symlink(path, unknown);
}

}  // namespace

void LeftOut::Add(const LeftOut& other) {
  for (const auto& [what, count] : other.counts_) counts_[what] += count;
  pictures_ += other.pictures_;
}

std::string LeftOut::List() const {
  std::vector<std::pair<std::string, size_t>> sorted(counts_.begin(), counts_.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [what, count] : sorted) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  }
  return text;
}

std::string LeftOut::Summary() const {
  if (empty()) return {};
  size_t total = 0;
  for (const auto& [what, count] : counts_) total += count;
  return std::to_string(total) + (total == 1 ? " file" : " files") + " left out: " + List();
}

PictureWalk::PictureWalk(const std::string& root, const FolderOptions& options, LeftOut* left_out)
    : root_(root), options_(options), left_out_(left_out) {
  Enter("", false);
}

std::string PictureWalk::PathOf(const std::string& relative) const {
  return (fs::path(root_) / relative).string();
}

std::optional<PictureWalk::Item> PictureWalk::Next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (!level.error.empty()) {
      const std::string folder = level.relative.substr(0, level.relative.size() - 1);
      const std::string path = level.relative.empty() ? root_ : PathOf(folder);
      return Item{path, folder, Status(Code::kIo, std::exchange(level.error, {})), false};
    }
    if (level.next == level.entries.size()) {
      levels_.pop_back();
      continue;
    }
    const Entry entry = std::move(level.entries[level.next++]);
    std::string relative = level.relative + entry.name;
    if (entry.name.ends_with('/')) {
      Enter(relative, !entry.regular);
    } else if (!entry.look || IsPicture(relative, entry.name)) {
      return Item{PathOf(relative), relative, OkStatus(), entry.regular};
    }
  }
  return std::nullopt;
}

// For folders, `regular` says that it is not a link.
void PictureWalk::Enter(const std::string& relative, bool is_link) {
  Level level;
  level.relative = relative;
  const std::string path = relative.empty() ? root_ : PathOf(relative);
  if (options_.follow_links) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) level.identity = {info.st_dev, info.st_ino};
    const bool loop = std::any_of(levels_.begin(), levels_.end(), [&](const Level& above) {
      return above.identity == level.identity;
    });
    if (is_link && loop) {
      left_out_->Add(LeftOut::kLoops);
      return;
    }
  }
  // Not fs::directory_iterator, which ends the process when it has no memory.
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  int error = folder ? 0 : errno;
  while (error == 0) {
    errno = 0;
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) {
      error = errno;
      break;
    }
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string full = path + "/" + name;
    const fs::file_status status = StatusOf(*entry, full);
    const std::string below = relative + name;
    if (Contains(kThumbnailStores, name)) {
      left_out_->Add(LeftOut::kThumbnails);
    } else if (name.starts_with('.')) {
      left_out_->Add(LeftOut::kHidden);
    } else if (IsExcluded(below, name, fs::is_directory(status))) {
      continue;
    } else if (fs::is_directory(status)) {
      const bool link = IsLink(*entry, full);
      if (link && !options_.follow_links) {
        left_out_->Add(LeftOut::kLinks);
      } else {
        level.entries.push_back({std::move(name) + "/", !link, false});
      }
    } else if (!IsWanted(below, name)) {
      continue;
    } else if (fs::is_other(status) && fs::exists(status)) {
      left_out_->Add(LeftOut::kSpecial);
    } else {
      AddFile(std::move(name), fs::is_regular_file(status), &level);
    }
  }
  if (error != 0) level.error = std::generic_category().message(error);
  std::sort(level.entries.begin(), level.entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  levels_.push_back(std::move(level));
}

void PictureWalk::AddFile(std::string name, bool regular, Level* level) {
  if (HasPictureExtension(name)) {
    level->entries.push_back({std::move(name), regular, false});
  } else if (regular && !Contains(kOtherExtensions, LowerExtension(name))) {
    level->entries.push_back({std::move(name), true, true});
  }
}

bool PictureWalk::IsWanted(const std::string& relative, const std::string& name) const {
  return options_.include.empty() || FitsOne(options_.include, relative, name);
}

// A folder is also matched as "name/".
bool PictureWalk::IsExcluded(const std::string& relative, const std::string& name,
                             bool is_folder) const {
  return FitsOne(options_.exclude, relative, name) ||
         (is_folder && FitsOne(options_.exclude, relative + "/", name + "/"));
}

bool PictureWalk::IsPicture(const std::string& relative, const std::string& name) {
  const StatusOr<std::vector<uint8_t>> begin = Beginning(PathOf(relative));
  if (!begin.ok()) {
    left_out_->AddPicture(LeftOut::kUnreadable);
    return false;
  }
  const std::span<const uint8_t> bytes(*begin);
  // Two letters, as in BMP, begin many a text.
  const std::string_view format = FormatNameOf(bytes);
  const bool text =
      std::none_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
  if (IsReadFormat(bytes) && !(text && format == "BMP")) return true;
  for (const auto& [extension, unread] : kUnreadExtensions) {
    if (LowerExtension(name) != extension) continue;
    left_out_->AddPicture(Contains(kUnreadPictures, format) ? format : unread);
    return false;
  }
  if (format.starts_with(kRawFormat)) {
    left_out_->AddPicture("raw format" + std::string(format.substr(kRawFormat.size())));
  } else if (Contains(kUnreadPictures, format)) {
    left_out_->AddPicture(format);
  }
  return false;
}

}  // namespace ag
