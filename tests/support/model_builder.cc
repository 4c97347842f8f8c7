#include "tests/support/model_builder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "shared/infer/ops/registry.h"
#include "shared/model/storage.h"

namespace ag::test {
namespace {

// The points of a face in a crop; any will do for a random net.
constexpr std::array<float, 2 * kFacePointCount> kCropPoints = {0.3f, 0.3f,  0.7f, 0.3f,  0.5f,
                                                                0.5f, 0.35f, 0.7f, 0.65f, 0.7f};

void FillProvenance(Provenance& provenance, const char* name) {
  provenance.name = name;
  provenance.licence = "none: random weights";
  provenance.source = "tests/support/model_builder.cc";
  provenance.recipe = "random";
  provenance.data_hash = "00";
  provenance.code_commit = "00";
  provenance.metrics = {{"age_mae", 6.5}, {"gender_accuracy", 0.9}};
}

// One axis of a window.
void RandomAxis(Random& random, uint32_t size, uint32_t max_kernel, uint32_t& kernel,
                uint32_t& stride, uint32_t& before, uint32_t& after) {
  kernel = random.Between(1, max_kernel);
  stride = random.Between(1, 3);
  before = random.Below(kernel);
  after = random.Below(kernel);
  if (size + before + after < kernel) kernel = size + before + after;
}

}  // namespace

Window RandomWindow(Random& random, uint32_t height, uint32_t width, uint32_t max_kernel) {
  Window w;
  RandomAxis(random, height, max_kernel, w.kernel_height, w.stride_height, w.pad_top, w.pad_bottom);
  RandomAxis(random, width, max_kernel, w.kernel_width, w.stride_width, w.pad_left, w.pad_right);
  return w;
}

Window AnyWindow(Random& random, const Shape& shape) {
  const auto side = [&](uint32_t extent) {
    const uint32_t largest = std::min(1024u, extent);
    return random.Between(1, random.Chance(0.7) ? std::min(largest, 7u) : largest);
  };
  Window w;
  const bool padded = random.Chance(0.6);
  w.kernel_height = side(shape[0]);
  w.kernel_width = side(shape[1]);
  w.stride_height = random.Chance(0.6) ? 1 : random.Between(1, 2 * w.kernel_height);
  w.stride_width = random.Chance(0.6) ? 1 : random.Between(1, 2 * w.kernel_width);
  w.stride_height = std::min(w.stride_height, 1024u);
  w.stride_width = std::min(w.stride_width, 1024u);
  if (padded) {
    w.pad_top = random.Below(w.kernel_height);
    w.pad_bottom = random.Below(w.kernel_height);
    w.pad_left = random.Below(w.kernel_width);
    w.pad_right = random.Below(w.kernel_width);
  }
  return w;
}

ModelBuilder::ModelBuilder(uint32_t height, uint32_t width, Colour colour, uint64_t seed)
    : random_(seed) {
  const uint32_t channels = colour == Colour::kGray ? 1 : 3;
  model_.input.height = height;
  model_.input.width = width;
  model_.input.colour = colour;
  model_.input.mean.assign(channels, 127.5f);
  model_.input.scale.assign(channels, 1.0f / 127.5f);
  shapes_.push_back({height, width, channels});
}

ModelBuilder::ModelBuilder(Model model, std::vector<Shape> shapes, uint64_t seed)
    : random_(seed), model_(std::move(model)), shapes_(std::move(shapes)) {}

void ModelBuilder::Truncate(uint32_t value_count) {
  std::erase_if(model_.ops, [&](const Op& op) { return op.output >= value_count; });
  shapes_.resize(value_count);
  model_.value_count = value_count;
}

uint32_t ModelBuilder::AddOp(OpType type, std::vector<uint32_t> inputs,
                             std::vector<uint32_t> tensors, const Window* window,
                             Activation activation) {
  Op op;
  op.type = type;
  op.name = "op" + std::to_string(model_.ops.size());
  op.inputs = std::move(inputs);
  op.tensors = std::move(tensors);
  op.output = model_.value_count++;
  op.activation = activation;
  if (window != nullptr) {
    op.kernel_height = window->kernel_height;
    op.kernel_width = window->kernel_width;
    op.stride_height = window->stride_height;
    op.stride_width = window->stride_width;
    op.pad_top = window->pad_top;
    op.pad_bottom = window->pad_bottom;
    op.pad_left = window->pad_left;
    op.pad_right = window->pad_right;
  }
  std::vector<Shape> input_shapes;
  for (const uint32_t input : op.inputs) input_shapes.push_back(shapes_[input]);
  const StatusOr<OpInfo> info = FindOpRule(AllOpRules(), type)->infer(model_, op, input_shapes);
  shapes_.push_back(info.ok() ? info->output : input_shapes[0]);
  model_.ops.push_back(std::move(op));
  return model_.value_count - 1;
}

std::vector<uint32_t> ModelBuilder::AddWeights(std::vector<uint32_t> filter_shape,
                                               uint32_t channels, uint32_t fan_in, Storage storage,
                                               uint8_t channel_axis) {
  const std::string name = "op" + std::to_string(model_.ops.size());
  const float limit = std::sqrt(3.0f / static_cast<float>(fan_in));
  const size_t count = static_cast<size_t>(ElementCount(filter_shape));
  const auto index = static_cast<uint32_t>(model_.tensors.size());
  model_.tensors.push_back(*MakeTensor(name + ".filter", std::move(filter_shape),
                                       random_.Uniforms(count, -limit, limit), storage,
                                       channel_axis));
  // Biases are few: exporters keep them in float32.
  model_.tensors.push_back(*MakeTensor(name + ".bias", {channels},
                                       random_.Uniforms(channels, -0.5f, 0.5f), Storage::kFloat32));
  return {index, index + 1};
}

uint32_t ModelBuilder::Conv2D(uint32_t input, uint32_t channels, const Window& window,
                              Activation activation, Storage storage) {
  const uint32_t in = shapes_[input][2];
  return AddOp(OpType::kConv2D, {input},
               AddWeights({channels, window.kernel_height, window.kernel_width, in}, channels,
                          window.kernel_height * window.kernel_width * in, storage, 0),
               &window, activation);
}

uint32_t ModelBuilder::DepthwiseConv2D(uint32_t input, const Window& window, Activation activation,
                                       Storage storage) {
  const uint32_t channels = shapes_[input][2];
  return AddOp(OpType::kDepthwiseConv2D, {input},
               AddWeights({1, window.kernel_height, window.kernel_width, channels}, channels,
                          window.kernel_height * window.kernel_width, storage, 3),
               &window, activation);
}

uint32_t ModelBuilder::MaxPool2D(uint32_t input, const Window& window) {
  return AddOp(OpType::kMaxPool2D, {input}, {}, &window);
}

uint32_t ModelBuilder::GlobalAveragePool(uint32_t input) {
  return AddOp(OpType::kGlobalAveragePool, {input});
}

uint32_t ModelBuilder::Add(uint32_t a, uint32_t b, Activation activation) {
  return AddOp(OpType::kAdd, {a, b}, {}, nullptr, activation);
}

uint32_t ModelBuilder::FullyConnected(uint32_t input, uint32_t channels, Activation activation,
                                      Storage storage) {
  const uint32_t in = shapes_[input][0];
  return AddOp(OpType::kFullyConnected, {input},
               AddWeights({channels, in}, channels, in, storage, 0), nullptr, activation);
}

uint32_t ModelBuilder::Relu(uint32_t input) { return AddOp(OpType::kRelu, {input}); }

uint32_t ModelBuilder::Sigmoid(uint32_t input) { return AddOp(OpType::kSigmoid, {input}); }

uint32_t ModelBuilder::Flatten(uint32_t input) { return AddOp(OpType::kFlatten, {input}); }

Model ModelBuilder::AgeGender(uint32_t last, uint32_t bins, std::vector<uint32_t> also) {
  if (shapes_[last].size() == 3) last = GlobalAveragePool(last);
  AgeGenderContract contract;
  contract.age_kind = bins == 0 ? AgeKind::kValue : AgeKind::kDistribution;
  contract.age_value = FullyConnected(last, std::max(bins, 1u));
  contract.gender_value = FullyConnected(last, 1);
  for (uint32_t i = 0; i < bins; ++i) contract.age_bins.push_back(static_cast<float>(i));
  model_.outputs = std::move(also);
  model_.outputs.push_back(contract.age_value);
  model_.outputs.push_back(contract.gender_value);
  model_.age_gender = contract;
  model_.input.crop_points = kCropPoints;
  FillProvenance(model_.provenance, "random age and gender");
  return model_;
}

Model ModelBuilder::FaceDetector(std::span<const uint32_t> features,
                                 std::span<const uint32_t> strides) {
  FaceDetectorContract contract;
  for (size_t i = 0; i < features.size(); ++i) {
    DetectorScale scale;
    scale.stride = strides[i];
    scale.class_value = Sigmoid(Conv2D(features[i], 1));
    scale.object_value = Sigmoid(Conv2D(features[i], 1));
    scale.box_value = Conv2D(features[i], 4);
    scale.points_value = Conv2D(features[i], 2 * kFacePointCount);
    for (const uint32_t value :
         {scale.class_value, scale.object_value, scale.box_value, scale.points_value}) {
      model_.outputs.push_back(value);
    }
    contract.scales.push_back(scale);
  }
  model_.face_detector = contract;
  FillProvenance(model_.provenance, "random detector");
  return model_;
}

Model SmallAgeGenderModel(uint64_t seed, uint32_t bins, Storage storage, uint32_t side,
                          Colour colour) {
  ModelBuilder builder(side, side, colour, seed);
  const Window same3 = {3, 3, 1, 1, 1, 1, 1, 1};
  const Window pool = {2, 2, 2, 2, 0, 0, 0, 0};
  const uint32_t stem = builder.Conv2D(0, 6, same3, Activation::kRelu, storage);
  const uint32_t pooled = builder.MaxPool2D(stem, pool);
  const uint32_t depthwise = builder.DepthwiseConv2D(pooled, same3, Activation::kNone, storage);
  const uint32_t pointwise = builder.Conv2D(depthwise, 6, {}, Activation::kNone, storage);
  const uint32_t sum = builder.Add(pooled, pointwise, Activation::kRelu);
  const uint32_t flat = builder.Flatten(builder.MaxPool2D(sum, pool));
  const uint32_t dense = builder.FullyConnected(flat, 9, Activation::kNone, storage);
  return builder.AgeGender(builder.Relu(dense), bins);
}

Model NotebookModel() {
  ModelBuilder builder(128, 128, Colour::kGray, 7);
  builder.model().input.mean.assign(1, 0.0f);
  builder.model().input.scale.assign(1, 1.0f / 255.0f);
  const Window valid3 = {3, 3, 1, 1, 0, 0, 0, 0}, pool = {2, 2, 2, 2, 0, 0, 0, 0};
  uint32_t value = 0;
  for (const uint32_t channels : {32, 64, 128, 256}) {
    value = builder.MaxPool2D(
        builder.Conv2D(value, channels, valid3, Activation::kRelu, Storage::kInt8PerChannel), pool);
  }
  const uint32_t hidden = builder.FullyConnected(builder.Flatten(value), 256, Activation::kRelu,
                                                 Storage::kInt8PerChannel);
  Model model = builder.AgeGender(hidden);
  model.provenance.name = "notebook (test)";
  model.provenance.licence = "test only";
  // An age that a person can have, whatever the random weights say: the bias of the age's layer.
  for (const Op& op : model.ops) {
    if (op.output != model.age_gender->age_value) continue;
    const float bias = 41.5f;
    std::memcpy(model.tensors[op.tensors[1]].data.data(), &bias, sizeof(bias));
  }
  return model;
}

Model SmallDetectorModel(uint64_t seed, uint32_t side) {
  ModelBuilder builder(side, side, Colour::kBgr, seed);
  builder.model().input.size_multiple = 32;
  builder.model().input.mean.assign(3, 0.0f);
  builder.model().input.scale.assign(3, 1.0f / 255.0f);
  const Window half = {3, 3, 2, 2, 1, 0, 1, 0};  // exactly half of an even size
  const Window pool = {2, 2, 2, 2, 0, 0, 0, 0};
  const uint32_t at2 = builder.Conv2D(0, 5, half, Activation::kRelu);
  const uint32_t at4 = builder.Conv2D(at2, 6, half, Activation::kRelu);
  const uint32_t at8 = builder.Conv2D(at4, 8, half, Activation::kRelu);
  const uint32_t at16 = builder.MaxPool2D(at8, pool);
  const uint32_t at32 = builder.Conv2D(at16, 8, half, Activation::kRelu);
  const uint32_t up16 = builder.Add(at16, builder.AddOp(OpType::kUpsampleNearest2x, {at32}));
  const uint32_t features[] = {at8, up16, at32};
  const uint32_t strides[] = {8, 16, 32};
  return builder.FaceDetector(features, strides);
}

}  // namespace ag::test
