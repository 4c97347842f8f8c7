#include "native/pictures/inputs.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "native/base/interrupt.h"
#include "native/pictures/fast_decode.h"
#include "native/pictures/path_list.h"
#include "shared/base/file.h"

namespace ag {
namespace {

namespace fs = std::filesystem;

bool CanBeReadTwice(const std::string& file) {
  struct stat info {};
  return !NamesDescriptor(file) && ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
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
  static StatusOr<std::unique_ptr<Walk>> Open(const InputArguments& arguments, StopCheck stop) {
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

  const LeftOut& left_out() const { return left_out_; }

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
        if (std::optional<Input> input = NextOfTree()) return input;
        left_out_.Add(tree_left_out_);
        tree_.reset();
      }
      if (next_path_ == arguments_.paths.size()) return std::nullopt;
      const std::string& path = arguments_.paths[next_path_++];
      std::error_code ignored;  // an entry that cannot be examined fails when it is opened
      if (NamesDescriptor(path) || !fs::is_directory(path, ignored)) {
        return Input{path, OkStatus(), true};
      }
      tree_left_out_ = {};
      tree_.emplace(path, arguments_.folders, &tree_left_out_);
      tree_root_ = path;
      tree_empty_ = true;
    }
  }

  // A folder without pictures yields one input, which cannot be read.
  std::optional<Input> NextOfTree() {
    std::optional<PictureWalk::Item> item = tree_->Next();
    if (item) {
      tree_empty_ = false;
      return Input{std::move(item->path), std::move(item->status)};
    }
    if (!std::exchange(tree_empty_, false)) return std::nullopt;
    std::string reason = "no readable picture in this folder";
    if (!tree_left_out_.empty()) {
      reason += ": " + tree_left_out_.List();
    } else if (!arguments_.folders.include.empty() || !arguments_.folders.exclude.empty()) {
      reason += " after --include and --exclude";
    } else {
      reason += " (looked for JPEG, PNG, BMP, GIF, PPM, PGM and PBM at any depth)";
    }
    return Input{tree_root_, Status(Code::kNotFound, reason)};
  }

  InputArguments arguments_;
  std::optional<PathList> list_;
  std::optional<PictureWalk> tree_;
  std::string tree_root_;
  bool tree_empty_ = true;
  LeftOut tree_left_out_, left_out_;  // of the current folder; of those before it
  size_t next_path_ = 0;
  size_t number_ = 0;
};

namespace {

StopCheck CheckOf(std::shared_ptr<const std::atomic<bool>> stop) {
  return [stop = std::move(stop)] { return stop->load() || InterruptSignal() != 0; };
}

}  // namespace

StatusOr<InputSource> InputSource::Open(InputArguments arguments) {
  if (std::count(arguments.paths.begin(), arguments.paths.end(), "-") > 1) {
    return Status(Code::kInvalidArgument, "-: standard input can be read only once");
  }
  auto stop = std::make_shared<std::atomic<bool>>(false);
  AG_ASSIGN_OR_RETURN(std::unique_ptr<Walk> walk, Walk::Open(arguments, CheckOf(stop)));
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

const LeftOut& InputSource::left_out() const { return walk_->left_out(); }

void InputSource::Stop() { stop_->store(true); }

StopCheck InputSource::stop_check() const { return CheckOf(stop_); }

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
  StatusOr<std::unique_ptr<Walk>> walk = Walk::Open(arguments_, stop_check());
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

StatusOr<std::vector<uint8_t>> ReadPicture(const Input& input, size_t max_bytes,
                                           const StopCheck& stop) {
  const bool standard_input = input.named && input.file == "-";
  StatusOr<std::vector<uint8_t>> bytes =
      ReadFile(input.file, max_bytes, {.named = input.named, .stop = stop});
  if (bytes.ok()) return bytes;
  return Status(
      bytes.status().code(),
      WithoutFileName(bytes.status().message(), standard_input ? "standard input" : input.file));
}

StatusOr<DecodedImage> LoadPicture(const Input& input, const DecodeLimits& limits, bool fast,
                                   const StopCheck& stop) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadPicture(input, limits.max_bytes, stop));
  return fast ? DecodeFast(bytes, limits) : DecodeImage(bytes, limits);
}

}  // namespace ag
