#include "shared/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <string_view>

#include "shared/base/file.h"

namespace ag {
namespace {

constexpr size_t kMaxHolderBytes = 512;
constexpr std::string_view kFirstWord = "process ";

std::string MyName() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return std::string(kFirstWord) + std::to_string(::getpid()) +
         (host[0] != '\0' ? " on " + std::string(host.data()) : "");
}

// Whether the open file is still the one at `path`: its holder may have removed it, or another
// process may have made a new one.
bool IsAt(int fd, const std::string& path) {
  struct stat opened {
  }, there{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

// Empty, or what an earlier process left.
bool IsLockFile(int fd) {
  std::array<char, kFirstWord.size()> begin{};
  const ssize_t got = ::pread(fd, begin.data(), begin.size(), 0);
  return got == 0 ||
         (got == std::ssize(begin) && std::string_view(begin.data(), begin.size()) == kFirstWord);
}

}  // namespace

StatusOr<std::optional<FileLock>> FileLock::TryTake(const std::string& path) {
  for (;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
      const Code code = errno == ENOENT ? Code::kNotFound : Code::kIo;
      return Status(code, path + ": cannot create: " + std::strerror(errno));
    }
    FileLock lock(path, fd);
    int failed = 0;
    while ((failed = ::flock(fd, LOCK_EX | LOCK_NB)) != 0 && errno == EINTR) {
    }
    if (failed != 0 && errno == EWOULDBLOCK) {
      ::close(std::exchange(lock.fd_, -1));  // another's: it stays
      return std::optional<FileLock>();
    }
    if (!IsAt(fd, path)) {
      ::close(std::exchange(lock.fd_, -1));
      continue;
    }
    // Only for the message to latecomers: a full disk is no reason to refuse.
    const std::string name = MyName() + "\n";
    lock.is_ours_ = IsLockFile(fd);
    if (lock.is_ours_ && ::ftruncate(fd, 0) == 0) {
      [[maybe_unused]] const ssize_t ignored = ::pwrite(fd, name.data(), name.size(), 0);
    }
    return std::optional<FileLock>(std::move(lock));
  }
}

std::string FileLock::HolderOf(const std::string& path) {
  constexpr const char* kUnknown = "another process";
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(path, kMaxHolderBytes);
  if (!bytes.ok()) return kUnknown;
  std::string name(bytes->begin(), bytes->end());
  name = name.substr(0, name.find('\n'));
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= 32 && c < 127; });
  return plain && name.starts_with(kFirstWord) ? name : kUnknown;
}

FileLock::~FileLock() {
  if (fd_ < 0) return;
  // While it is held: the next process sees that its file is gone and makes another.
  if (is_ours_) ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace ag
