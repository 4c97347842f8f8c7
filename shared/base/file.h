// Files: read with a cap and without waiting forever; written so that a reader never sees half a
// file.
//
// Not part of the WebAssembly engine (it has no file system); a CMake target of its own: ag_file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/status.h"

namespace ag {

// Polled several times a second during a wait; true ends the wait.
using StopCheck = std::function<bool()>;

struct ReadOptions {
  // The user typed this very name: "-" is standard input (/dev/stdin and /dev/fd/N the descriptor
  // that they name, at its current offset), and pipes, sockets, terminals and devices are read.
  // Otherwise they are an error and not even opened: opening one can wait forever, or wake a
  // process that waits for it.
  bool named = false;
  StopCheck stop = {};  // empty: a wait for a pipe ends with its data alone
};

// A file, or whatever else a user named, open for reading. One thread at a time.
class ReadableFile {
 public:
  // Never waits, not even for a pipe's writer. kNotFound, kIo.
  static StatusOr<ReadableFile> Open(const std::string& path, ReadOptions options);
  ReadableFile(ReadableFile&& other) noexcept;
  ReadableFile& operator=(ReadableFile&&) = delete;
  ~ReadableFile();

  // Fills part of `bytes` and returns how many; waits for at least one. 0: the end. kInterrupted if
  // `stop` says so during the wait, kIo.
  StatusOr<size_t> Read(std::span<uint8_t> bytes);

  // The path, or "standard input": how messages begin.
  const std::string& name() const { return name_; }
  bool regular() const { return regular_; }
  size_t size() const { return size_; }  // bytes; 0 where it is no regular file

 private:
  ReadableFile(int fd, std::string name, StopCheck stop)
      : fd_(fd), name_(std::move(name)), stop_(std::move(stop)) {}

  int fd_;
  std::string name_;
  StopCheck stop_;
  bool regular_ = false;
  size_t size_ = 0;
};

// The descriptor that /dev/fd/N or /proc/self/fd/N names, or -1.
int NumberedDescriptor(std::string_view path);

// Whether a name typed by a user stands for a descriptor ("-", /dev/stdin, /dev/fd/N), which can be
// read only once.
bool NamesDescriptor(const std::string& path);

// An error of the system with `path`, by errno: kNotFound if it does not exist, else kIo. (WriteError
// in temporary_file.h tells more of a file that a user asked for.)
Status SystemError(const std::string& path, const char* action, int error);

// The whole file. kNotFound, kIo (unreadable, a folder, not a regular file), kTooLarge above
// max_bytes, kInterrupted. Every message begins with the path, or with "standard input".
StatusOr<std::vector<uint8_t>> ReadFile(const std::string& path, size_t max_bytes,
                                        const ReadOptions& options = {});

// Writes `bytes` to `path` through a temporary file in the same folder, fsync and rename: after an
// error or a kill the file previously at `path` is still whole (temporary_file.h lists the
// errors). After an error the temporary file is removed; after a kill, the next writer to `path`
// removes it.
Status WriteFileAtomically(const std::string& path, std::span<const uint8_t> bytes);
Status WriteFileAtomically(const std::string& path, std::string_view text);

}  // namespace ag
