#include "native/cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "native/cli/interrupt.h"

namespace ag {
namespace {

constexpr size_t kBufferBytes = 1 << 16;

// A new file beside `path`; -1 and errno if there cannot be one. A killed process may have left one
// behind with this process's number, and another thread may be writing to the same path.
int OpenTemporary(const std::string& path, std::string* name) {
  for (int attempt = 0;; ++attempt) {
    const std::string temporary =
        path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(attempt);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) *name = temporary;
    if (fd >= 0 || errno != EEXIST) return fd;
  }
}

}  // namespace

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      owns_fd_(std::exchange(other.owns_fd_, false)),
      reader_gone_(other.reader_gone_),
      buffered_(other.buffered_),
      shown_name_(std::move(other.shown_name_)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      buffer_(std::move(other.buffer_)) {}

OutputFile::~OutputFile() {
  if (owns_fd_) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status OutputFile::SystemError(const char* action) {
  reader_gone_ = errno == EPIPE || errno == ECONNRESET;
  if (reader_gone_) NoteReaderGone();
  return Status(Code::kIo, shown_name_ + ": " + action + ": " + std::strerror(errno));
}

StatusOr<OutputFile> OutputFile::Open(const std::string& path) {
  OutputFile file;
  if (path.empty()) {
    file.fd_ = STDOUT_FILENO;
    file.shown_name_ = "standard output";
    return file;
  }
  file.shown_name_ = path;
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return Status(Code::kIo, path + ": is a folder, expected the name of a file");
  }
  if (exists && !S_ISREG(info.st_mode)) {
    file.fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    std::error_code not_there;
    const std::filesystem::path target = std::filesystem::canonical(path, not_there);
    file.path_ = not_there ? path : target.string();
    file.fd_ = OpenTemporary(file.path_, &file.temporary_);
    file.buffered_ = true;
  }
  if (file.fd_ < 0) return file.SystemError("cannot create");
  file.owns_fd_ = true;
  return file;
}

Status OutputFile::Write(std::string_view text) {
  buffer_ += text;
  if (buffered_ && buffer_.size() < kBufferBytes) return OkStatus();
  return Flush();
}

Status OutputFile::Flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("cannot write");
    done += static_cast<size_t>(written);
  }
  buffer_.clear();
  return OkStatus();
}

Status OutputFile::Finish(Until until) {
  AG_RETURN_IF_ERROR(Flush());
  if (path_.empty()) return OkStatus();
  if (until == Until::kDisk && ::fsync(fd_) != 0 && errno != EINVAL)
    return SystemError("cannot flush");
  owns_fd_ = false;
  if (::close(fd_) != 0) return SystemError("cannot close");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return SystemError("cannot rename the finished file");
  }
  temporary_.clear();
  return OkStatus();
}

}  // namespace ag
