// A lock that one process holds on a name: a file, held by flock, that says who holds it.
//
// It ends with the object, or with the process, however that ends; the next process takes over what
// a killed one leaves. It belongs to the file, not to its path: two paths to one folder are one
// lock. On a file system without locks (some network mounts) nobody is kept out.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "shared/base/status.h"

namespace ag {

class FileLock {
 public:
  // Makes `path` and holds it; empty if another process (or another FileLock of this one) does.
  // Does not wait, and does not follow a link at `path`. kNotFound (no such folder), kIo (cannot be
  // made); the message begins with the path.
  static StatusOr<std::optional<FileLock>> TryTake(const std::string& path);

  // Who holds `path`, according to the file: "process 123 on HOST", or "another process".
  static std::string HolderOf(const std::string& path);

  FileLock(FileLock&& other) noexcept
      : path_(std::move(other.path_)),
        fd_(std::exchange(other.fd_, -1)),
        is_ours_(other.is_ours_) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();  // removes the file

 private:
  FileLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
  bool is_ours_ = false;  // made for a lock: a file of somebody's is neither written nor removed
};

}  // namespace ag
