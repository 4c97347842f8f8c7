// The C API with owners for its handles, for tests.
#pragma once

#include <ag/ag.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared/image/image.h"

namespace ag::test {

template <auto Free>
struct FreeWith {
  template <typename Handle>
  void operator()(Handle* handle) const {
    Free(handle);
  }
};
using Models = std::unique_ptr<ag_models, FreeWith<ag_models_free>>;
using Predicting = std::unique_ptr<ag_predictor, FreeWith<ag_predictor_free>>;
using Video = std::unique_ptr<ag_video, FreeWith<ag_video_free>>;
using Result = std::unique_ptr<ag_result, FreeWith<ag_result_free>>;

// A struct that knows its size.
template <typename Struct>
Struct Sized() {
  Struct value = {};
  value.size = sizeof(value);
  return value;
}

std::string NetPath();  // of the models that ship
std::string DetectorPath();

// Each fails the test, and gives nothing, where the library refuses.
Models LoadShipped();
Predicting MakePredictor(const ag_models* models, const ag_options* options = nullptr);
Video MakeVideo(const ag_models* models, const ag_options* options = nullptr);
Result PredictBytes(ag_predictor* predictor, const std::vector<uint8_t>& bytes);
Result PredictPixels(ag_predictor* predictor, const ag_pixels& pixels);
Result NextFrame(ag_video* video, const ag_pixels& pixels);
ag_options DefaultOptions();
ag_picture PictureOf(const Result& result);
ag_face FaceOf(const Result& result, size_t index);
ag_track TrackOf(const Result& result, size_t index);

ag_pixels PixelsOf(const Image& image);  // RGB; valid as long as the image

// A PPM file.
std::vector<uint8_t> Ppm(const Image& image);

}  // namespace ag::test
