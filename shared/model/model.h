// A model in memory: a graph of ops, its weights, and the contracts of its input and output.
//
// The writer takes one, the verifying reader (reader.h) makes one; trainer, importer and tests
// build them by hand. Plain data: copyable, no invariants of its own (CheckModel in reader.h has
// them all).
//
// Values are activations of one picture (the batch of 1 is left out of every shape here): either
// [height, width, channels] or, after Flatten and GlobalAveragePool, [channels]. Value 0 is the
// net's input. Layout is NHWC, filters are OHWI as in XNNPACK.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ag {

using Shape = std::vector<uint32_t>;  // [height, width, channels] or [channels]

enum class Storage : uint8_t {
  kFloat32 = 0,
  kFloat16 = 1,         // IEEE 754 binary16
  kInt8PerChannel = 2,  // symmetric: weight = int8 * scales[index along channel_axis]
};

struct Tensor {
  std::string name;
  std::vector<uint32_t> shape;
  Storage storage = Storage::kFloat32;
  std::vector<uint8_t> data;  // little-endian, row-major
  std::vector<float> scales;  // kInt8PerChannel: shape[channel_axis] of them; else empty
  uint8_t channel_axis = 0;
};

// kConv2D = 0 and so on, from the one list of ops.
enum class OpType : uint8_t {
#define AG_OP(number, name) k##name = (number),
#include "shared/model/op_list.inc"
#undef AG_OP
};

#define AG_OP(number, name) +1
inline constexpr uint8_t kOpTypeCount = 0
#include "shared/model/op_list.inc"
    ;
#undef AG_OP

// "Conv2D"; "unknown" for a number that is no op's.
std::string_view OpName(OpType type);

enum class Activation : uint8_t { kNone = 0, kRelu = 1 };

struct Op {
  OpType type = OpType::kRelu;
  std::string name;
  std::vector<uint32_t> inputs;   // value indices
  uint32_t output = 0;            // value index
  std::vector<uint32_t> tensors;  // tensor indices
  // Windows: convolutions and pooling; zero for every other op.
  uint32_t kernel_height = 0, kernel_width = 0;
  uint32_t stride_height = 0, stride_width = 0;
  uint32_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  Activation activation = Activation::kNone;  // convolutions, FullyConnected, Add
};

// Order of the channels that the net takes. Gray is ITU-R 601 luma of the sRGB values.
enum class Colour : uint8_t { kRgb = 0, kBgr = 1, kGray = 2 };

inline constexpr int kFacePointCount = 5;  // left-of-picture eye, other eye, nose, mouth corners

struct InputContract {
  uint32_t height = 0, width = 0;
  uint32_t size_multiple =
      0;  // 0: fixed; n: every multiple of n is taken, height/width are typical
  Colour colour = Colour::kRgb;
  std::vector<float> mean;   // [channels]: net input = (pixel - mean) * scale, pixel in 0..255
  std::vector<float> scale;  // [channels]
  // Where the five points stand in the crop, as fractions of its width and height (x0, y0, x1,
  // ...); absent in a model that takes whole pictures.
  std::optional<std::array<float, 2 * kFacePointCount>> crop_points;
};

enum class AgeKind : uint8_t {
  kDistribution = 0,  // logits over age_bins; age = expectation after softmax
  kValue = 1,         // years, one number
};

// Corrections of the 90 % interval where the model predicts `age`: years added to its ends. Linear
// between two knots, constant before the first and after the last.
struct AgeIntervalKnot {
  float age = 0;    // predicted years
  float lower = 0;  // below 0: the interval reaches further down
  float upper = 0;  // above 0: the interval reaches further up
};

struct AgeGenderContract {
  uint32_t age_value = 0;
  AgeKind age_kind = AgeKind::kDistribution;
  std::vector<float> age_bins;   // kDistribution: years of each bin, ascending
  float age_temperature = 1.0f;  // kDistribution: logits are divided by it
  // kValue: 90 % interval = age + [low, high], quantiles of the validation errors; 0, 0 = unknown.
  float age_error_low = 0, age_error_high = 0;
  uint32_t gender_value = 0;  // one logit; its sigmoid at temperature 1 = probability of "female"
  float gender_temperature = 1.0f;  // the logit is divided by it
  // Conformal corrections, ascending in age; empty: none are known (docs/model-format.md).
  std::vector<AgeIntervalKnot> age_interval;
};

// YuNet's outputs at one stride; every value has one row per cell.
struct DetectorScale {
  uint32_t stride = 0;
  uint32_t class_value = 0;   // [h, w, 1], after the sigmoid
  uint32_t object_value = 0;  // [h, w, 1], after the sigmoid
  uint32_t box_value = 0;     // [h, w, 4]
  uint32_t points_value = 0;  // [h, w, 10]
};

struct FaceDetectorContract {
  std::vector<DetectorScale> scales;
};

struct Metric {
  std::string name;
  double value = 0;
};

struct Provenance {
  std::string name;       // "compact", "notebook", "YuNet-n"
  std::string licence;    // terms of the weights
  std::string source;     // data sets or upstream project, with authors
  std::string recipe;     // effective settings or upstream version
  std::string data_hash;  // SHA-256 over the training data, or of the imported file
  std::string code_commit;
  std::vector<Metric> metrics;
};

struct Model {
  uint32_t value_count = 1;
  std::vector<Op> ops;  // in order of execution
  std::vector<Tensor> tensors;
  InputContract input;
  std::vector<uint32_t> outputs;                // values that the engine returns, in this order
  std::optional<AgeGenderContract> age_gender;  // exactly one of the two
  std::optional<FaceDetectorContract> face_detector;
  Provenance provenance;
};

uint32_t ChannelCount(Colour colour);                       // 3, 3, 1
uint64_t ElementCount(const std::vector<uint32_t>& shape);  // saturates at UINT64_MAX
size_t ElementBytes(Storage storage);                       // 4, 2, 1

}  // namespace ag
