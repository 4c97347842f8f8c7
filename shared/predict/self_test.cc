#include "shared/predict/self_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "shared/base/number_text.h"
#include "shared/face/align.h"
#include "shared/image/warp.h"

namespace ag {
namespace {

constexpr int kSide = 128;
// Of each output of the detector; its largest has some thousand values.
constexpr size_t kSamplesPerOutput = 24;

struct Ellipse {
  int x, y, radius_x, radius_y;
  uint8_t colour[3];
};

// Head, eyes, nose, mouth, on a canvas of 128.
constexpr Ellipse kFace[] = {
    {64, 68, 38, 50, {214, 170, 140}}, {49, 56, 8, 5, {245, 245, 245}},
    {79, 56, 8, 5, {245, 245, 245}},   {49, 56, 4, 4, {60, 40, 30}},
    {79, 56, 4, 4, {60, 40, 30}},      {49, 46, 10, 2, {80, 55, 40}},
    {79, 46, 10, 2, {80, 55, 40}},     {64, 74, 4, 9, {196, 148, 120}},
    {64, 94, 15, 5, {170, 80, 80}},
};

bool Covers(const Ellipse& e, int x, int y) {
  const int dx = (x - e.x) * e.radius_y, dy = (y - e.y) * e.radius_x;
  const int radius = e.radius_x * e.radius_y;
  return dx * dx + dy * dy <= radius * radius;
}

Status AppendOutputs(const Engine& engine, const Model& model, size_t limit,
                     std::vector<float>* values) {
  for (size_t index = 0; index < model.outputs.size(); ++index) {
    const std::span<const float> output = engine.output(index);
    const size_t count = std::min(limit, output.size());
    for (size_t i = 0; i < count; ++i) {
      // Spread evenly over the output, ends included.
      const float value = output[count > 1 ? i * (output.size() - 1) / (count - 1) : 0];
      if (!std::isfinite(value)) {
        return Status(Code::kModelNonFinite, "self-test: output " + std::to_string(index) +
                                                 " of '" + model.provenance.name +
                                                 "' is not finite");
      }
      values->push_back(value);
    }
  }
  return OkStatus();
}

}  // namespace

Image SelfTestPicture() {
  Image picture(kSide, kSide);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      uint8_t* pixel = picture.at(x, y);
      pixel[0] = static_cast<uint8_t>(40 + x);
      pixel[1] = static_cast<uint8_t>(60 + (x * y) % 97);
      pixel[2] = static_cast<uint8_t>(200 - y);
      for (const Ellipse& ellipse : kFace) {
        if (!Covers(ellipse, x, y)) continue;
        // Light from the left, so that no part is flat.
        for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(ellipse.colour[c] - x / 8);
      }
    }
  }
  return picture;
}

StatusOr<std::vector<float>> SelfTestValues(std::shared_ptr<Weights> net,
                                            std::shared_ptr<Weights> detector) {
  const Image picture = SelfTestPicture();
  std::vector<float> values;

  AG_ASSIGN_OR_RETURN(Engine net_engine, Engine::Create(net, {}));
  const int width = static_cast<int>(net->model().input.width);
  const int height = static_cast<int>(net->model().input.height);
  AG_RETURN_IF_ERROR(net_engine.Run(
      WarpSimilarity(picture, CentreTransform(kSide, kSide, width, height), width, height)));
  AG_RETURN_IF_ERROR(AppendOutputs(net_engine, net->model(), SIZE_MAX, &values));

  AG_ASSIGN_OR_RETURN(Engine detector_engine,
                      Engine::Create(detector, {.height = kSide, .width = kSide}));
  AG_RETURN_IF_ERROR(detector_engine.Run(picture));
  AG_RETURN_IF_ERROR(AppendOutputs(detector_engine, detector->model(), kSamplesPerOutput, &values));
  return values;
}

Status CompareSelfTest(std::span<const float> expected, std::span<const float> found,
                       double tolerance) {
  if (expected.size() != found.size()) {
    return Status(Code::kInternal, "self-test: expected " + std::to_string(expected.size()) +
                                       " values, found " + std::to_string(found.size()));
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const double a = found[i], b = expected[i];
    // Written so that a NaN on either side fails.
    if (std::abs(a - b) <= tolerance * (1 + std::abs(b))) continue;
    return Status(Code::kInternal, "self-test: value " + std::to_string(i) + " should be " +
                                       NumberText(b) + " and is " + NumberText(a));
  }
  return OkStatus();
}

}  // namespace ag
