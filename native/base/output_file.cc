#include "native/base/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "native/base/interrupt.h"
#include "shared/base/file.h"

namespace ag {
namespace {

constexpr size_t kBufferBytes = 1 << 16;

// The open descriptor that a path stands for, or -1. Such a path may lead to a regular file (a
// shell's `>`), which is written in place and not replaced.
int DescriptorOf(std::string_view path) {
  if (path.empty() || path == "/dev/stdout") return STDOUT_FILENO;
  return path == "/dev/stderr" ? STDERR_FILENO : NumberedDescriptor(path);
}

}  // namespace

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      owns_fd_(std::exchange(other.owns_fd_, false)),
      reader_gone_(other.reader_gone_),
      shown_name_(std::move(other.shown_name_)),
      temporary_(std::move(other.temporary_)),
      buffer_(std::move(other.buffer_)) {}

OutputFile::~OutputFile() {
  if (owns_fd_) ::close(fd_);
}

bool OutputFile::IsStream(const std::string& path) {
  if (DescriptorOf(path) >= 0) return true;
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

StatusOr<OutputFile> OutputFile::Open(const std::string& path) {
  OutputFile file;
  file.shown_name_ = path.empty() ? "standard output" : path;
  if (IsStream(path)) {
    file.fd_ = DescriptorOf(path);
    if (file.fd_ >= 0) return file;
    file.fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file.fd_ < 0) return WriteError(path, "cannot open", errno);
    file.owns_fd_ = true;
    return file;
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Status(Code::kInvalidArgument, path + ": is a folder; expected the name of a file");
  }
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  AG_ASSIGN_OR_RETURN(TemporaryFile temporary,
                      TemporaryFile::Create(error ? path : target.string(), path));
  file.temporary_.emplace(std::move(temporary));
  return file;
}

Status OutputFile::Write(std::string_view text) {
  buffer_ += text;
  if (temporary_ && buffer_.size() < kBufferBytes) return OkStatus();
  return Flush();
}

Status OutputFile::Flush() {
  size_t done = 0;
  if (temporary_) {
    AG_RETURN_IF_ERROR(temporary_->Write(buffer_));
    done = buffer_.size();
  }
  while (done < buffer_.size()) {
    const ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      reader_gone_ = error == EPIPE || error == ECONNRESET;
      if (reader_gone_) NoteReaderGone();
      return WriteError(shown_name_, "cannot write", error);
    }
    done += static_cast<size_t>(written);
  }
  buffer_.clear();
  return OkStatus();
}

Status OutputFile::Finish(Until until) {
  AG_RETURN_IF_ERROR(Flush());
  if (!temporary_) return OkStatus();
  AG_RETURN_IF_ERROR(temporary_->Rename(until));
  temporary_.reset();
  return OkStatus();
}

}  // namespace ag
