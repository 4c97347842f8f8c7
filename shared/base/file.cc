#include "shared/base/file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include "shared/base/temporary_file.h"

namespace ag {
namespace {

constexpr int kPollMilliseconds = 100;  // how long a stop waits at most

int DescriptorOf(std::string_view path) {
  return path == "/dev/stdin" ? STDIN_FILENO : NumberedDescriptor(path);
}

Status NoFile(const std::string& path, mode_t mode) {
  const char* what = S_ISDIR(mode)    ? "a folder, expected a file"
                     : S_ISFIFO(mode) ? "a named pipe, expected a regular file"
                     : S_ISSOCK(mode) ? "a socket, expected a regular file"
                                      : "a device, expected a regular file";
  return Status(Code::kIo, path + ": is " + what);
}

// -1 and errno, as from open().
int OpenWithoutWaiting(const std::string& path, mode_t mode) {
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
  int fd = ::open(path.c_str(), kFlags | O_NONBLOCK);
  if (!S_ISREG(mode)) return fd;
  // Another process holds a lease on it (as Samba does): that wait is short.
  if (fd < 0 && errno == EWOULDBLOCK) fd = ::open(path.c_str(), kFlags);
  const int flags = fd < 0 ? -1 : ::fcntl(fd, F_GETFL);
  if (flags >= 0) ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  return fd;
}

}  // namespace

int NumberedDescriptor(std::string_view path) {
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    const std::string_view digits = path.substr(folder.size());
    int number = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
  }
  return -1;
}

Status SystemError(const std::string& path, const char* action, int error) {
  const Code code = error == ENOENT ? Code::kNotFound : Code::kIo;
  return Status(code, path + ": " + action + ": " + std::strerror(error));
}

bool NamesDescriptor(const std::string& path) { return path == "-" || DescriptorOf(path) >= 0; }

StatusOr<ReadableFile> ReadableFile::Open(const std::string& path, ReadOptions options) {
  const bool standard_input = options.named && path == "-";
  const std::string name = standard_input ? "standard input" : path;
  struct stat info {};
  int fd = -1;
  if (standard_input || (options.named && DescriptorOf(path) >= 0)) {
    const int source = standard_input ? STDIN_FILENO : DescriptorOf(path);
    fd = ::fcntl(source, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  } else {
    if (::stat(path.c_str(), &info) != 0) return SystemError(path, "cannot open", errno);
    const bool openable = options.named ? !S_ISSOCK(info.st_mode) : S_ISREG(info.st_mode);
    if (!openable) return NoFile(path, info.st_mode);
    fd = OpenWithoutWaiting(path, info.st_mode);
  }
  if (fd < 0) return SystemError(name, "cannot open", errno);
  ReadableFile file(fd, name, std::move(options.stop));
  // Checked again: the file may have been replaced in between.
  if (::fstat(fd, &info) != 0) return SystemError(name, "cannot stat", errno);
  file.regular_ = S_ISREG(info.st_mode);
  if (S_ISDIR(info.st_mode) || !(file.regular_ || options.named)) return NoFile(name, info.st_mode);
  if (file.regular_) file.size_ = static_cast<size_t>(info.st_size);
  return file;
}

ReadableFile::ReadableFile(ReadableFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      stop_(std::move(other.stop_)),
      regular_(other.regular_),
      size_(other.size_) {}

ReadableFile::~ReadableFile() {
  if (fd_ >= 0) ::close(fd_);
}

StatusOr<size_t> ReadableFile::Read(std::span<uint8_t> bytes) {
  for (;;) {
    if (!regular_) {
      if (stop_ && stop_()) return Status(Code::kInterrupted, name_ + ": interrupted");
      pollfd waiting = {fd_, POLLIN, 0};
      const int ready = ::poll(&waiting, 1, stop_ ? kPollMilliseconds : -1);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      if (ready < 0) return SystemError(name_, "cannot wait", errno);
    }
    const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
    if (got >= 0) return static_cast<size_t>(got);
    // Another reader of the same pipe may have been faster.
    if (errno != EINTR && errno != EAGAIN) return SystemError(name_, "cannot read", errno);
  }
}

StatusOr<std::vector<uint8_t>> ReadFile(const std::string& path, size_t max_bytes,
                                        const ReadOptions& options) {
  AG_ASSIGN_OR_RETURN(ReadableFile file, ReadableFile::Open(path, options));
  std::vector<uint8_t> bytes;
  if (file.size() <= max_bytes) bytes.reserve(file.size() + 1);
  // The size is not trusted (pipes have none, a file may grow): one byte above the cap is read.
  std::array<uint8_t, 65536> chunk;
  for (;;) {
    AG_ASSIGN_OR_RETURN(const size_t got, file.Read(chunk));
    if (got == 0) return bytes;
    if (bytes.size() + got > max_bytes) {
      return Status(Code::kTooLarge, file.name() + ": larger than the limit of " +
                                         std::to_string(max_bytes) + " bytes");
    }
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(got));
  }
}

Status WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes) {
  AG_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Create(path));
  AG_RETURN_IF_ERROR(file.Write(bytes));
  return file.Rename(TemporaryFile::Until::kDisk);
}

Status WriteFileAtomically(const std::string& path, std::string_view text) {
  return WriteFileAtomically(path,
                             std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

}  // namespace ag
