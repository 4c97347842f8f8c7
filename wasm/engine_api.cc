#include "wasm/engine_api.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/infer/load_model.h"
#include "shared/predict/predictor.h"
#include "shared/predict/self_test.h"
#include "shared/predict/video.h"
#include "shared/record/record.h"

namespace ag {
namespace {

struct State {
  Status status;
  std::shared_ptr<Weights> detector, net;
  std::optional<Predictor> predictor;
  std::optional<VideoPredictor> video;  // made at the first frame: many visits have no camera
  Image picture;
  uint32_t picture_flags = 0;                 // of the picture held
  int picture_width = 0, picture_height = 0;  // of the picture held, or of the last probe
  PictureRecord record;                       // of the last prediction
  int64_t frames = 0;                         // of the video
  std::string text;                           // what ag_record gave last
  std::vector<uint8_t> preview;
  int preview_width = 0, preview_height = 0;
};

State& state() {
  static State* const instance = new State;
  return *instance;
}

int Finish(Status status) {
  state().status = std::move(status);
  return state().status.ok() ? 0 : 1;
}

StatusOr<std::shared_ptr<Weights>> LoadWeights(const uint8_t* bytes, size_t size) {
  AG_ASSIGN_OR_RETURN(Model model, LoadModel(std::span(bytes, size)));
  return Weights::Create(std::move(model));
}

// Everything is made before anything is replaced: a model that fails leaves the old one at work.
Status Use(std::shared_ptr<Weights> net, std::shared_ptr<Weights> detector) {
  State& s = state();
  if (net && detector) {
    AG_ASSIGN_OR_RETURN(Predictor predictor, Predictor::Create(net, detector, 1));
    s.predictor.emplace(std::move(predictor));
    s.video.reset();
  } else if (net && !net->model().age_gender) {
    return Status(Code::kInvalidArgument, "the model '" + net->model().provenance.name +
                                              "' does not predict age and gender");
  }
  s.net = std::move(net);
  s.detector = std::move(detector);
  return OkStatus();
}

Status LoadNet(const uint8_t* bytes, size_t size) {
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> net, LoadWeights(bytes, size));
  return Use(std::move(net), state().detector);
}

Status LoadDetector(const uint8_t* bytes, size_t size) {
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> detector, LoadWeights(bytes, size));
  if (!detector->model().face_detector) {
    return Status(Code::kInvalidArgument,
                  "the model '" + detector->model().provenance.name + "' does not detect faces");
  }
  return Use(state().net, std::move(detector));
}

Status SelfTest(std::span<const float> expected, double tolerance) {
  State& s = state();
  if (!s.net || !s.detector) {
    return Status(Code::kInvalidArgument, "self-test: the models are not loaded");
  }
  AG_ASSIGN_OR_RETURN(const std::vector<float> found, SelfTestValues(s.net, s.detector));
  return CompareSelfTest(expected, found, tolerance);
}

void ClearResult() { state().record = {}; }

void Hold(Image picture, uint32_t flags) {
  State& s = state();
  s.picture = std::move(picture);
  s.picture_flags = flags;
  s.picture_width = s.picture.width;
  s.picture_height = s.picture.height;
  ClearResult();
}

Status Probe(std::span<const uint8_t> bytes) {
  State& s = state();
  s.picture_width = s.picture_height = 0;
  AG_ASSIGN_OR_RETURN(const ImageInfo info, ProbeImage(bytes));
  s.picture_width = info.width;
  s.picture_height = info.height;
  return OkStatus();
}

Status Decode(std::span<const uint8_t> bytes, double max_pixels) {
  DecodeLimits limits;
  if (max_pixels >= 1) {
    limits.max_pixels =
        static_cast<int64_t>(std::min(max_pixels, static_cast<double>(limits.max_pixels)));
  }
  AG_ASSIGN_OR_RETURN(DecodedImage decoded, DecodeImage(bytes, limits));
  Hold(std::move(decoded.image), decoded.flags);
  return OkStatus();
}

Status SetPixels(const uint8_t* rgba, int width, int height) {
  Image picture(width, height);
  if (picture.empty()) {
    return Status(Code::kTooLarge, "a picture of " + std::to_string(width) + "x" +
                                       std::to_string(height) + " pixels");
  }
  const size_t count = static_cast<size_t>(width) * static_cast<size_t>(height);
  uint8_t* out = picture.pixels.data();
  for (size_t i = 0; i < count; ++i, rgba += 4, out += 3) {
    const uint32_t alpha = rgba[3];
    for (int c = 0; c < 3; ++c) {
      out[c] = static_cast<uint8_t>((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  Hold(std::move(picture), 0);
  return OkStatus();
}

Status CheckReady() {
  if (!state().predictor) return Status(Code::kInvalidArgument, "no model is loaded");
  if (state().picture.empty()) return Status(Code::kEmpty, "there is no picture");
  return OkStatus();
}

Status PredictPicture() {
  State& s = state();
  AG_ASSIGN_OR_RETURN(PictureResult result, s.predictor->Predict(s.picture));
  s.record.result = std::move(result);
  return OkStatus();
}

// A camera must not wait for what a photograph may take: cameras give upright frames, and faces
// that are smaller than a twentieth of their height are too far away for a steady answer.
VideoOptions CameraOptions(const Image& frame) {
  VideoOptions options;
  options.find.rotate = false;
  options.find.min_face = std::clamp(std::min(frame.width, frame.height) / 20.0, 16.0, 4096.0);
  return options;
}

Status PredictFrame() {
  State& s = state();
  s.record.frame = s.frames++;
  if (!s.video) {
    AG_ASSIGN_OR_RETURN(VideoPredictor video,
                        VideoPredictor::Create(s.net, s.detector, 1, CameraOptions(s.picture)));
    s.video.emplace(std::move(video));
  }
  AG_ASSIGN_OR_RETURN(FrameResult result, s.video->Next(s.picture));
  SetFrameResult(std::move(result), &s.record);
  return OkStatus();
}

// As if the whole picture had been held, whose size is given: nothing else is in pixels.
void Scale(int width, int height, PictureResult* result) {
  const double sx = static_cast<double>(width) / result->width;
  const double sy = static_cast<double>(height) / result->height;
  result->width = width;
  result->height = height;
  for (FaceResult& face : result->faces) {
    Box& box = face.face.box;
    box = {box.x * sx, box.y * sy, box.width * sx, box.height * sy};
    for (Point& point : face.face.points) point = {point.x * sx, point.y * sy};
    face.quality.eye_distance *= (sx + sy) / 2;
  }
}

Status Predict(bool frame, int full_width, int full_height) {
  ClearResult();
  AG_RETURN_IF_ERROR(CheckReady());
  AG_RETURN_IF_ERROR(frame ? PredictFrame() : PredictPicture());
  PictureResult& result = state().record.result;
  result.picture_flags = state().picture_flags;
  Scale(full_width, full_height, &result);
  return OkStatus();
}

const std::vector<FaceResult>& Faces() { return state().record.result.faces; }

// RGB -> opaque RGBA, shrunk so that its longest side is at most `max_side`.
void MakePreview(int max_side) {
  State& s = state();
  const int longest = std::max(s.picture.width, s.picture.height);
  const double scale = longest > max_side ? static_cast<double>(max_side) / longest : 1;
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  const bool shrunk = scale < 1;
  const Image small =
      shrunk ? ResizeArea(s.picture, scaled(s.picture.width), scaled(s.picture.height)) : Image();
  const Image& image = shrunk ? small : s.picture;
  s.preview_width = image.width;
  s.preview_height = image.height;
  s.preview.resize(image.pixels.size() / 3 * 4);
  uint8_t* out = s.preview.data();
  for (size_t i = 0; i < image.pixels.size(); i += 3, out += 4) {
    std::copy_n(image.pixels.data() + i, 3, out);
    out[3] = 255;
  }
}

}  // namespace
}  // namespace ag

using ag::state;

uint8_t* ag_alloc(size_t bytes) { return static_cast<uint8_t*>(std::malloc(bytes)); }
void ag_free(void* memory) { std::free(memory); }

const char* ag_error_code(void) {
  // CodeName's views end with a NUL: they are literals.
  return state().status.ok() ? "" : ag::CodeName(state().status.code()).data();
}
const char* ag_error_message(void) { return state().status.message().c_str(); }

int ag_load_detector(const uint8_t* bytes, size_t size) {
  return ag::Finish(ag::LoadDetector(bytes, size));
}
int ag_load_net(const uint8_t* bytes, size_t size) { return ag::Finish(ag::LoadNet(bytes, size)); }

const char* ag_net_text(int which) {
  if (!state().net) return "";
  const ag::Provenance& origin = state().net->model().provenance;
  const std::string* const texts[] = {&origin.name, &origin.licence, &origin.source};
  return which >= 0 && which < 3 ? texts[which]->c_str() : "";
}

double ag_net_number(int which) {
  if (!state().net) return 0;
  const ag::Model& model = state().net->model();
  switch (which) {
    case 0:
      return model.input.width;
    case 1:
      return model.input.height;
    case 2:
      return static_cast<double>(model.input.colour);
    case 3:
      return model.age_gender->age_kind == ag::AgeKind::kDistribution ? 1 : 0;
    case 4: {
      double count = 0;
      for (const ag::Tensor& tensor : model.tensors) {
        count += static_cast<double>(ag::ElementCount(tensor.shape));
      }
      return count;
    }
    default:
      return 0;
  }
}

int ag_self_test(const float* expected, size_t count, double tolerance) {
  return ag::Finish(ag::SelfTest(std::span(expected, count), tolerance));
}

int ag_probe(const uint8_t* bytes, size_t size) {
  return ag::Finish(ag::Probe(std::span(bytes, size)));
}
int ag_decode(const uint8_t* bytes, size_t size, double max_pixels) {
  return ag::Finish(ag::Decode(std::span(bytes, size), max_pixels));
}
int ag_set_pixels(const uint8_t* rgba, int width, int height) {
  return ag::Finish(ag::SetPixels(rgba, width, height));
}
int ag_picture_width(void) { return state().picture_width; }
int ag_picture_height(void) { return state().picture_height; }

int ag_predict(int full_width, int full_height) {
  return ag::Finish(ag::Predict(false, full_width, full_height));
}
int ag_predict_frame(void) {
  const ag::Image& frame = state().picture;
  return ag::Finish(ag::Predict(true, frame.width, frame.height));
}
void ag_video_reset(void) {
  state().video.reset();
  state().frames = 0;
}

int ag_schema(void) { return ag::kResultSchema; }
const char* ag_record(const char* file, size_t size) {
  state().record.file.assign(file, size);
  state().text = ag::RecordJson(state().record);
  return state().text.c_str();
}
int ag_face_count(void) { return static_cast<int>(ag::Faces().size()); }
int ag_bin_count(void) {
  if (!state().net || ag_net_number(3) == 0) return 0;
  return static_cast<int>(state().net->model().age_gender->age_bins.size());
}
const float* ag_bins(void) {
  return ag_bin_count() > 0 ? state().net->model().age_gender->age_bins.data() : nullptr;
}
const float* ag_ages(int index) {
  const auto i = static_cast<size_t>(index);
  if (i >= ag::Faces().size()) return nullptr;
  const ag::FaceTrack* track = ag::TrackOf(state().record, i);
  return (track != nullptr ? track->running : ag::Faces()[i].result).age_distribution.data();
}
double ag_milliseconds(int stage) {
  const ag::Timings& timings = state().record.result.timings;
  const double values[] = {timings.detect_ms, timings.align_ms, timings.predict_ms};
  if (stage < 0 || stage >= 3 || (stage > 0 && ag::Faces().empty())) return -1;
  return values[stage];
}

const uint8_t* ag_preview(int max_side) {
  if (state().picture.empty() || max_side < 1) return nullptr;
  ag::MakePreview(max_side);
  return state().preview.data();
}
int ag_preview_width(void) { return state().preview_width; }
int ag_preview_height(void) { return state().preview_height; }
void ag_release_preview(void) { std::vector<uint8_t>().swap(state().preview); }
