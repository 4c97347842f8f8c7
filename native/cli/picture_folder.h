// A folder of pictures made from pictures: each lies where its original lies below the inputs'
// common folder, so that no two meet.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "native/cli/inputs.h"
#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag {

class PictureFolder {
 public:
  // `option` names the folder in messages. `into_existing`: it may hold files, which are replaced
  // where names are the same. kInvalidArgument: it lies within a folder that is an input (its
  // pictures would become inputs), or holds files without into_existing.
  static StatusOr<PictureFolder> Open(const std::string& folder, const std::string& option,
                                      const InputArguments& inputs, bool into_existing);

  // sub/a.jpg -> FOLDER/sub/a.jpg (JPEG), sub/a.png -> FOLDER/sub/a.png, any other a.EXT ->
  // a.EXT.annotated.png. Never writes over the original. Safe from several threads.
  Status Save(const std::string& original, const Image& picture) const;
  // sub/a.jpg -> FOLDER/sub/a.jpg.INDEX.png.
  Status SaveNumbered(const std::string& original, size_t index, const Image& picture) const;

 private:
  std::filesystem::path Place(const std::string& original) const;

  std::filesystem::path folder_;
  std::filesystem::path root_;  // the folder that all inputs have in common
};

}  // namespace ag
