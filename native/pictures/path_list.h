// A list of paths from a file or a pipe, one at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "native/base/text_file.h"
#include "shared/base/file.h"
#include "shared/base/status.h"

namespace ag {

class PathList {
 public:
  // "-": standard input. `zero_separated`: each path ends with a zero byte (find -print0) and is
  // kept byte for byte; otherwise with a line break: a carriage return before it is removed, empty
  // lines are skipped, and a byte order mark is understood (text_file.h). `stop`: once it is true,
  // Next() no longer waits.
  static StatusOr<PathList> Open(const std::string& file, bool zero_separated, StopCheck stop);

  // Nothing at the end, on an error (status()) and when stopped.
  std::optional<std::string> Next();
  const Status& status() const { return status_; }

 private:
  PathList(ReadableFile file, bool zero_separated, StopCheck stop)
      : file_(std::move(file)), zero_separated_(zero_separated), stop_(std::move(stop)) {}
  bool FillBuffer();
  bool Accept(std::string* path);

  ReadableFile file_;
  bool zero_separated_;
  StopCheck stop_;
  TextDecoder decoder_;
  bool ended_ = false;
  Status status_;
  std::string buffer_;
  size_t position_ = 0;
  size_t line_ = 0;  // of the path returned last, from 1
};

}  // namespace ag
