#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include "native/library/handles.h"
#include "native/library/sized.h"
#include "native/library/status.h"
#include "shared/face/quality.h"
#include "shared/record/record.h"

namespace ag::library {
namespace {

constexpr bool Same(uint32_t ours, uint32_t engines) { return ours == engines; }
static_assert(Same(AG_FACE_TOO_SMALL, kFlagTooSmall) && Same(AG_FACE_CUT_OFF, kFlagCutOff) &&
              Same(AG_FACE_BOX_ONLY, kFlagBoxOnly) && Same(AG_FACE_BLURRED, kFlagBlurred) &&
              Same(AG_FACE_TURNED_AWAY, kFlagTurnedAway) && Same(AG_FACE_TOO_DARK, kFlagTooDark) &&
              Same(AG_FACE_TOO_BRIGHT, kFlagTooBright));
static_assert(Same(AG_PICTURE_COLOUR_PROFILE, kFlagColourProfile) &&
              Same(AG_PICTURE_TRUNCATED, kFlagTruncated));
static_assert(sizeof(ag_face::points) / sizeof(ag_point) == kFacePointCount);

constexpr size_t kFirstPicture = offsetof(ag_picture, predict_ms) + sizeof(double);
constexpr size_t kFirstFace = offsetof(ag_face, reserved) + sizeof(uint32_t);
constexpr size_t kFirstTrack = offsetof(ag_track, age_bin_count) + sizeof(size_t);

// ag_face and ag_track call them the same.
template <typename Struct>
void SetAgeGender(const AgeGender& result, Struct* out) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  out->age = result.age;
  out->age_low = result.has_interval ? result.age_low : kUnknown;
  out->age_high = result.has_interval ? result.age_high : kUnknown;
  out->p_female = result.p_female;
  const std::vector<float>& distribution = result.age_distribution;
  out->age_distribution = distribution.empty() ? nullptr : distribution.data();
  out->age_bin_count = distribution.size();
}

ag_picture PictureOf(const ag_result& result) {
  ag_picture picture = {};
  picture.width = result.found.width;
  picture.height = result.found.height;
  picture.rotation = result.found.rotation;
  picture.flags = result.picture_flags;
  picture.frame = result.frame;
  picture.searched = result.found.searched ? 1 : 0;
  picture.detect_ms = result.found.timings.detect_ms;
  picture.align_ms = result.found.timings.align_ms;
  picture.predict_ms = result.found.timings.predict_ms;
  return picture;
}

ag_face FaceOf(const FaceResult& result) {
  ag_face face = {};
  const Box& box = result.face.box;
  face.box = {box.x, box.y, box.width, box.height};
  for (size_t i = 0; i < result.face.points.size(); ++i) {
    face.points[i] = {result.face.points[i].x, result.face.points[i].y};
  }
  face.score = result.face.score;
  SetAgeGender(result.result, &face);
  face.eye_distance = result.quality.eye_distance;
  face.sharpness = result.quality.sharpness;
  face.yaw = result.quality.yaw;
  face.pitch = result.quality.pitch;
  face.roll = result.quality.roll;
  face.brightness = result.quality.brightness;
  face.outside = result.quality.outside;
  face.flags = result.flags;
  return face;
}

ag_track TrackOf(const TrackedFace& face) {
  ag_track track = {};
  if (face.id == 0) return track;
  track.id = face.id;
  track.sightings = face.sightings;
  SetAgeGender(face.running, &track);
  return track;
}

PictureRecord RecordOf(const ag_result& result, const char* file) {
  PictureRecord record;
  SetFrameResult(result.found, &record);
  record.file = file;
  record.result.picture_flags = result.picture_flags;
  if (result.frame >= 0) record.frame = result.frame;
  return record;
}

// A copy for the caller, who knows nothing of std::string.
Status HandOutText(const std::string& text, char** out) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return Status(Code::kOutOfMemory, "not enough memory");
  std::memcpy(copy, text.c_str(), text.size() + 1);
  *out = copy;
  return OkStatus();
}

Status CheckIndex(const ag_result* result, size_t index) {
  AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
  if (index < result->found.faces.size()) return OkStatus();
  return Status(Code::kInvalidArgument, "index " + std::to_string(index) + " of " +
                                            std::to_string(result->found.faces.size()) + " faces");
}

}  // namespace
}  // namespace ag::library

using ag::library::CheckGiven;
using ag::library::CheckIndex;
using ag::library::Guarded;

ag_code ag_result_get_picture(const ag_result* result, ag_picture* picture, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
    return ag::library::WriteStruct(ag::library::PictureOf(*result), ag::library::kFirstPicture,
                                    "ag_picture", picture);
  });
}

size_t ag_result_face_count(const ag_result* result) {
  return result == nullptr ? 0 : result->found.faces.size();
}

ag_code ag_result_get_face(const ag_result* result, size_t index, ag_face* face, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckIndex(result, index));
    return ag::library::WriteStruct(ag::library::FaceOf(result->found.faces[index].face),
                                    ag::library::kFirstFace, "ag_face", face);
  });
}

ag_code ag_result_get_track(const ag_result* result, size_t index, ag_track* track,
                            ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckIndex(result, index));
    return ag::library::WriteStruct(ag::library::TrackOf(result->found.faces[index]),
                                    ag::library::kFirstTrack, "ag_track", track);
  });
}

void ag_result_free(ag_result* result) { delete result; }

ag_code ag_result_to_json(const ag_result* result, const char* file, char** json, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
    AG_RETURN_IF_ERROR(CheckGiven(file, "file"));
    AG_RETURN_IF_ERROR(CheckGiven(json, "json"));
    return ag::library::HandOutText(ag::RecordJson(ag::library::RecordOf(*result, file)), json);
  });
}

ag_code ag_error_to_json(const ag_error* failed, const char* file, int64_t frame, char** json,
                         ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(failed, "failed"));
    AG_RETURN_IF_ERROR(CheckGiven(file, "file"));
    AG_RETURN_IF_ERROR(CheckGiven(json, "json"));
    const std::optional<ag::Code> code = ag::library::CodeFrom(failed->code);
    if (!code || *code == ag::Code::kOk) {
      return ag::Status(ag::Code::kInvalidArgument,
                        "failed.code " + std::to_string(failed->code) + " is no error");
    }
    ag::PictureRecord record;
    record.file = file;
    if (frame >= 0) record.frame = frame;
    const size_t length = ::strnlen(failed->message, sizeof(failed->message));
    record.status = ag::Status(*code, std::string(failed->message, length));
    return ag::library::HandOutText(ag::RecordJson(record), json);
  });
}

void ag_json_free(char* json) { std::free(json); }
