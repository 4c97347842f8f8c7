// Where results go: standard output, or a file that appears only when it is complete.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/status.h"

namespace ag {

class OutputFile {
 public:
  // Empty path: standard output. Else a temporary file is made in the folder of `path` (through a
  // symbolic link: of what it points to); an existing device or pipe is written to directly.
  static StatusOr<OutputFile> Open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  // Without Finish() the temporary file is removed, and what was at `path` before is still there.
  ~OutputFile();

  // Files are buffered; standard output and pipes see each call at once. Messages begin with the
  // path, or with "standard output".
  Status Write(std::string_view text);

  // kDisk: a power failure afterwards cannot take it away; costs a wait for the disk.
  enum class Until { kDisk, kSystem };
  // Flushes, syncs and renames. Nothing may be written afterwards.
  Status Finish(Until until = Until::kDisk);

  // Whether writing failed because nobody reads any more (`| head`): no reason to complain.
  bool reader_gone() const { return reader_gone_; }

 private:
  OutputFile() = default;
  Status Flush();
  Status SystemError(const char* action);

  int fd_ = -1;
  bool owns_fd_ = false;
  bool reader_gone_ = false;
  bool buffered_ = false;
  std::string shown_name_;
  std::string path_;       // empty: nothing to rename
  std::string temporary_;  // empty: nothing to remove
  std::string buffer_;
};

}  // namespace ag
