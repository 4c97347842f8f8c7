#include "tests/library/library_support.h"

#include <gtest/gtest.h>

namespace ag::test {
namespace {

void ExpectOk(ag_code code, const ag_error& error) {
  EXPECT_EQ(code, AG_OK) << ag_code_name(code) << ": " << error.message;
  EXPECT_EQ(error.code, code);
}

}  // namespace

std::string NetPath() { return AG_SOURCE_DIR "/web/model/age_gender.agm"; }
std::string DetectorPath() { return AG_SOURCE_DIR "/web/model/face_detector.agm"; }

Models LoadShipped() {
  ag_error error;
  ag_models* models = nullptr;
  ExpectOk(ag_models_from_files(NetPath().c_str(), DetectorPath().c_str(), &models, &error), error);
  return Models(models);
}

Predicting MakePredictor(const ag_models* models, const ag_options* options) {
  ag_error error;
  ag_predictor* predictor = nullptr;
  ExpectOk(ag_predictor_create(models, options, &predictor, &error), error);
  return Predicting(predictor);
}

Video MakeVideo(const ag_models* models, const ag_options* options) {
  ag_error error;
  ag_video* video = nullptr;
  ExpectOk(ag_video_create(models, options, &video, &error), error);
  return Video(video);
}

Result PredictBytes(ag_predictor* predictor, const std::vector<uint8_t>& bytes) {
  ag_error error;
  ag_result* result = nullptr;
  ExpectOk(ag_predict_bytes(predictor, bytes.data(), bytes.size(), nullptr, &result, &error),
           error);
  return Result(result);
}

Result PredictPixels(ag_predictor* predictor, const ag_pixels& pixels) {
  ag_error error;
  ag_result* result = nullptr;
  ExpectOk(ag_predict_pixels(predictor, &pixels, nullptr, &result, &error), error);
  return Result(result);
}

Result NextFrame(ag_video* video, const ag_pixels& pixels) {
  ag_error error;
  ag_result* result = nullptr;
  ExpectOk(ag_video_next_pixels(video, &pixels, &result, &error), error);
  return Result(result);
}

ag_options DefaultOptions() {
  ag_error error;
  auto options = Sized<ag_options>();
  ExpectOk(ag_options_defaults(&options, &error), error);
  return options;
}

ag_picture PictureOf(const Result& result) {
  ag_error error;
  auto picture = Sized<ag_picture>();
  ExpectOk(ag_result_get_picture(result.get(), &picture, &error), error);
  return picture;
}

ag_face FaceOf(const Result& result, size_t index) {
  ag_error error;
  auto face = Sized<ag_face>();
  ExpectOk(ag_result_get_face(result.get(), index, &face, &error), error);
  return face;
}

ag_track TrackOf(const Result& result, size_t index) {
  ag_error error;
  auto track = Sized<ag_track>();
  ExpectOk(ag_result_get_track(result.get(), index, &track, &error), error);
  return track;
}

ag_pixels PixelsOf(const Image& image) {
  auto pixels = Sized<ag_pixels>();
  pixels.data = image.pixels.data();
  pixels.byte_count = image.pixels.size();
  pixels.width = image.width;
  pixels.height = image.height;
  pixels.format = AG_PIXELS_RGB;
  return pixels;
}

std::vector<uint8_t> Ppm(const Image& image) {
  const std::string header =
      "P6\n" + std::to_string(image.width) + " " + std::to_string(image.height) + "\n255\n";
  std::vector<uint8_t> file(header.begin(), header.end());
  file.insert(file.end(), image.pixels.begin(), image.pixels.end());
  return file;
}

}  // namespace ag::test
