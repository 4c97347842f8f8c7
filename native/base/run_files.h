// The files of one run, checked so that it never overwrites what it reads, nor files that are not
// its own.
//
// A command first names what it reads, then what it writes, and starts only if nothing is refused:
//   same file   an output that is also an input or another output: compared by device and inode
//               where the file exists (also through links), by folder and name where it does not
//   replacing   an existing file may be replaced if it is empty or begins like an earlier result of
//               the same command and format; any other file only with --overwrite; a picture, a
//               model or a list of pictures never, unless it is such a result
// Pipes, devices and terminals are exempt.
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

// What a path refers to on this machine, now.
class FileIdentity {
 public:
  using Number = std::pair<dev_t, ino_t>;
  // "-": standard input. Links are followed as far as they lead somewhere.
  static FileIdentity Of(const std::string& path);
  static FileIdentity OfDescriptor(int fd);

  bool IsSameAs(const FileIdentity& other) const;
  bool IsFile(dev_t device, ino_t inode) const {
    return exists_ && number_ == Number(device, inode);
  }
  bool is_file() const { return regular_; }      // an existing regular file
  bool is_folder() const { return directory_; }  // an existing folder
  bool exists() const { return exists_; }
  const std::string& name() const { return name_; }  // in its folder

 private:
  bool exists_ = false, regular_ = false, directory_ = false;
  Number number_;
  std::optional<Number> folder_;  // of the folder it is in
  std::string name_;              // in that folder
  std::string path_;              // where not even the folder exists
};

// Whether `path`, which need not exist, is `folder` or lies below it at any depth.
bool LiesIn(const std::string& path, const std::string& folder);

// Whether a file beginning with these bytes (all of it, or kBeginningBytes) is an earlier result of
// the command that wants to replace it, in the same format.
using EarlierResult = std::function<bool(std::string_view beginning)>;
inline constexpr size_t kBeginningBytes = size_t{64} << 10;

// The prefix; # stands for the digits of a whole number.
EarlierResult BeginsLike(std::string pattern);
// A CSV header with these columns.
EarlierResult HasColumns(std::vector<std::string> columns);

// An .agm file: what commands that write models may replace when others may not.
bool IsModelFile(std::string_view beginning);

class RunFiles {
 public:
  // `role` is what messages call the file: "--model", "the input". The file need not exist, and may
  // be a folder.
  void Read(const std::string& role, const std::string& path);

  struct Output {
    std::string role;  // "--out"
    std::string path;
    EarlierResult earlier = nullptr;  // null: no existing file counts as one
    bool overwrite = false;
    bool working = false;   // grows beside the result and is removed at the end
    bool is_model = false;  // another model is then treated like any other file
    std::string remedy = "--overwrite replaces it";  // the advice in messages
  };
  // After all Read(). kInvalidArgument: an input, another output, or a file not to be replaced.
  Status Write(const Output& output);
  // Standard output, where no option names a file.
  Status WriteStandardOutput();

  // For an output whose name is known only during the run: kInvalidArgument if it is an input.
  Status CheckOutput(const std::string& path) const;

  // For an input that turns up during the run (in a folder, on a list): kInvalidArgument if an
  // output takes its place. Working files and standard output do not count and are not pictures: a
  // list of all files of a folder may contain them. Thread-safe; one stat().
  Status CheckInput(const std::string& path) const;

 private:
  struct Named {
    std::string role, path;
    FileIdentity identity;
    bool takes_place = false;  // of an existing file
  };
  Status Add(Named output);

  std::vector<Named> inputs_, outputs_;
};

// "a picture", "a model", "a list of pictures", "no text (PDF)": what is never replaced by a result
// of another kind; empty for anything else. `beginning`: of the file at `path`.
std::string KindWorthKeeping(const std::string& path, std::string_view beginning);

// Up to kBeginningBytes. kIo, kNotFound.
StatusOr<std::string> ReadBeginning(const std::string& path);

}  // namespace ag
