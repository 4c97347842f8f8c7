#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "native/library/handles.h"
#include "native/library/status.h"

namespace ag::library {
namespace {

using ResultPointer = std::unique_ptr<ag_result>;

// A picture, or why it cannot be had; and what its file says of it.
StatusOr<DecodedImage> DecodeBytes(const void* bytes, size_t byte_count,
                                   const DecodeLimits& limits) {
  if (byte_count > 0) AG_RETURN_IF_ERROR(CheckGiven(bytes, "bytes"));
  return DecodeImage({static_cast<const uint8_t*>(bytes), byte_count}, limits);
}

StatusOr<DecodedImage> DecodePixels(const ag_pixels* pixels) {
  DecodedImage decoded;
  AG_ASSIGN_OR_RETURN(decoded.image, ReadPixels(pixels));
  return decoded;
}

Status Predict(ag_predictor* predictor, const DecodedImage& picture, const ag_box* box,
               ag_result** out) {
  PredictOptions options;
  options.find = predictor->options.video.find;
  if (box != nullptr) options.box = Box{box->x, box->y, box->width, box->height};
  AG_ASSIGN_OR_RETURN(PictureResult found, predictor->predictor.Predict(picture.image, options));
  auto result = std::make_unique<ag_result>();
  result->found.width = found.width;
  result->found.height = found.height;
  result->found.rotation = found.rotation;
  result->found.searched = box == nullptr;
  result->found.timings = found.timings;
  result->found.faces.reserve(found.faces.size());
  for (FaceResult& face : found.faces) result->found.faces.emplace_back().face = std::move(face);
  result->picture_flags = picture.flags;
  *out = result.release();
  return OkStatus();
}

// `decode` gives the picture. The frame counts whatever happens.
template <typename Decode>
Status Next(ag_video* video, const Decode& decode, ag_result** out) {
  const int64_t frame = video->frames++;
  AG_ASSIGN_OR_RETURN(const DecodedImage picture, decode());
  // Made first: once the tracks have moved on nothing can fail any more.
  auto result = std::make_unique<ag_result>();
  AG_ASSIGN_OR_RETURN(result->found, video->video.Next(picture.image));
  result->picture_flags = picture.flags;
  result->frame = frame;
  *out = result.release();
  return OkStatus();
}

}  // namespace
}  // namespace ag::library

using ag::library::CheckGiven;
using ag::library::Guarded;

ag_code ag_predictor_create(const ag_models* models, const ag_options* options,
                            ag_predictor** predictor, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(models, "models"));
    AG_RETURN_IF_ERROR(CheckGiven(predictor, "predictor"));
    AG_ASSIGN_OR_RETURN(ag::library::Options read, ag::library::ReadOptions(options));
    AG_ASSIGN_OR_RETURN(auto made,
                        ag::Predictor::Create(models->net, models->detector, read.threads));
    *predictor = new ag_predictor{std::move(made), read};
    return ag::OkStatus();
  });
}

ag_code ag_predict_bytes(ag_predictor* predictor, const void* bytes, size_t byte_count,
                         const ag_box* box, ag_result** result, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(predictor, "predictor"));
    AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
    AG_ASSIGN_OR_RETURN(const ag::DecodedImage picture,
                        ag::library::DecodeBytes(bytes, byte_count, predictor->options.limits));
    return ag::library::Predict(predictor, picture, box, result);
  });
}

ag_code ag_predict_pixels(ag_predictor* predictor, const ag_pixels* pixels, const ag_box* box,
                          ag_result** result, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(predictor, "predictor"));
    AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
    AG_ASSIGN_OR_RETURN(const ag::DecodedImage picture, ag::library::DecodePixels(pixels));
    return ag::library::Predict(predictor, picture, box, result);
  });
}

void ag_predictor_free(ag_predictor* predictor) { delete predictor; }

ag_code ag_video_create(const ag_models* models, const ag_options* options, ag_video** video,
                        ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(models, "models"));
    AG_RETURN_IF_ERROR(CheckGiven(video, "video"));
    AG_ASSIGN_OR_RETURN(ag::library::Options read, ag::library::ReadOptions(options));
    AG_ASSIGN_OR_RETURN(auto made, ag::VideoPredictor::Create(models->net, models->detector,
                                                              read.threads, read.video));
    *video = new ag_video{std::move(made), read};
    return ag::OkStatus();
  });
}

ag_code ag_video_next_bytes(ag_video* video, const void* bytes, size_t byte_count,
                            ag_result** result, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(video, "video"));
    AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
    return ag::library::Next(
        video, [&] { return ag::library::DecodeBytes(bytes, byte_count, video->options.limits); },
        result);
  });
}

ag_code ag_video_next_pixels(ag_video* video, const ag_pixels* pixels, ag_result** result,
                             ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(video, "video"));
    AG_RETURN_IF_ERROR(CheckGiven(result, "result"));
    return ag::library::Next(
        video, [&] { return ag::library::DecodePixels(pixels); }, result);
  });
}

void ag_video_reset(ag_video* video) {
  if (video == nullptr) return;
  video->video.Reset();
  video->frames = 0;
}

void ag_video_free(ag_video* video) { delete video; }
