// The fields of a record, one after the other: the one place that says which there are. JSON
// (json_fields.h) and CSV (record_csv.cc) are two ways of writing them down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "shared/base/file_name.h"
#include "shared/base/status.h"
#include "shared/image/warp.h"
#include "shared/record/record.h"

namespace ag {

// Takes fields in the order in which they are to be written. Names are literals of letters and _,
// so that nothing in them needs escaping; so are words.
class FieldWriter {
 public:
  // A group of fields, which the next End() ends. `there`: false where the record has no such
  // group; its fields are told all the same, for whoever keeps a column for each.
  virtual void Begin(const char* name, bool there = true) = 0;
  virtual void End() = 0;

  // `there`: as of a group.
  virtual void Text(const char* name, std::string_view text, bool there = true) = 0;
  virtual void Integer(const char* name, int64_t value, bool there = true) = 0;
  // A value that is not finite is unknown.
  virtual void Number(const char* name, double value, int decimals) = 0;
  virtual void Points(const char* name, std::span<const Point> points, int decimals) = 0;
  // `column`: the name in a table, where it differs.
  virtual void Words(const char* name, std::span<const std::string_view> words,
                     const char* column = nullptr) = 0;

 protected:
  ~FieldWriter() = default;
};

// The parts of a record. One of a picture has head, picture and faces, one of a failure head and
// error. `name`, `message`: record.file and the status's, encoded for what is written.
void WriteHead(const PictureRecord& record, const EncodedName& name, RecordContent content,
               FieldWriter* out);
void WritePicture(const PictureResult& result, FieldWriter* out);
void WriteFace(const FaceResult& face, const FaceTrack* track, RecordContent content,
               FieldWriter* out);  // track: null where there is none
void WriteError(Code code, std::string_view message, FieldWriter* out);

}  // namespace ag
