// Records as CSV (csv.h): a row is a face, or a picture without any (its face fields empty), or a
// failed picture (error_code, error_message). The fields and their digits are the JSON's; a group's
// name stands before its fields' names (box_x), a list's words are separated by spaces.
#pragma once

#include <string>

#include "shared/base/file_name.h"
#include "shared/record/record.h"

namespace ag {

// The names of the columns, which depend on the content alone.
std::string RecordCsvHeader(RecordContent content);

// The rows of one record, each with LF at its end. With `use` kSpreadsheet no field is a formula.
std::string RecordCsvRows(const PictureRecord& record, RecordContent content,
                          TextUse use = TextUse::kAnywhere);

}  // namespace ag
