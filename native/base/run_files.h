// The files of one run, so that it never writes over what it reads, nor over what is not its own.
//
// A command names first what it reads, then what it writes, and begins only if nothing is refused:
//   same file   an output that is also an input, or another output: by device and inode where there
//               is a file (also through links), by the folder's and the name where there is none
//   replacing   a file that is there already may be replaced if it is empty or begins like an
//               earlier result of the same command and format, any other file only with
//               --overwrite; a picture, a model or a list of pictures never, unless it is such a
//               result
// Pipes, devices and terminals are not looked at.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/status.h"

namespace ag {

// What a path means on this machine, now.
class FileIdentity {
 public:
  using Number = std::pair<dev_t, ino_t>;
  // "-": standard input. Links are followed, as far as they lead to something.
  static FileIdentity Of(const std::string& path);
  static FileIdentity OfDescriptor(int fd);

  bool IsSameAs(const FileIdentity& other) const;
  bool IsFile(dev_t device, ino_t inode) const {
    return exists_ && number_ == Number(device, inode);
  }
  bool is_file() const { return regular_; }      // a regular file, which is there
  bool is_folder() const { return directory_; }  // a folder, which is there
  bool exists() const { return exists_; }
  const std::string& name() const { return name_; }  // in its folder

 private:
  bool exists_ = false, regular_ = false, directory_ = false;
  Number number_;
  std::optional<Number> folder_;  // that it lies in
  std::string name_;              // in that folder
  std::string path_;              // where not even the folder is there
};

// Whether `path`, which need not be there, is `folder` or lies in it at any depth.
bool LiesIn(const std::string& path, const std::string& folder);

// Whether a file that begins with these bytes (all of it, or kBeginningBytes) is an earlier result
// of the command that wants to replace it, in the same format.
using EarlierResult = std::function<bool(std::string_view beginning)>;
inline constexpr size_t kBeginningBytes = size_t{64} << 10;

// It begins so; # stands for the digits of a whole number.
EarlierResult BeginsLike(std::string pattern);
// It begins with a CSV header that has these columns.
EarlierResult HasColumns(std::vector<std::string> columns);

// An .agm file: what commands that write models may replace where others may not.
bool IsModelFile(std::string_view beginning);

class RunFiles {
 public:
  // `role` is what messages call the file: "--model", "the input". A file that is not there yet, or
  // a folder, may be named.
  void Read(const std::string& role, const std::string& path);

  struct Output {
    std::string role;  // "--out"
    std::string path;
    EarlierResult earlier = nullptr;  // null: no file that is there is one
    bool overwrite = false;
    bool working = false;   // grows beside the result and is gone at the end
    bool is_model = false;  // then another model is like any other file
    std::string remedy = "--overwrite replaces it";  // what messages advise
  };
  // After all Read(). kInvalidArgument: it is an input, another output, or may not be replaced.
  Status Write(const Output& output);
  // Where results go that no option names.
  Status WriteStandardOutput();

  // Of an output whose name is only made on the way: kInvalidArgument if it is an input.
  Status CheckOutput(const std::string& path) const;

  // Of an input that is only met on the way (in a folder, on a list): kInvalidArgument if an output
  // takes its place. Working files and standard output do not, and are no pictures: whoever lists
  // all files of a folder may meet them. Safe from several threads; one stat().
  Status CheckInput(const std::string& path) const;

 private:
  struct Named {
    std::string role, path;
    FileIdentity identity;
    bool takes_place = false;  // of a file that is there
  };
  Status Add(Named output);

  std::vector<Named> inputs_, outputs_;
};

// "a picture", "a model", "a list of pictures", "no text (PDF)": what is never replaced by a result
// of another kind; empty for anything else. `beginning` of the file at `path`.
std::string KindWorthKeeping(const std::string& path, std::string_view beginning);

// Up to kBeginningBytes. kIo, kNotFound.
StatusOr<std::string> ReadBeginning(const std::string& path);

}  // namespace ag
