#include "shared/base/temporary_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "shared/base/sha256.h"

namespace ag {
namespace {

constexpr std::string_view kEnding = ".tmp";
constexpr size_t kShownBytes = 60;  // of the target's name
constexpr size_t kTargetDigits = 8, kHostDigits = 16;
constexpr int kMostNumbers = 1000;  // writers of one target at once, and leftovers of other users
// How often one number is tried: each time somebody else took or removed the file in between.
constexpr int kTries = 100;

std::string ShortHash(const std::string& text, size_t digits) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  return HexString(HashSha256({bytes, text.size()})).substr(0, digits);
}

std::string FirstLine(const char* path) {
  std::array<char, 128> line{};
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) return {};
  const bool read = std::fgets(line.data(), line.size(), file) != nullptr;
  std::fclose(file);
  return read ? std::string(line.data()) : std::string();
}

// What tells this host from others that share a folder: its name alone may be "localhost", and the
// machine's number is copied with its image. Where there is none (containers), that of the boot.
const std::string& Host() {
  static const std::string host = [] {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    std::string machine = FirstLine("/etc/machine-id");
    if (machine.size() < 32) machine = FirstLine("/proc/sys/kernel/random/boot_id");
    return std::string(name.data()) + "\n" + machine;
  }();
  return host;
}

// `name` cut to kShownBytes, without half a UTF-8 character at its end.
std::string Shown(const std::string& name) {
  size_t size = std::min(name.size(), kShownBytes);
  if (size < name.size()) {
    while (size > 0 && (static_cast<uint8_t>(name[size]) & 0xC0) == 0x80) --size;
  }
  return name.substr(0, size);
}

// All but the number of a temporary name: "." + shown + "." + hash of the target, and a hash of
// that and the host.
std::string Signed(const std::string& shown_and_target) {
  return "." + shown_and_target + "-" +
         ShortHash("ag temporary file\n" + Host() + "\n" + shown_and_target, kHostDigits) + "-";
}

bool IsTemporaryName(const std::string& name) {
  if (!name.starts_with('.') || !name.ends_with(kEnding)) return false;
  const std::string body = name.substr(0, name.size() - kEnding.size());
  const size_t number = body.find_last_not_of("0123456789");
  if (number == std::string::npos || number + 1 == body.size()) return false;
  const size_t tail = kTargetDigits + 1 + kHostDigits + 1;  // HASH-HASH-
  const size_t signed_size = number + 1;
  if (signed_size < tail + 2) return false;
  const std::string shown_and_target = body.substr(1, signed_size - 1 - kHostDigits - 2);
  return body.substr(0, signed_size) == Signed(shown_and_target);
}

// Whether the open file is the one that the name refers to.
bool IsAt(int fd, const std::string& path) {
  struct stat opened {
  }, there{};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         S_ISREG(opened.st_mode) && opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

// Whether nothing has this name afterwards.
bool RemoveLeftover(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT;
  // Its writer may have finished it in between: then the name refers to nothing, or to another
  // file.
  const bool abandoned = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && IsAt(fd, path);
  const bool removed = abandoned && ::unlink(path.c_str()) == 0;
  ::close(fd);
  return removed;
}

bool Exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

// A new, locked file, or -1 and errno; EEXIST: the name is taken.
int CreateLocked(const std::string& path) {
  for (int i = 0; i < kTries; ++i) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
      if (errno != EEXIST) return -1;
      if (RemoveLeftover(path)) continue;
      errno = EEXIST;
      return -1;
    }
    // Before it was locked, another process may have taken it for a leftover.
    const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (locked && IsAt(fd, path)) return fd;
    ::close(fd);
  }
  errno = EEXIST;
  return -1;
}

}  // namespace

Status WriteError(const std::string& path, const char* action, int error) {
  Code code = Code::kIo;
  switch (error) {
    case ENOENT:
      code = Code::kNotFound;
      break;
    case EACCES:
    case EBUSY:
    case EEXIST:
    case EILSEQ:  // a name that the file system does not take, as EINVAL
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case EMLINK:
    case ENAMETOOLONG:
    case ENOTDIR:
    case ENOTEMPTY:
    case EPERM:
    case ETXTBSY:
    case EXDEV:
      code = Code::kInvalidArgument;
      break;
    default:
      break;
  }
  return Status(code, path + ": " + action + ": " + std::strerror(error));
}

TemporaryFile::TemporaryFile(std::string target, std::string shown, std::string path, int fd)
    : target_(std::move(target)), shown_(std::move(shown)), path_(std::move(path)), fd_(fd) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : target_(std::move(other.target_)),
      shown_(std::move(other.shown_)),
      path_(std::exchange(other.path_, {})),
      fd_(std::exchange(other.fd_, -1)) {}

TemporaryFile::~TemporaryFile() {
  // Before the lock is released: later the name could be another process's.
  if (!path_.empty()) ::unlink(path_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

StatusOr<TemporaryFile> TemporaryFile::Create(const std::string& target, const std::string& shown) {
  const std::string& named = shown.empty() ? target : shown;
  const size_t slash = target.rfind('/');
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  const std::string name = target.substr(begin);
  // Shorter names may work where this one does not: better known now than after the work.
  const std::string folder = begin == 0 ? "." : target.substr(0, begin);
  const long longest = ::pathconf(folder.c_str(), _PC_NAME_MAX);
  if (longest > 0 && name.size() > static_cast<size_t>(longest)) {
    return WriteError(named, "cannot create", ENAMETOOLONG);
  }
  const std::string stem =
      target.substr(0, begin) + Signed(Shown(name) + "." + ShortHash(name, kTargetDigits));
  for (int number = 0; number < kMostNumbers; ++number) {
    std::string path = stem + std::to_string(number) + std::string(kEnding);
    const int fd = CreateLocked(path);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return WriteError(named, "cannot create", errno);
    // Several that were killed together left several.
    for (int next = number + 1;; ++next) {
      const std::string leftover = stem + std::to_string(next) + std::string(kEnding);
      if (!Exists(leftover)) break;
      RemoveLeftover(leftover);
    }
    return TemporaryFile(target, named, std::move(path), fd);
  }
  return Status(Code::kInvalidArgument, named + ": cannot create: " + std::to_string(kMostNumbers) +
                                            " others are writing it, or left " + stem + "*");
}

Status TemporaryFile::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return WriteError(shown_, "cannot write", errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return OkStatus();
}

Status TemporaryFile::Write(std::string_view text) {
  return Write(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Status TemporaryFile::Rename(Until until) {
  if (until == Until::kDisk && ::fsync(fd_) != 0 && errno != EINVAL) {
    return WriteError(shown_, "cannot flush", errno);
  }
  // Network file systems report only at close that there was no room; closing a second descriptor
  // will do.
  const int second = ::dup(fd_);
  if (second >= 0 && ::close(second) != 0 && errno != EINTR) {
    return WriteError(shown_, "cannot close", errno);
  }
  if (::rename(path_.c_str(), target_.c_str()) != 0) {
    return WriteError(shown_, "cannot rename the finished file", errno);
  }
  path_.clear();
  return OkStatus();
}

int TemporaryFile::Release() { return std::exchange(fd_, -1); }

void RemoveLeftovers(const std::string& folder) {
  // Names first: removing files while a folder is being read may hide others.
  std::vector<std::string> names;
  DIR* entries = ::opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    if (std::string name = entry->d_name; IsTemporaryName(name)) names.push_back(std::move(name));
  }
  ::closedir(entries);
  for (const std::string& name : names) RemoveLeftover(folder + "/" + name);
}

}  // namespace ag
