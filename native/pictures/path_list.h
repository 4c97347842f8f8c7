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
  // "-": standard input. `zero_separated`: the paths end with a zero byte (find -print0) and are
  // kept byte for byte; else with a line's end, a carriage return before it is taken off, empty
  // lines are passed over, and a byte order mark is understood (text_file.h). `stop`: when it turns
  // true, Next() waits for no more.
  static StatusOr<PathList> Open(const std::string& file, bool zero_separated, StopCheck stop);

  // Nothing at the end, on an error (status()) and when it is stopped.
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
