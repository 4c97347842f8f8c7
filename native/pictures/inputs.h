// The files that a command line names, one after the other: folders are listed when they are
// reached, lists of paths are read as they arrive, so that a million inputs need no memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/pictures/picture_walk.h"
#include "shared/base/file.h"
#include "shared/base/status.h"
#include "shared/image/decode.h"

namespace ag {

struct Input {
  std::string file;    // as displayed; "-" and `named`: standard input
  Status status = {};  // not ok: it cannot be read (an empty folder, no such file)
  // Named on the command line: it may be a pipe or a device, and "-" is standard input. What a
  // folder or a list yields has to be a regular file.
  bool named = false;
};

// Of `count` machines that get the same inputs, number `index` (from 0) handles the inputs index,
// index + count, ...
struct Shard {
  size_t index = 0;
  size_t count = 1;
};
// "i/n" with 0 <= i < n.
StatusOr<Shard> ParseShard(const std::string& text);

struct InputArguments {
  // Pictures, folders, "-". A folder stands for the pictures in it at any depth (picture_walk.h,
  // sorted by path); a file counts whatever its name.
  std::vector<std::string> paths = {};
  FolderOptions folders = {};
  std::string list = {};  // not empty: paths of files, read from here instead ("-": standard input)
  bool zero_separated = false;  // the list is separated by zero bytes, not lines
  Shard shard = {};
};

// One thread at a time, except for Stop().
class InputSource {
 public:
  // Errors: a list that cannot be opened, "-" given twice.
  static StatusOr<InputSource> Open(InputArguments arguments);
  InputSource(InputSource&&) noexcept;
  InputSource& operator=(InputSource&&) noexcept;
  ~InputSource();

  // Nothing at the end, when the user interrupts, or when the list cannot be read further: see
  // status().
  std::optional<Input> Next();
  const Status& status() const;
  // Left out of the folders that Next() has finished.
  const LeftOut& left_out() const;

  // May be called from another thread: from now on neither Next() nor anyone who polls stop_check()
  // waits for a list or a pipe.
  void Stop();
  // Whether Stop() was called or the user interrupts. Outlives this object.
  StopCheck stop_check() const;

  // Whether there are at least `count` inputs; they are looked up and kept for Next(). A list is
  // assumed to be long: nobody should wait for its second line before the first is done.
  size_t CountUpTo(size_t count);

  // Walks over everything once more, independently of Next(). No count for a list that can be read
  // only once.
  struct Survey {
    std::optional<size_t> count;
    size_t longest_name = 0;
  };
  Survey LookOver() const;

 private:
  class Walk;
  InputSource(InputArguments arguments, std::shared_ptr<std::atomic<bool>> stop,
              std::unique_ptr<Walk> walk);
  InputArguments arguments_;
  std::shared_ptr<std::atomic<bool>> stop_;
  std::unique_ptr<Walk> walk_;
  std::list<Input> ahead_;  // not a deque: moving one allocates
};

// The bytes of a picture; the message does not repeat the file's name. kInterrupted by `stop`.
StatusOr<std::vector<uint8_t>> ReadPicture(const Input& input, size_t max_bytes,
                                           const StopCheck& stop = {});

// Reads and decodes, with DecodeFast if `fast`.
StatusOr<DecodedImage> LoadPicture(const Input& input, const DecodeLimits& limits,
                                   bool fast = false, const StopCheck& stop = {});

// A message without a leading "FILE: ".
std::string WithoutFileName(const std::string& message, const std::string& file);

}  // namespace ag
