// The record of one picture, as JSON line, CSV rows or lines of a table.
//
// Names, units and the schema's number are those of shared/predict (kResultSchema). A record is
// {schema, file, width, height, rotation, faces: [{box: {x, y, width, height}, eyes: [[x, y], [x,
// y]], score, age, age_low, age_high, p_female, flags}]} or {schema, file, error: {code, message}}.
//   numbers   pixels and years to 2 decimals, probabilities to 4
//   null      age_low and age_high where the model knows no interval
//   file      bytes that are not UTF-8 become U+FFFD
#pragma once

#include <cstddef>
#include <string>

#include "shared/base/status.h"
#include "shared/predict/predictor.h"

namespace ag {

struct PictureRecord {
  std::string file;
  Status status;         // not ok: `result` is empty
  PictureResult result;  // ok
};

enum class RecordFormat { kTable, kJsonl, kCsv };

// Text of one output: Header(), Format() of each record, Footer(). Lines end with LF in all three.
//   kJsonl   a record is a line
//   kCsv     RFC 4180 quoting; a row is a face, or a picture without any (its face fields empty),
//   or
//            a failed picture (error_code, error_message). The columns never change.
//   kTable   for people: aligned, control characters replaced, what age and gender mean at its end
class RecordFormatter {
 public:
  // `file_width`: characters of the longest name (kTable).
  RecordFormatter(RecordFormat format, size_t file_width);

  std::string Header() const;
  std::string Format(const PictureRecord& record) const;
  std::string Footer() const;

 private:
  RecordFormat format_;
  size_t file_width_;
};

}  // namespace ag
