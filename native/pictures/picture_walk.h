// The pictures below a folder: the one walk behind predict, detect, explore, eval and train.
//
// What counts as a picture:
//   by its name      .jpg .jpeg .png ... (native/base/picture_extension.h), any case: not examined
//   by its content   a file without an extension, or with one that says nothing here (IMG.HEIC that
//                    is a JPEG), whose first bytes are a supported format
//   never            names that say something else (.txt .json .mp4 .zip ...): not even opened
// Left out, and counted: pictures in known but unsupported formats; hidden files and folders;
// folders and files in which programs keep thumbnails; links to folders, unless they are followed;
// pipes, sockets and devices.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/status.h"

namespace ag {

struct FolderOptions {
  // Shell patterns (* ? [a-z]; * matches a / too), case-sensitive. Each is matched against a file's
  // name and against its path below the folder. With `include` only matching files are used; files
  // that match `exclude` are not, and folders that match it are not entered.
  std::vector<std::string> include = {}, exclude = {};
  // Links to folders are entered, unless they lead to a folder that contains them.
  bool follow_links = false;
};

// Counts of what a walk left out.
class LeftOut {
 public:
  // Why it was left out, besides the format's name ("HEIC").
  static constexpr std::string_view kHidden = "hidden", kThumbnails = "thumbnails",
                                    kLinks = "links to folders (--follow-links)",
                                    kLoops = "links in a circle",
                                    kSpecial = "pipes, sockets or devices",
                                    kUnreadable = "unreadable";

  void Add(std::string_view what) { ++counts_[std::string(what)]; }
  // A picture that cannot be read: what --strict is about.
  void AddPicture(std::string_view format) {
    ++pictures_;
    Add(format);
  }
  void Add(const LeftOut& other);

  // Unsupported formats, and files that cannot be opened.
  size_t pictures() const { return pictures_; }
  bool empty() const { return counts_.empty(); }
  // "120 HEIC, 3 WebP, 2 hidden", most frequent first.
  std::string List() const;
  // "125 files left out: 120 HEIC, 3 WebP, 2 hidden"; empty if there are none.
  std::string Summary() const;

 private:
  std::map<std::string, size_t> counts_;
  size_t pictures_ = 0;
};

// In byte order of the paths. Only the folders on the way down to the current picture are kept in
// memory. One thread.
class PictureWalk {
 public:
  // `options` and `left_out` must outlive it; it adds to `left_out` as it goes.
  PictureWalk(const std::string& root, const FolderOptions& options, LeftOut* left_out);

  struct Item {
    std::string path;      // begins with the root
    std::string relative;  // below the root, with '/'
    Status status;         // not ok: a folder that cannot be listed
    bool regular = true;   // false: it cannot be examined (a dangling link)
  };
  // Nothing at the end.
  std::optional<Item> Next();

 private:
  struct Entry {
    std::string name;  // folders end with '/', so that sorting them sorts the paths
    bool regular = true;
    bool look = false;  // its content decides
  };
  struct Level {
    std::string relative;  // of the folder, with '/' at its end; "" for the root
    std::vector<Entry> entries;
    size_t next = 0;
    std::string error;
    std::pair<dev_t, ino_t> identity;
  };

  void Enter(const std::string& relative, bool is_link);
  static void AddFile(std::string name, bool regular, Level* level);
  bool IsWanted(const std::string& relative, const std::string& name) const;
  bool IsExcluded(const std::string& relative, const std::string& name, bool is_folder) const;
  // Whether a file is a picture by its content; otherwise counts what it is.
  bool IsPicture(const std::string& relative, const std::string& name);
  std::string PathOf(const std::string& relative) const;

  std::string root_;
  const FolderOptions& options_;
  LeftOut* left_out_;
  std::vector<Level> levels_;
};

}  // namespace ag
