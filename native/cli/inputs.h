// The files that a command line names.
#pragma once

#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/image/decode.h"
#include "shared/image/image.h"

namespace ag {

struct Input {
  std::string file;  // as it is shown; "-": standard input
  Status status;     // not ok: it cannot be tried (an empty folder, no such file)
};

// Each argument in its place. A folder is replaced by the pictures in it at any depth (chosen by
// the extension, sorted by path; links to folders are not followed); a file is taken whatever its
// name.
std::vector<Input> ExpandInputs(const std::vector<std::string>& arguments);

// Reads and decodes; the message does not repeat the file's name.
StatusOr<Image> LoadPicture(const std::string& file, const DecodeLimits& limits);

// A message that begins with "FILE: " without that.
std::string WithoutFileName(const std::string& message, const std::string& file);

}  // namespace ag
