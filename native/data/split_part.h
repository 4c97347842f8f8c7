// The samples in one part of a split that the trainer wrote.
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
  size_t missing = 0;  // files of the part that are not in the data
};

// Matched by name; a file whose name is not in the split is read and included if its content is in
// the part. A file that cannot be read is included: it will fail, and be named, when it is
// evaluated. Errors: as from ReadSplit; kEmpty if nothing is left.
StatusOr<Selection> SelectPart(std::vector<Sample> samples, const std::string& split_path,
                               const std::string& part, size_t max_bytes);

}  // namespace ag
