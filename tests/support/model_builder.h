// Builds small models for tests: chosen ops, random weights, a valid contract around them.
//
// Builder methods check nothing: attributes that the engine cannot run are for the rules' tests.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/model/model.h"
#include "tests/support/random.h"

namespace ag::test {

// Window of a convolution or a pooling, in the order height, width / top, bottom, left, right.
struct Window {
  uint32_t kernel_height = 1, kernel_width = 1;
  uint32_t stride_height = 1, stride_width = 1;
  uint32_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
};

// A window that some input of [height, width] can take: kernel 1..max_kernel, stride 1..3, padding
// independent on each side, at least one output pixel.
Window RandomWindow(Random& random, uint32_t height, uint32_t width, uint32_t max_kernel);

// A window that `shape` [h, w, c] can take, mostly small, at times as large as the picture.
Window AnyWindow(Random& random, const Shape& shape);

class ModelBuilder {
 public:
  // Input of [height, width, 3], or 1 channel for Colour::kGray. Weights come from `seed`.
  ModelBuilder(uint32_t height, uint32_t width, Colour colour, uint64_t seed);
  // Goes on with `model`; `shapes`: of each of its values.
  ModelBuilder(Model model, std::vector<Shape> shapes, uint64_t seed);

  // Adds an op of any kind and returns the index of its value. Value 0 is the input. `window`:
  // nullptr for ops that have none. The value's shape is the one of the op's rule, or, where that
  // refuses the op, the first input's.
  uint32_t AddOp(OpType type, std::vector<uint32_t> inputs, std::vector<uint32_t> tensors = {},
                 const Window* window = nullptr, Activation activation = Activation::kNone);
  // Takes back all ops that make `value_count` and later values.
  void Truncate(uint32_t value_count);

  // The ops that tests use most, with weights where they have some.
  uint32_t Conv2D(uint32_t input, uint32_t channels, const Window& window = {},
                  Activation activation = Activation::kNone, Storage storage = Storage::kFloat32);
  uint32_t DepthwiseConv2D(uint32_t input, const Window& window,
                           Activation activation = Activation::kNone,
                           Storage storage = Storage::kFloat32);
  uint32_t MaxPool2D(uint32_t input, const Window& window);
  uint32_t GlobalAveragePool(uint32_t input);
  uint32_t Add(uint32_t a, uint32_t b, Activation activation = Activation::kNone);
  uint32_t FullyConnected(uint32_t input, uint32_t channels,
                          Activation activation = Activation::kNone,
                          Storage storage = Storage::kFloat32);
  uint32_t Relu(uint32_t input);
  uint32_t Sigmoid(uint32_t input);
  uint32_t Flatten(uint32_t input);

  const Shape& shape(uint32_t value) const { return shapes_[value]; }
  Random& random() { return random_; }
  // For ops without a method here.
  Model& model() { return model_; }

  // Adds heads for age and gender on `last` ([h, w, c] goes through a GlobalAveragePool first) and
  // the contract that names them. `bins` 0: AgeKind::kValue. Outputs: `also`, age, gender.
  Model AgeGender(uint32_t last, uint32_t bins = 0, std::vector<uint32_t> also = {});

  // Adds YuNet's four outputs on each of `features` (values whose stride in pixels is `strides`),
  // and the detector's contract. Outputs: class, object, box, points of each scale in turn.
  Model FaceDetector(std::span<const uint32_t> features, std::span<const uint32_t> strides);

 private:
  // fan_in: products in one sum; keeps activations at about the size of the input.
  std::vector<uint32_t> AddWeights(std::vector<uint32_t> filter_shape, uint32_t channels,
                                   uint32_t fan_in, Storage storage, uint8_t channel_axis);

  Random random_;
  Model model_;
  std::vector<Shape> shapes_;
};

// A small age/gender model with every kind of op except those for detectors; the same for the same
// arguments. For tests of reader, writer, engine and predictor.
Model SmallAgeGenderModel(uint64_t seed, uint32_t bins, Storage storage = Storage::kFloat32,
                          uint32_t side = 16, Colour colour = Colour::kRgb);

// The notebook's net (docs/training.md), int8 weights at random: gray 128x128, one age value
// without an interval.
Model NotebookModel();

// A small fully convolutional detector with strides 8, 16 and 32 and a size_multiple of 32.
Model SmallDetectorModel(uint64_t seed, uint32_t side = 64);

}  // namespace ag::test
