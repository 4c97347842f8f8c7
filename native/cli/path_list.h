// A list of paths from a file or a pipe, one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "shared/base/status.h"

namespace ag {

class PathList {
 public:
  // "-": standard input. `zero_separated`: the paths end with a zero byte (find -print0), else with
  // a line's end; a carriage return before it is taken off, empty lines are passed over. `stop`:
  // when it turns true, Next() waits for no more.
  static StatusOr<PathList> Open(const std::string& file, bool zero_separated,
                                 std::shared_ptr<const std::atomic<bool>> stop);
  PathList(PathList&& other) noexcept;
  PathList& operator=(PathList&&) = delete;
  ~PathList();

  // Nothing at the end, on an error (status()), when the user interrupts and when it is stopped.
  std::optional<std::string> Next();
  const Status& status() const { return status_; }

 private:
  PathList(int fd, bool owns_fd, std::string shown_name, bool zero_separated,
           std::shared_ptr<const std::atomic<bool>> stop);
  bool WaitForData() const;
  bool FillBuffer();
  bool Accept(std::string* path);

  int fd_;
  bool owns_fd_;
  bool zero_separated_;
  std::shared_ptr<const std::atomic<bool>> stop_;
  bool ended_ = false;
  std::string shown_name_;
  Status status_;
  std::string buffer_;
  size_t position_ = 0;
  size_t line_ = 0;  // of the path returned last, from 1
};

}  // namespace ag
