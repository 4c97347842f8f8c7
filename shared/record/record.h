// The record of one picture or frame: what run, page and library say about it, in one form.
//
// The only writer of records: the command line, the WebAssembly engine and the library all call it.
// docs/output-schema.md explains each field, and a JSON record is valid against
// docs/output.schema.json: {schema, file, [file_encoding], [frame], width, height, rotation, flags,
// faces: [...]} or {schema, file, [file_encoding], [frame], error: {code, message}}. The fields
// themselves, in order, are in record_fields.cc alone; record_csv.h has the CSV.
//   numbers   pixels, years and degrees to 2 decimals, what lies in 0..1 to 4 (FixedText)
//   null      age_low and age_high where the model knows no interval; what is not finite
//   file      as file_name.h has it, so that two files never share a name; elsewhere (messages)
//             bytes that are not UTF-8 become U+FFFD
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/predict/predictor.h"
#include "shared/predict/video.h"

namespace ag {

// Version of the record, its field `schema`.
inline constexpr int kResultSchema = 3;

// What a video knows about a face beyond its frame.
struct FaceTrack {
  uint64_t id = 0;
  int sightings = 0;
  AgeGender running;
};

struct PictureRecord {
  std::string file;              // bytes
  std::optional<int64_t> frame;  // of a video: its number, the first is 0 (kPredictions only)
  Status status;                 // not ok: `result` is empty
  PictureResult result;          // ok
  // Empty, or one for each of result.faces: nothing where the track is not confirmed.
  std::vector<std::optional<FaceTrack>> tracks;
};

// Null: none.
const FaceTrack* TrackOf(const PictureRecord& record, size_t face);

// What a run's records say about each face.
enum class RecordContent {
  kPredictions,  // box, eyes, score, age, p_female, quality, flags; in a video its track
  kDetections,  // box, points (all five), eyes, score, quality, flags: FaceResult::result is unused
};

// Sets `result` and `tracks` of a video's record; the picture's flags are their decoder's to set.
void SetFrameResult(FrameResult frame, PictureRecord* record);

// One JSON object, without a line end.
std::string RecordJson(const PictureRecord& record,
                       RecordContent content = RecordContent::kPredictions);

}  // namespace ag
