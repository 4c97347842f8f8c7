#include "native/cli/inputs.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "native/cli/fast_decode.h"
#include "native/cli/path_list.h"
#include "native/data/dataset.h"
#include "shared/base/file.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

// The pictures below one folder, in the order of their paths' bytes. Only the folders on the way
// down to the current picture are held.
class TreeWalk {
 public:
  explicit TreeWalk(const std::string& root) : root_(root) { Enter(root); }

  std::optional<Input> Next() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (!level.error.empty()) {
        empty_ = false;
        return Input{level.folder.string(), Status(Code::kIo, std::exchange(level.error, {}))};
      }
      if (level.next == level.names.size()) {
        levels_.pop_back();
        continue;
      }
      const std::string& name = level.names[level.next++];
      if (name.ends_with('/')) {
        Enter(level.folder / name.substr(0, name.size() - 1));
        continue;
      }
      empty_ = false;
      return Input{(level.folder / name).string(), OkStatus()};
    }
    if (!std::exchange(empty_, false)) return std::nullopt;
    return Input{root_, Status(Code::kNotFound,
                               "no picture in this folder (looked for .jpg .jpeg .png .bmp .gif at "
                               "any depth)")};
  }

 private:
  struct Level {
    fs::path folder;
    std::vector<std::string> names;  // folders end with '/', so that sorting them sorts the paths
    size_t next = 0;
    std::string error;
  };

  void Enter(const fs::path& folder) {
    Level level;
    level.folder = folder;
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
      std::error_code ignored;  // an entry that cannot be looked at is tried as a file
      std::string name = entries->path().filename().string();
      if (entries->is_directory(ignored)) {
        if (!entries->is_symlink(ignored)) level.names.push_back(std::move(name) + "/");
      } else if (HasPictureExtension(name)) {
        level.names.push_back(std::move(name));
      }
    }
    if (error) level.error = error.message();
    std::sort(level.names.begin(), level.names.end());
    levels_.push_back(std::move(level));
  }

  std::string root_;
  std::vector<Level> levels_;
  bool empty_ = true;
};

bool CanBeReadTwice(const std::string& file) {
  struct stat info {};
  return file != "-" && ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

StatusOr<Shard> ParseShard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec == std::errc() && index.ptr != end && *index.ptr == '/') {
    const auto count = std::from_chars(index.ptr + 1, end, shard.count);
    if (count.ec == std::errc() && count.ptr == end && shard.index < shard.count) return shard;
  }
  return Status(Code::kInvalidArgument,
                "--shard " + text + ": expected i/n with i from 0 to n - 1, as 0/8");
}

// All inputs in their order, then every n-th of them.
class InputSource::Walk {
 public:
  static StatusOr<std::unique_ptr<Walk>> Open(const InputArguments& arguments,
                                              std::shared_ptr<const std::atomic<bool>> stop) {
    std::optional<PathList> list;
    if (!arguments.list.empty()) {
      AG_ASSIGN_OR_RETURN(PathList opened, PathList::Open(arguments.list, arguments.zero_separated,
                                                          std::move(stop)));
      list.emplace(std::move(opened));
    }
    return std::make_unique<Walk>(arguments, std::move(list));
  }
  Walk(const InputArguments& arguments, std::optional<PathList> list)
      : arguments_(arguments), list_(std::move(list)) {}

  std::optional<Input> Next() {
    for (;;) {
      std::optional<Input> input = NextOfAll();
      if (!input) return std::nullopt;
      if (number_++ % arguments_.shard.count == arguments_.shard.index) return input;
    }
  }

  const Status& status() const {
    static const Status kOk;
    return list_ ? list_->status() : kOk;
  }

 private:
  std::optional<Input> NextOfAll() {
    if (list_) {
      std::optional<std::string> path = list_->Next();
      if (!path) return std::nullopt;
      return Input{*std::move(path), OkStatus()};
    }
    for (;;) {
      if (tree_) {
        std::optional<Input> input = tree_->Next();
        if (input) return input;
        tree_.reset();
      }
      if (next_path_ == arguments_.paths.size()) return std::nullopt;
      const std::string& path = arguments_.paths[next_path_++];
      std::error_code ignored;  // what cannot be looked at fails when it is opened
      if (path == "-" || !fs::is_directory(path, ignored)) return Input{path, OkStatus()};
      tree_.emplace(path);
    }
  }

  InputArguments arguments_;
  std::optional<PathList> list_;
  std::optional<TreeWalk> tree_;
  size_t next_path_ = 0;
  size_t number_ = 0;
};

StatusOr<InputSource> InputSource::Open(InputArguments arguments) {
  if (std::count(arguments.paths.begin(), arguments.paths.end(), "-") > 1) {
    return Status(Code::kInvalidArgument, "-: standard input can be read only once");
  }
  auto stop = std::make_shared<std::atomic<bool>>(false);
  AG_ASSIGN_OR_RETURN(std::unique_ptr<Walk> walk, Walk::Open(arguments, stop));
  return InputSource(std::move(arguments), std::move(stop), std::move(walk));
}

InputSource::InputSource(InputArguments arguments, std::shared_ptr<std::atomic<bool>> stop,
                         std::unique_ptr<Walk> walk)
    : arguments_(std::move(arguments)), stop_(std::move(stop)), walk_(std::move(walk)) {}
InputSource::InputSource(InputSource&&) noexcept = default;
InputSource& InputSource::operator=(InputSource&&) noexcept = default;
InputSource::~InputSource() = default;

std::optional<Input> InputSource::Next() {
  if (ahead_.empty()) return walk_->Next();
  Input input = std::move(ahead_.front());
  ahead_.pop_front();
  return input;
}

const Status& InputSource::status() const { return walk_->status(); }

void InputSource::Stop() { stop_->store(true); }

size_t InputSource::CountUpTo(size_t count) {
  if (!arguments_.list.empty()) return count;
  while (ahead_.size() < count) {
    std::optional<Input> input = walk_->Next();
    if (!input) break;
    ahead_.push_back(*std::move(input));
  }
  return ahead_.size();
}

InputSource::Survey InputSource::LookOver() const {
  if (!arguments_.list.empty() && !CanBeReadTwice(arguments_.list)) {
    return {std::nullopt, std::numeric_limits<size_t>::max()};
  }
  Survey survey{0, 0};
  StatusOr<std::unique_ptr<Walk>> walk = Walk::Open(arguments_, stop_);
  if (!walk.ok()) return survey;
  while (const std::optional<Input> input = (*walk)->Next()) {
    ++*survey.count;
    survey.longest_name = std::max(survey.longest_name, input->file.size());
  }
  return survey;
}

std::string WithoutFileName(const std::string& message, const std::string& file) {
  const std::string prefix = file + ": ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

StatusOr<std::vector<uint8_t>> ReadPicture(const std::string& file, size_t max_bytes) {
  const std::string path = file == "-" ? "/dev/stdin" : file;
  StatusOr<std::vector<uint8_t>> bytes = ReadFile(path, max_bytes);
  if (bytes.ok()) return bytes;
  return Status(bytes.status().code(), WithoutFileName(bytes.status().message(), path));
}

StatusOr<DecodedImage> LoadPicture(const std::string& file, const DecodeLimits& limits, bool fast) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadPicture(file, limits.max_bytes));
  return fast ? DecodeFast(bytes, limits) : DecodeImage(bytes, limits);
}

}  // namespace ag
