// The samples of one part of a split that the trainer wrote.
#pragma once

#include <string>
#include <vector>

#include "native/data/dataset.h"
#include "shared/base/status.h"

namespace ag {

struct SelectedSample {
  Sample sample;
  std::string sha256;  // what the split says the file holds; empty: nothing to compare with
};

struct Selection {
  std::vector<SelectedSample> samples;
  size_t missing = 0;  // contents of the part that are not in the data
};

// By name; a file whose name the split does not have is read, and taken if its content is in the
// part. A file that cannot be read is taken: it will fail, and be named, where it is evaluated.
// Errors: as ReadSplit; kEmpty if nothing is left.
StatusOr<Selection> SelectPart(std::vector<Sample> samples, const std::string& split_path,
                               const std::string& part, size_t max_bytes);

}  // namespace ag
