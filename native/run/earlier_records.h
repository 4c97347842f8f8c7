// Tells an earlier output of predict and detect from any other file.
#pragma once

#include "native/base/run_files.h"
#include "native/run/record_formatter.h"

namespace ag {

// Records of the same content in the same format, of this or another version of the schema.
// `header`: RecordFormatter::Header().
EarlierResult EarlierRecords(RecordFormat format, RecordContent content, std::string header);

}  // namespace ag
