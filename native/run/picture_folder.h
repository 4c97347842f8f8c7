// A folder of pictures made from pictures: each lies where its original lies below the
// inputs' common folder, so that no two collide.
//
// An existing file is replaced only if it is an earlier picture made from the same
// original: each carries a mark that says so (picture_writer.h). So no original and no
// other picture is ever lost, whatever folders, links or case-insensitive file systems do
// to names.
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
  // State shared by the folders of one run.
  struct Shared {
    const RunFiles* files = nullptr;
    std::mutex mutex;                         // held while a thread checks and renames
    std::set<std::filesystem::path> cleaned;  // folders cleaned of what killed runs left
  };

  // `option` names the folder in messages. `into_existing`: it may contain files, which are
  // replaced if they are earlier results. `shared` has to outlive it. kInvalidArgument: it lies
  // within a folder that is an input (its pictures would become inputs), contains files without
  // into_existing, or the picture of a named input would be an input.
  static StatusOr<PictureFolder> Open(const std::string& folder, const std::string& option,
                                      const InputArguments& inputs, bool into_existing,
                                      Shared* shared);

  // sub/a.jpg -> FOLDER/sub/a.jpg (JPEG), sub/a.png -> FOLDER/sub/a.png, any other a.EXT ->
  // a.EXT.annotated.png. Thread-safe. Errors that concern only this picture: kNotFound,
  // kInvalidArgument, kOutOfMemory; with kIo all others would fail too.
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
