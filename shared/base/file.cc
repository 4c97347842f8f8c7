#include "shared/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ag {
namespace {

// Closes on every path out of a function.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int Close() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

Status SystemError(const std::string& path, const char* action) {
  const Code code = errno == ENOENT ? Code::kNotFound : Code::kIo;
  return Status(code, path + ": " + action + ": " + std::strerror(errno));
}

Status WriteAll(int fd, const std::string& path, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(path, "cannot write");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<uint8_t>> ReadFile(const std::string& path, size_t max_bytes) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError(path, "cannot open");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return SystemError(path, "cannot stat");
  if (S_ISDIR(info.st_mode)) return Status(Code::kIo, path + ": is a folder, expected a file");

  std::vector<uint8_t> bytes;
  if (S_ISREG(info.st_mode) && static_cast<uint64_t>(info.st_size) <= max_bytes) {
    bytes.reserve(static_cast<size_t>(info.st_size) + 1);
  }
  // The size is not trusted (pipes have none, a file may grow): one byte above the cap is read.
  std::array<uint8_t, 65536> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "cannot read");
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(got) > max_bytes) {
      return Status(Code::kTooLarge,
                    path + ": larger than the limit of " + std::to_string(max_bytes) + " bytes");
    }
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
  }
}

Status WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary =
      path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return SystemError(path, "cannot create");
  Status status = WriteAll(file.get(), path, bytes);
  if (status.ok() && ::fsync(file.get()) != 0 && errno != EINVAL) {
    status = SystemError(path, "cannot flush");
  }
  if (status.ok() && file.Close() != 0) status = SystemError(path, "cannot close");
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError(path, "cannot rename the finished file");
  }
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

Status WriteFileAtomically(const std::string& path, std::string_view text) {
  return WriteFileAtomically(path,
                             std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

}  // namespace ag
