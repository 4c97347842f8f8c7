// A folder of pictures made from pictures: each lies where its original lies below the inputs'
// common folder, so that no two meet.
//
// A file that is there already is only replaced if it is an earlier picture of the same original:
// each carries a mark that says so (picture_writer.h). So no original and no other picture is ever
// lost, whatever folders, links, or file systems that do not tell upper from lower case do to
// names.
#pragma once

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>

#include "native/base/run_files.h"
#include "native/pictures/inputs.h"
#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag {

class PictureFolder {
 public:
  // What the folders of one run share.
  struct Shared {
    const RunFiles* files = nullptr;
    std::mutex mutex;                         // one looks and renames at a time
    std::set<std::filesystem::path> cleaned;  // of what killed runs left
  };

  // `option` names the folder in messages. `into_existing`: it may hold files, which are replaced
  // where they are earlier results. `shared` has to outlive it. kInvalidArgument: it lies within a
  // folder that is an input (its pictures would become inputs), holds files without into_existing,
  // or the picture of an input that is named would be an input.
  static StatusOr<PictureFolder> Open(const std::string& folder, const std::string& option,
                                      const InputArguments& inputs, bool into_existing,
                                      Shared* shared);

  // sub/a.jpg -> FOLDER/sub/a.jpg (JPEG), sub/a.png -> FOLDER/sub/a.png, any other a.EXT ->
  // a.EXT.annotated.png. Safe from several threads. Errors that concern this picture alone:
  // kNotFound, kInvalidArgument, kOutOfMemory; kIo: all others would fail too.
  Status Save(const std::string& original, const Image& picture) const;
  // sub/a.jpg -> FOLDER/sub/a.jpg.INDEX.png.
  Status SaveNumbered(const std::string& original, size_t index, const Image& picture) const;

 private:
  std::filesystem::path Place(const std::string& original) const;
  std::filesystem::path AnnotatedPlace(const std::string& original) const;
  std::string Mark(const std::string& original, const std::string& index) const;
  Status Write(const std::filesystem::path& path, const std::string& bytes,
               const std::string& mark) const;
  Status MakeFolder(const std::filesystem::path& folder) const;
  Status CheckReplaceable(const std::filesystem::path& path, const std::string& mark) const;

  std::filesystem::path folder_;
  std::filesystem::path root_;  // the folder that all inputs have in common
  std::string option_;
  Shared* shared_ = nullptr;
};

}  // namespace ag
