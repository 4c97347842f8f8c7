// The output of a run over pictures, in the format that a user asked for: JSON lines, CSV, or a
// table for people. The records themselves are shared/record's.
#pragma once

#include <cstddef>
#include <string>

#include "shared/base/file_name.h"
#include "shared/record/record.h"

namespace ag {

enum class RecordFormat { kTable, kJsonl, kCsv };

// Text of one output: Header(), Format() of each record, Footer(). Lines end with LF in all three.
//   kJsonl   a record is a line
//   kCsv     shared/record/record_csv.h
//   kTable   for people: aligned, control characters replaced, what age and gender mean at its end
class RecordFormatter {
 public:
  // `file_width`: characters of the longest name (kTable).
  RecordFormatter(RecordFormat format, size_t file_width,
                  RecordContent content = RecordContent::kPredictions,
                  TextUse use = TextUse::kAnywhere);

  std::string Header() const;
  std::string Format(const PictureRecord& record) const;
  std::string Footer() const;

 private:
  RecordFormat format_;
  size_t file_width_;
  RecordContent content_;
  TextUse use_;
};

}  // namespace ag
