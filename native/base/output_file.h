// Where results go: standard output, or a file that appears only when it is complete.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/status.h"
#include "shared/base/temporary_file.h"

namespace ag {

class OutputFile {
 public:
  // Empty path: standard output. Otherwise a temporary file is created in the folder of `path` (of
  // its target, if it is a symbolic link), unless IsStream().
  static StatusOr<OutputFile> Open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  // Without Finish() the temporary file is removed, and whatever was at `path` before is untouched.
  ~OutputFile();

  // Written to directly: standard output (also as /dev/stdout), an open descriptor (/dev/fd/N), a
  // device, a pipe.
  static bool IsStream(const std::string& path);

  // Files are buffered; standard output and pipes see each call at once. Messages begin with the
  // path, or with "standard output"; codes are those of WriteError.
  Status Write(std::string_view text);

  using Until = TemporaryFile::Until;
  // Flushes, syncs and renames. Nothing may be written afterwards.
  Status Finish(Until until = Until::kDisk);

  // Whether writing failed because nobody reads any more (`| head`): not worth a message.
  bool reader_gone() const { return reader_gone_; }

 private:
  OutputFile() = default;
  Status Flush();

  int fd_ = -1;  // of a stream
  bool owns_fd_ = false;
  bool reader_gone_ = false;
  std::string shown_name_;
  std::optional<TemporaryFile> temporary_;
  std::string buffer_;
};

}  // namespace ag
