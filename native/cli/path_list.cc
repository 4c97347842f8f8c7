#include "native/cli/path_list.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "native/cli/interrupt.h"

namespace ag {
namespace {

constexpr size_t kChunkBytes = 1 << 16;
// Linux takes paths of 4096 bytes; more is no list of paths.
constexpr size_t kMaxPathBytes = 1 << 16;
constexpr int kPollMilliseconds = 100;  // how long Ctrl-C or a stop waits at most

}  // namespace

StatusOr<PathList> PathList::Open(const std::string& file, bool zero_separated,
                                  std::shared_ptr<const std::atomic<bool>> stop) {
  if (file == "-") {
    return PathList(STDIN_FILENO, false, "standard input", zero_separated, std::move(stop));
  }
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Status(errno == ENOENT ? Code::kNotFound : Code::kIo,
                  "--list " + file + ": " + std::strerror(errno));
  }
  return PathList(fd, true, file, zero_separated, std::move(stop));
}

PathList::PathList(int fd, bool owns_fd, std::string shown_name, bool zero_separated,
                   std::shared_ptr<const std::atomic<bool>> stop)
    : fd_(fd),
      owns_fd_(owns_fd),
      zero_separated_(zero_separated),
      stop_(std::move(stop)),
      shown_name_(std::move(shown_name)) {}

PathList::PathList(PathList&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      owns_fd_(std::exchange(other.owns_fd_, false)),
      zero_separated_(other.zero_separated_),
      stop_(std::move(other.stop_)),
      ended_(other.ended_),
      shown_name_(std::move(other.shown_name_)),
      status_(std::move(other.status_)),
      buffer_(std::move(other.buffer_)),
      position_(other.position_),
      line_(other.line_) {}

PathList::~PathList() {
  if (owns_fd_) ::close(fd_);
}

// False: nothing is wanted any more.
bool PathList::WaitForData() const {
  for (;;) {
    if (InterruptSignal() != 0 || stop_->load()) return false;
    pollfd waiting = {fd_, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMilliseconds) > 0) return true;
  }
}

bool PathList::FillBuffer() {
  if (!WaitForData()) return false;
  buffer_.erase(0, std::exchange(position_, 0));
  const size_t before = buffer_.size();
  buffer_.resize(before + kChunkBytes);
  ssize_t got = 0;
  do {
    got = ::read(fd_, buffer_.data() + before, kChunkBytes);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(before + static_cast<size_t>(got > 0 ? got : 0));
  if (got < 0) {
    status_ = Status(Code::kIo, "--list " + shown_name_ + ": " + std::strerror(errno));
    return false;
  }
  ended_ = got == 0;
  return true;
}

// Whether this entry is a path to be tried.
bool PathList::Accept(std::string* path) {
  ++line_;
  if (!zero_separated_ && path->ends_with('\r')) path->pop_back();
  if (path->find('\0') != std::string::npos) {
    status_ = Status(Code::kInvalidArgument,
                     "--list " + shown_name_ + ": line " + std::to_string(line_) +
                         " holds a zero byte (--null reads lists that are separated by them)");
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
                         "--list " + shown_name_ + ": entry " + std::to_string(line_ + 1) +
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
