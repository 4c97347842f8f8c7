#include "native/pictures/path_list.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ag {
namespace {

constexpr size_t kChunkBytes = 1 << 16;
// Linux limits paths to 4096 bytes; anything longer is not a list of paths.
constexpr size_t kMaxPathBytes = 1 << 16;

}  // namespace

StatusOr<PathList> PathList::Open(const std::string& file, bool zero_separated, StopCheck stop) {
  StatusOr<ReadableFile> opened = ReadableFile::Open(file, {.named = true, .stop = stop});
  if (!opened.ok()) return Status(opened.status().code(), "--list " + opened.status().message());
  return PathList(*std::move(opened), zero_separated, std::move(stop));
}

bool PathList::FillBuffer() {
  if (stop_ && stop_()) return false;
  std::vector<uint8_t> chunk(kChunkBytes);
  const StatusOr<size_t> got = file_.Read(chunk);
  if (!got.ok()) {
    if (got.status().code() == Code::kInterrupted) return false;
    status_ = Status(got.status().code(), "--list " + got.status().message());
    return false;
  }
  ended_ = *got == 0;
  buffer_.erase(0, std::exchange(position_, 0));
  const std::string_view text(reinterpret_cast<const char*>(chunk.data()), *got);
  if (zero_separated_) {
    buffer_ += text;
  } else if (ended_) {
    decoder_.Finish(&buffer_);
  } else {
    decoder_.Append(text, &buffer_);
  }
  return true;
}

// Whether this entry is a path to try.
bool PathList::Accept(std::string* path) {
  ++line_;
  if (!zero_separated_ && path->ends_with('\r')) path->pop_back();
  if (path->find('\0') != std::string::npos) {
    status_ = Status(Code::kInvalidArgument,
                     "--list " + file_.name() + ": line " + std::to_string(line_) +
                         " holds a zero byte (--null reads lists separated by them)");
    return false;
  }
  return !path->empty();
}

std::optional<std::string> PathList::Next() {
  const char separator = zero_separated_ ? '\0' : '\n';
  size_t searched = position_;
  while (status_.ok()) {
    const size_t end = buffer_.find(separator, searched);
    if (end == std::string::npos && !ended_) {
      if (buffer_.size() - position_ > kMaxPathBytes) {
        status_ = Status(Code::kInvalidArgument,
                         "--list " + file_.name() + ": entry " + std::to_string(line_ + 1) +
                             " is longer than any path" +
                             (zero_separated_ ? " (without --null a list is read by lines)" : ""));
        break;
      }
      const size_t pending = buffer_.size() - position_;
      if (!FillBuffer()) break;
      searched = position_ + pending;
      continue;
    }
    if (end == std::string::npos && position_ == buffer_.size()) break;
    std::string path = buffer_.substr(position_, end - position_);
    position_ = end == std::string::npos ? buffer_.size() : end + 1;
    searched = position_;
    if (Accept(&path)) return path;
  }
  return std::nullopt;
}

}  // namespace ag
