#include "shared/record/record_fields.h"

#include <limits>
#include <vector>

#include "shared/face/quality.h"
#include "shared/image/decode.h"

namespace ag {
namespace {

constexpr int kPixelDecimals = 2;
constexpr int kYearDecimals = 2;
constexpr int kDegreeDecimals = 2;
constexpr int kShareDecimals = 4;  // probabilities and all else in 0..1

void WriteAgeGender(const AgeGender& result, FieldWriter* out) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  out->Number("age", result.age, kYearDecimals);
  out->Number("age_low", result.has_interval ? result.age_low : unknown, kYearDecimals);
  out->Number("age_high", result.has_interval ? result.age_high : unknown, kYearDecimals);
  out->Number("p_female", result.p_female, kShareDecimals);
}

void WriteBox(const Box& box, FieldWriter* out) {
  out->Begin("box");
  out->Number("x", box.x, kPixelDecimals);
  out->Number("y", box.y, kPixelDecimals);
  out->Number("width", box.width, kPixelDecimals);
  out->Number("height", box.height, kPixelDecimals);
  out->End();
}

void WriteQuality(const FaceQuality& quality, FieldWriter* out) {
  out->Begin("quality");
  out->Number("eye_distance", quality.eye_distance, kPixelDecimals);
  out->Number("sharpness", quality.sharpness, kShareDecimals);
  out->Number("yaw", quality.yaw, kDegreeDecimals);
  out->Number("pitch", quality.pitch, kDegreeDecimals);
  out->Number("roll", quality.roll, kDegreeDecimals);
  out->Number("brightness", quality.brightness, kShareDecimals);
  out->Number("outside", quality.outside, kShareDecimals);
  out->End();
}

void WriteTrack(const FaceTrack* track, FieldWriter* out) {
  const FaceTrack none;
  const FaceTrack& values = track != nullptr ? *track : none;
  out->Begin("track", track != nullptr);
  out->Integer("id", static_cast<int64_t>(values.id));
  out->Integer("sightings", values.sightings);
  WriteAgeGender(values.running, out);
  out->End();
}

}  // namespace

void WriteHead(const PictureRecord& record, const EncodedName& name, RecordContent content,
               FieldWriter* out) {
  out->Integer("schema", kResultSchema);
  out->Text("file", name.text);
  out->Text(kFileEncoding.data(), name.encoding(), name.percent);
  if (content != RecordContent::kPredictions) return;
  out->Integer("frame", record.frame.value_or(0), record.frame.has_value());
}

void WritePicture(const PictureResult& result, FieldWriter* out) {
  out->Integer("width", result.width);
  out->Integer("height", result.height);
  out->Integer("rotation", result.rotation);
  out->Words("flags", PictureFlagNames(result.picture_flags), "picture_flags");
}

void WriteFace(const FaceResult& face, const FaceTrack* track, RecordContent content,
               FieldWriter* out) {
  const bool predictions = content == RecordContent::kPredictions;
  WriteBox(face.face.box, out);
  const std::span<const Point> points = face.face.points;
  if (!predictions) out->Points("points", points, kPixelDecimals);
  out->Points("eyes", points.first(2), kPixelDecimals);
  out->Number("score", face.face.score, kShareDecimals);
  if (predictions) WriteAgeGender(face.result, out);
  WriteQuality(face.quality, out);
  out->Words("flags", FlagNames(face.flags));
  if (predictions) WriteTrack(track, out);
}

void WriteError(Code code, std::string_view message, FieldWriter* out) {
  out->Begin("error");
  out->Text("code", CodeName(code));
  out->Text("message", message);
  out->End();
}

}  // namespace ag
