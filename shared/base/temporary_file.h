// A file that is written beside its target and takes the target's name when it is complete.
//
//   name      .TARGET.HASHES-N.tmp in the target's folder: hidden, so that no walk over a folder
//             takes it for an input; TARGET is cut so that no name is longer than the file system
//             takes, whatever the target is called. The hashes are of the target's whole name and
//             of this host.
//   lock      held by flock from its making on. A killed process gives its locks up: whoever wants
//             the same name next, or cleans the folder up, removes what can be locked, and nothing
//             else. Other hosts' files have other names and are never touched, since not every
//             network file system tells one host of the other's locks. On file systems without
//             locks nothing is removed.
//   why not   O_TMPFILE needs no name, but linkat() cannot put a file in another one's place, and
//             network file systems have neither.
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
  // Open for reading and writing. Removes what killed processes left of the same target. Messages
  // of this and the functions below begin with `shown`, or with the target's path if that is empty;
  // codes as WriteError's.
  static StatusOr<TemporaryFile> Create(const std::string& target, const std::string& shown = {});
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  // Removes the file if it was not renamed, and gives up the lock.
  ~TemporaryFile();

  Status Write(std::span<const uint8_t> bytes);
  Status Write(std::string_view text);

  // kDisk: a power failure afterwards cannot take it away; costs a wait for the disk.
  enum class Until { kDisk, kSystem };
  // Puts it in the target's place. The descriptor stays open and locked.
  Status Rename(Until until);

  int fd() const { return fd_; }
  // The descriptor is the caller's from here on, with its lock.
  int Release();

 private:
  TemporaryFile(std::string target, std::string shown, std::string path, int fd);

  std::string target_, shown_;
  std::string path_;  // empty: renamed
  int fd_;
};

// An error of the system while `path` was written, by errno.
//   kNotFound         its folder is not there
//   kInvalidArgument  this file alone: its name is too long or taken, its place is closed to us
//   kIo               what every other file would meet too, as a full disk
Status WriteError(const std::string& path, const char* action, int error);

// Removes from `folder`, not from those within it, the temporary files of this host that nobody
// writes any more. A file of any other name is left alone.
void RemoveLeftovers(const std::string& folder);

}  // namespace ag
