// The manifest part of ListDataset (dataset.h), and the readers of its labels; label_text.h has
// their writers.
#pragma once

#include <string>
#include <string_view>

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

// "male", "m", "0", "female", "f", "1" in any case; empty: unknown. kInvalidArgument else.
StatusOr<Gender> ParseGenderField(std::string_view text);

// "25", a range "20-29" (both ends included), or one without an end: "70+", and FairFace's "more
// than 70" (whose range before it ends at 69). kInvalidArgument else.
Status ParseAgeField(std::string_view text, Sample* sample);

}  // namespace ag
