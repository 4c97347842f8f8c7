// The record of one picture or frame, as JSON line, CSV rows or lines of a table.
//
// Names, units and the schema's number are those of shared/predict (kResultSchema); each field is
// explained in docs/output-schema.md, and docs/output.schema.json is what a JSON line is valid
// against: {schema, file, [file_encoding], [frame], width, height, rotation, flags, faces: [...]}
// or {schema, file, [file_encoding], [frame], error: {code, message}}.
//   numbers   pixels, years and degrees to 2 decimals, what lies in 0..1 to 4
//   null      age_low and age_high where the model knows no interval
//   file      as shared/base/file_name.h has it, so that two files never share a name; elsewhere
//             (messages) bytes that are not UTF-8 become U+FFFD
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/file_name.h"
#include "shared/base/status.h"
#include "shared/predict/predictor.h"

namespace ag {

// What a video knows of a face beyond its frame.
struct FaceTrack {
  uint64_t id = 0;
  int sightings = 0;
  AgeGender running;
};

struct PictureRecord {
  std::string file;              // bytes
  std::optional<int64_t> frame;  // of a video: its number, the first is 0
  Status status;                 // not ok: `result` is empty
  PictureResult result;          // ok
  // Empty, or one for each of result.faces: nothing where the track is not confirmed.
  std::vector<std::optional<FaceTrack>> tracks;
};

// What a run's records say of each face. The columns of CSV and table follow from it.
enum class RecordContent {
  kPredictions,  // box, eyes, score, age, p_female, quality, flags; in a video its track
  kDetections,  // box, points (all five), eyes, score, quality, flags: FaceResult::result is unused
};

enum class RecordFormat { kTable, kJsonl, kCsv };

// Text of one output: Header(), Format() of each record, Footer(). Lines end with LF in all three.
//   kJsonl   a record is a line
//   kCsv     RFC 4180 quoting; a row is a face, or a picture without any (its face fields empty),
//            or a failed picture (error_code, error_message). The columns of one content never
//            change. With `use` kSpreadsheet no field is a formula (file_name.h).
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
