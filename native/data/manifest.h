// The manifest part of ListDataset (dataset.h).
#pragma once

#include <string>

#include "native/data/dataset.h"
#include "shared/base/file.h"
#include "shared/base/status.h"

namespace ag {

// Larger manifests are refused: kTooLarge. Room for about five million rows.
inline constexpr size_t kMaxManifestBytes = size_t{512} << 20;

// Fills samples and skipped; may leave samples empty. kInvalidArgument if the header lacks a
// column; errors as from ReadFile. `folder`: what the names of the files are relative to.
StatusOr<Dataset> ReadManifest(const std::string& path, const std::string& folder,
                               const ReadOptions& options);

}  // namespace ag
