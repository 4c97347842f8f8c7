// A file that is written beside its target and takes the target's name when it is complete.
//
//   name      .TARGET.HASHES-N.tmp in the target's folder: hidden, so that no walk over a folder
//             takes it for an input; TARGET is cut so that no name is longer than the file system
//             allows, whatever the target is called. The hashes are of the target's whole name and
//             of this host.
//   lock      held by flock from the moment it is made. A killed process loses its locks: whoever
//             next wants the same name, or cleans up the folder, removes what can be locked, and
//             nothing else. Other hosts' files have other names and are never touched, since not
//             every network file system shows one host the other's locks. On file systems without
//             locks nothing is removed.
//   why not   O_TMPFILE needs no name, but linkat() cannot replace an existing file, and network
//             file systems have neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "shared/base/status.h"

namespace ag {

class TemporaryFile {
 public:
  // Opens for reading and writing. Removes what killed processes left for the same target. Messages
  // of this and the functions below begin with `shown`, or with the target's path if that is empty;
  // codes as in WriteError.
  static StatusOr<TemporaryFile> Create(const std::string& target, const std::string& shown = {});
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  // Removes the file if it was not renamed, and releases the lock.
  ~TemporaryFile();

  Status Write(std::span<const uint8_t> bytes);
  Status Write(std::string_view text);

  // kDisk: a power failure afterwards cannot undo it; costs a wait for the disk.
  enum class Until { kDisk, kSystem };
  // Moves it to the target's place. The descriptor stays open and locked.
  Status Rename(Until until);

  int fd() const { return fd_; }
  // From here on the descriptor and its lock belong to the caller.
  int Release();

 private:
  TemporaryFile(std::string target, std::string shown, std::string path, int fd);

  std::string target_, shown_;
  std::string path_;  // empty: renamed
  int fd_;
};

// The error for errno after an operation on `path`.
//   kNotFound         its folder does not exist
//   kInvalidArgument  this file alone: its name is too long or taken, or its place is not writable
//   kIo               what every other file would hit too, such as a full disk
Status WriteError(const std::string& path, const char* action, int error);

// Removes this host's abandoned temporary files from `folder` (not from folders below it). A file
// with any other name is left alone.
void RemoveLeftovers(const std::string& folder);

}  // namespace ag
