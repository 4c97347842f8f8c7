#include "shared/record/record.h"

#include <utility>

#include "shared/record/json_fields.h"
#include "shared/record/record_fields.h"

namespace ag {

void SetFrameResult(FrameResult frame, PictureRecord* record) {
  PictureResult& result = record->result;
  result.width = frame.width;
  result.height = frame.height;
  result.rotation = frame.rotation;
  result.timings = frame.timings;
  result.faces = std::vector<FaceResult>(frame.faces.size());
  record->tracks = std::vector<std::optional<FaceTrack>>(frame.faces.size());
  for (size_t i = 0; i < frame.faces.size(); ++i) {
    TrackedFace& face = frame.faces[i];
    result.faces[i] = std::move(face.face);
    if (face.id == 0) continue;
    record->tracks[i].emplace(FaceTrack{face.id, face.sightings, std::move(face.running)});
  }
}

const FaceTrack* TrackOf(const PictureRecord& record, size_t face) {
  const bool tracked = face < record.tracks.size() && record.tracks[face];
  return tracked ? &*record.tracks[face] : nullptr;
}

std::string RecordJson(const PictureRecord& record, RecordContent content) {
  std::string json;
  JsonFields out(&json);
  out.BeginObject();
  WriteHead(record, EncodeFileName(record.file), content, &out);
  if (record.status.ok()) {
    const std::vector<FaceResult>& faces = record.result.faces;
    WritePicture(record.result, &out);
    out.BeginList("faces");
    for (size_t i = 0; i < faces.size(); ++i) {
      out.BeginObject();
      WriteFace(faces[i], TrackOf(record, i), content, &out);
      out.EndObject();
    }
    out.EndList();
  } else {
    WriteError(record.status.code(), record.status.message(), &out);
  }
  out.EndObject();
  return json;
}

}  // namespace ag
