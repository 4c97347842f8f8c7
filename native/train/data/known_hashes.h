// SHA-256 of files that were hashed before and have not changed since: same path, size and time of
// last change. A warm start then reads no picture.
//
// The folder's file hashes.txt begins with the digest of everything after it: one line per file
// with its digest, size, time (ns), path. It is only a memory: without it, or if it is damaged,
// files are read again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/status.h"

namespace ag::train {

struct FileStamp {
  int64_t size = -1;
  int64_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

// size -1: there is no such file.
FileStamp StampOf(const std::string& path);

class KnownHashes {
 public:
  explicit KnownHashes(const std::string& folder);

  // The file exists, but is not as it was written: nothing of it is used.
  bool damaged() const { return damaged_; }

  // Empty: unknown, or the file has changed. Thread-safe.
  std::string Find(const std::string& path, const FileStamp& stamp) const;

  // Not remembered: a file that changed in the last two seconds (it may change again unnoticed),
  // and a path with a line break. Not thread-safe.
  void Add(const std::string& path, const FileStamp& stamp, const std::string& hash);

  // Writes the file if anything is new. kIo.
  Status Save();

 private:
  struct Entry {
    FileStamp stamp;
    std::string hash;
  };
  void ReadLine(std::string_view line);

  std::string file_;
  std::unordered_map<std::string, Entry> entries_;
  bool changed_ = false;
  bool damaged_ = false;
};

}  // namespace ag::train
