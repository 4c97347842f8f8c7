// The rules that every model must obey, whether it came from a file or was built in memory.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include "shared/base/bytes.h"
#include "shared/base/number_text.h"
#include "shared/base/utf8.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"

namespace ag {
namespace {

constexpr uint32_t kMaxWindow = 1024;

std::string OpText(const Model& model, size_t index) {
  return "op " + std::to_string(index) + " '" + model.ops[index].name + "'";
}

std::string TensorText(const Tensor& tensor) { return "tensor '" + tensor.name + "'"; }

bool AllFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

Status CheckCounts(const Model& model) {
  const auto check = [](const char* what, uint64_t found, uint64_t limit) {
    if (found <= limit) return OkStatus();
    return Status(Code::kModelLimit, std::string(what) + ": " + std::to_string(found) +
                                         ", the limit is " + std::to_string(limit));
  };
  AG_RETURN_IF_ERROR(check("number of ops", model.ops.size(), kMaxOps));
  AG_RETURN_IF_ERROR(check("number of tensors", model.tensors.size(), kMaxTensors));
  AG_RETURN_IF_ERROR(check("number of outputs", model.outputs.size(), kMaxOps));
  // Each op makes one value, the input is one more.
  if (model.value_count != model.ops.size() + 1) {
    return Status(Code::kModelGraph, "number of values: " + std::to_string(model.value_count) +
                                         ", expected one per op and the input, " +
                                         std::to_string(model.ops.size() + 1));
  }
  if (model.ops.empty()) return Status(Code::kModelMissing, "the graph has no ops");
  if (model.outputs.empty()) return Status(Code::kModelMissing, "the graph has no outputs");

  uint64_t weights = 0;
  for (const Tensor& tensor : model.tensors) {
    const uint64_t count = ElementCount(tensor.shape);
    weights = count > kMaxWeights ? kMaxWeights + 1 : weights + count;
    AG_RETURN_IF_ERROR(
        check("number of weights", weights, kMaxWeights).WithContext(TensorText(tensor)));
  }
  return OkStatus();
}

// Length of the character at the start of `text`, or 0 if it is not UTF-8 or is a control character
// other than line feed and tab.
size_t PlainCharacter(std::string_view text) {
  const CodePoint point = DecodeUtf8(text);
  const uint32_t code = point.value;
  const bool control =
      (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0);
  return control ? 0 : point.length;
}

Status CheckText(const char* what, const std::string& text, size_t limit) {
  if (text.size() > limit) {
    return Status(Code::kModelLimit, std::string(what) + ": a text of " +
                                         std::to_string(text.size()) + " bytes, the limit is " +
                                         std::to_string(limit));
  }
  // Texts end up in JSON records and on terminals.
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t length = PlainCharacter(rest);
    if (length == 0) {
      return Status(Code::kModelText, std::string(what) + ": not UTF-8 or a control character at " +
                                          std::to_string(text.size() - rest.size()));
    }
    rest.remove_prefix(length);
  }
  return OkStatus();
}

Status CheckTexts(const Model& model) {
  for (const Op& op : model.ops) {
    AG_RETURN_IF_ERROR(CheckText("name of an op", op.name, kMaxNameBytes));
  }
  for (const Tensor& tensor : model.tensors) {
    AG_RETURN_IF_ERROR(CheckText("name of a tensor", tensor.name, kMaxNameBytes));
  }
  const Provenance& from = model.provenance;
  for (const std::string* text : {&from.name, &from.licence, &from.source, &from.recipe,
                                  &from.data_hash, &from.code_commit}) {
    AG_RETURN_IF_ERROR(CheckText("provenance", *text, kMaxTextBytes));
  }
  if (from.metrics.size() > kMaxMetrics) {
    return Status(Code::kModelLimit, "number of metrics: " + std::to_string(from.metrics.size()));
  }
  for (const Metric& metric : from.metrics) {
    AG_RETURN_IF_ERROR(CheckText("name of a metric", metric.name, kMaxNameBytes));
    if (!std::isfinite(metric.value)) {
      return Status(Code::kModelNonFinite, "metric '" + metric.name + "' is not finite");
    }
  }
  return OkStatus();
}

bool HasNonFiniteWeight(const Tensor& tensor) {
  switch (tensor.storage) {
    case Storage::kFloat32:
      for (size_t i = 0; i < tensor.data.size(); i += 4) {
        if (!std::isfinite(LoadFloat(&tensor.data[i]))) return true;
      }
      return false;
    case Storage::kFloat16:
      for (size_t i = 0; i < tensor.data.size(); i += 2) {
        if ((LoadLittleEndian<uint16_t>(&tensor.data[i]) & 0x7c00) == 0x7c00) return true;
      }
      return false;
    case Storage::kInt8PerChannel:
      // 127 times the scale must not overflow either.
      return !std::all_of(tensor.scales.begin(), tensor.scales.end(),
                          [](float scale) { return std::isfinite(scale * 128.0f); });
  }
  return true;
}

Status CheckTensor(const Tensor& tensor) {
  if (tensor.shape.empty() || tensor.shape.size() > kMaxTensorRank ||
      std::count(tensor.shape.begin(), tensor.shape.end(), 0u) > 0) {
    return Status(Code::kModelTensor, TensorText(tensor) + ": shape " + ShapeText(tensor.shape) +
                                          ", expected 1 to 4 extents, none zero");
  }
  if (static_cast<uint8_t>(tensor.storage) > static_cast<uint8_t>(Storage::kInt8PerChannel)) {
    return Status(Code::kModelEnum, TensorText(tensor) + ": unknown storage " +
                                        std::to_string(static_cast<int>(tensor.storage)));
  }
  const uint64_t expected_bytes = ElementCount(tensor.shape) * ElementBytes(tensor.storage);
  if (tensor.data.size() != expected_bytes) {
    return Status(Code::kModelTensor, TensorText(tensor) + ": " +
                                          std::to_string(tensor.data.size()) + " bytes, shape " +
                                          ShapeText(tensor.shape) + " needs " +
                                          std::to_string(expected_bytes));
  }
  const bool has_scales = tensor.storage == Storage::kInt8PerChannel;
  if (has_scales && tensor.channel_axis >= tensor.shape.size()) {
    return Status(Code::kModelTensor, TensorText(tensor) + ": channel axis " +
                                          std::to_string(tensor.channel_axis) + " of rank " +
                                          std::to_string(tensor.shape.size()));
  }
  const size_t expected_scales = has_scales ? tensor.shape[tensor.channel_axis] : 0;
  if (tensor.scales.size() != expected_scales) {
    return Status(Code::kModelTensor, TensorText(tensor) + ": " +
                                          std::to_string(tensor.scales.size()) +
                                          " scales, expected " + std::to_string(expected_scales));
  }
  if (HasNonFiniteWeight(tensor)) {
    return Status(Code::kModelNonFinite, TensorText(tensor) + ": a weight is not finite");
  }
  return OkStatus();
}

Status CheckWindow(const Op& op, const OpRule& rule) {
  const std::array<uint32_t, 4> window = {op.kernel_height, op.kernel_width, op.stride_height,
                                          op.stride_width};
  const std::array<uint32_t, 4> padding = {op.pad_top, op.pad_bottom, op.pad_left, op.pad_right};
  if (!rule.has_window) {
    const auto is_zero = [](uint32_t v) { return v == 0; };
    if (!std::all_of(window.begin(), window.end(), is_zero) ||
        !std::all_of(padding.begin(), padding.end(), is_zero)) {
      return Status(Code::kModelOp,
                    "has a window, which a " + std::string(OpName(op.type)) + " does not take");
    }
    return OkStatus();
  }
  for (uint32_t extent : window) {
    if (extent < 1 || extent > kMaxWindow) {
      return Status(Code::kModelOp, "kernel or stride of " + std::to_string(extent) +
                                        ", expected 1 to " + std::to_string(kMaxWindow));
    }
  }
  // A whole window of padding would give an output that sees no pixel at all.
  if (std::max(op.pad_top, op.pad_bottom) >= op.kernel_height ||
      std::max(op.pad_left, op.pad_right) >= op.kernel_width) {
    return Status(Code::kModelOp, "padding as large as the window of " +
                                      std::to_string(op.kernel_height) + " x " +
                                      std::to_string(op.kernel_width));
  }
  return OkStatus();
}

// Everything about an op that can be checked without shapes.
Status CheckOp(const Model& model, const Op& op, std::span<const OpRule> rules) {
  const OpRule* rule = FindOpRule(rules, op.type);
  if (rule == nullptr) {
    return Status(Code::kModelEnum, "unknown op type " + std::to_string(static_cast<int>(op.type)));
  }
  if (op.inputs.size() != rule->input_count) {
    return Status(Code::kModelOp, std::to_string(op.inputs.size()) + " inputs, a " +
                                      std::string(OpName(op.type)) + " takes " +
                                      std::to_string(rule->input_count));
  }
  if (op.tensors.size() != rule->tensor_count) {
    return Status(Code::kModelOp, std::to_string(op.tensors.size()) + " tensors, a " +
                                      std::string(OpName(op.type)) + " takes " +
                                      std::to_string(rule->tensor_count));
  }
  for (uint32_t index : op.tensors) {
    if (index >= model.tensors.size()) {
      return Status(Code::kModelOp, "tensor " + std::to_string(index) + " of " +
                                        std::to_string(model.tensors.size()));
    }
  }
  if (static_cast<uint8_t>(op.activation) > static_cast<uint8_t>(Activation::kRelu)) {
    return Status(Code::kModelEnum,
                  "unknown activation " + std::to_string(static_cast<int>(op.activation)));
  }
  if (op.activation != Activation::kNone && !rule->has_activation) {
    return Status(Code::kModelOp,
                  "has an activation, which a " + std::string(OpName(op.type)) + " does not take");
  }
  return CheckWindow(op, *rule);
}

// Every value is made once, before its first use.
Status CheckGraph(const Model& model) {
  std::vector<bool> made(model.value_count, false);
  made[0] = true;
  for (size_t i = 0; i < model.ops.size(); ++i) {
    const Op& op = model.ops[i];
    for (uint32_t input : op.inputs) {
      if (input >= model.value_count || !made[input]) {
        return Status(Code::kModelGraph, OpText(model, i) + ": value " + std::to_string(input) +
                                             " is used before it is made");
      }
    }
    if (op.output >= model.value_count || made[op.output]) {
      return Status(Code::kModelGraph, OpText(model, i) + ": value " + std::to_string(op.output) +
                                           " is out of range or made twice");
    }
    made[op.output] = true;
  }
  std::set<uint32_t> seen;
  for (uint32_t output : model.outputs) {
    if (output == 0 || output >= model.value_count || !seen.insert(output).second) {
      return Status(Code::kModelGraph, "output value " + std::to_string(output) +
                                           ": is the input, out of range, or named twice");
    }
  }
  return OkStatus();
}

Status CheckInput(const InputContract& input) {
  if (static_cast<uint8_t>(input.colour) > static_cast<uint8_t>(Colour::kGray)) {
    return Status(Code::kModelEnum,
                  "input: unknown colour " + std::to_string(static_cast<int>(input.colour)));
  }
  const auto side_ok = [](uint32_t side) { return side >= 1 && side <= kMaxInputSide; };
  if (!side_ok(input.height) || !side_ok(input.width)) {
    return Status(Code::kModelLimit, "input of " + std::to_string(input.height) + " x " +
                                         std::to_string(input.width) + ", expected sides of 1 to " +
                                         std::to_string(kMaxInputSide));
  }
  if (input.size_multiple > kMaxInputSide ||
      (input.size_multiple > 0 &&
       (input.height % input.size_multiple != 0 || input.width % input.size_multiple != 0))) {
    return Status(Code::kModelContract, "input of " + std::to_string(input.height) + " x " +
                                            std::to_string(input.width) + " is not a multiple of " +
                                            std::to_string(input.size_multiple));
  }
  const size_t channels = ChannelCount(input.colour);
  if (input.mean.size() != channels || input.scale.size() != channels) {
    return Status(Code::kModelContract, "input: " + std::to_string(input.mean.size()) +
                                            " means and " + std::to_string(input.scale.size()) +
                                            " scales for " + std::to_string(channels) +
                                            " channels");
  }
  if (!AllFinite(input.mean) || !AllFinite(input.scale)) {
    return Status(Code::kModelNonFinite, "input: a mean or scale is not finite");
  }
  if (input.crop_points) {
    for (float value : *input.crop_points) {
      if (!std::isfinite(value)) {
        return Status(Code::kModelNonFinite, "input: a crop point is not finite");
      }
      if (value < -1.0f || value > 2.0f) {
        return Status(Code::kModelContract, "input: a crop point at " + NumberText(value) +
                                                " of the crop's side, expected -1 to 2");
      }
    }
  }
  return OkStatus();
}

Status ExpectOutput(const Model& model, const char* what, uint32_t value) {
  if (std::count(model.outputs.begin(), model.outputs.end(), value) == 1) return OkStatus();
  return Status(Code::kModelContract, std::string(what) + ": value " + std::to_string(value) +
                                          " is not an output of the graph");
}

Status ExpectShape(const char* what, const Shape& found, const Shape& expected) {
  if (found == expected) return OkStatus();
  return Status(Code::kModelContract, std::string(what) + ": shape " + ShapeText(found) +
                                          ", expected " + ShapeText(expected));
}

Status CheckAgeInterval(const std::vector<AgeIntervalKnot>& knots) {
  if (knots.size() > kMaxAgeIntervalKnots) {
    return Status(Code::kModelLimit, "age interval: " + std::to_string(knots.size()) +
                                         " knots, the limit is " +
                                         std::to_string(kMaxAgeIntervalKnots));
  }
  for (size_t i = 0; i < knots.size(); ++i) {
    const std::string text = "age interval: knot " + std::to_string(i);
    if (!AllFinite(std::array{knots[i].age, knots[i].lower, knots[i].upper})) {
      return Status(Code::kModelNonFinite, text + " is not finite");
    }
    if (i > 0 && knots[i].age <= knots[i - 1].age) {
      return Status(Code::kModelContract, text + " does not ascend");
    }
  }
  return OkStatus();
}

Status CheckAgeGender(const Model& model, const std::vector<Shape>& shapes) {
  const AgeGenderContract& contract = *model.age_gender;
  AG_RETURN_IF_ERROR(ExpectOutput(model, "age", contract.age_value));
  AG_RETURN_IF_ERROR(ExpectOutput(model, "gender", contract.gender_value));
  AG_RETURN_IF_ERROR(ExpectShape("gender", shapes[contract.gender_value], {1}));
  if (!AllFinite(contract.age_bins) || !std::isfinite(contract.age_temperature) ||
      !std::isfinite(contract.age_error_low) || !std::isfinite(contract.age_error_high)) {
    return Status(Code::kModelNonFinite, "age: a number of its contract is not finite");
  }
  // Written so that a NaN is refused.
  if (!(contract.gender_temperature > 0 && std::isfinite(contract.gender_temperature))) {
    return Status(Code::kModelContract, "gender: temperature " +
                                            NumberText(contract.gender_temperature) +
                                            ", expected more than 0");
  }
  AG_RETURN_IF_ERROR(CheckAgeInterval(contract.age_interval));
  switch (contract.age_kind) {
    case AgeKind::kDistribution: {
      const uint32_t bins =
          static_cast<uint32_t>(std::min<size_t>(contract.age_bins.size(), kMaxAgeBins + 1));
      if (bins < 2 || bins > kMaxAgeBins) {
        return Status(Code::kModelLimit, "age: " + std::to_string(contract.age_bins.size()) +
                                             " bins, expected 2 to " + std::to_string(kMaxAgeBins));
      }
      if (std::adjacent_find(contract.age_bins.begin(), contract.age_bins.end(),
                             std::greater_equal<>()) != contract.age_bins.end()) {
        return Status(Code::kModelContract, "age: bins do not ascend");
      }
      if (contract.age_temperature <= 0) {
        return Status(
            Code::kModelContract,
            "age: temperature " + NumberText(contract.age_temperature) + ", expected more than 0");
      }
      return ExpectShape("age", shapes[contract.age_value], {bins});
    }
    case AgeKind::kValue:
      if (!contract.age_bins.empty()) {
        return Status(Code::kModelContract, "age: bins beside a plain value");
      }
      if (contract.age_error_low > contract.age_error_high) {
        return Status(Code::kModelContract, "age: its error interval is upside down");
      }
      return ExpectShape("age", shapes[contract.age_value], {1});
  }
  return Status(Code::kModelEnum,
                "unknown kind of age " + std::to_string(static_cast<int>(contract.age_kind)));
}

Status CheckFaceDetector(const Model& model, const std::vector<Shape>& shapes) {
  const std::vector<DetectorScale>& scales = model.face_detector->scales;
  if (scales.empty() || scales.size() > kMaxDetectorScales) {
    return Status(Code::kModelLimit,
                  "detector: " + std::to_string(scales.size()) + " scales, expected 1 to 16");
  }
  for (const DetectorScale& scale : scales) {
    if (scale.stride < 1 || scale.stride > kMaxInputSide ||
        model.input.height % scale.stride != 0 || model.input.width % scale.stride != 0 ||
        (model.input.size_multiple % scale.stride != 0)) {
      return Status(Code::kModelContract, "detector: stride " + std::to_string(scale.stride) +
                                              " does not divide the input");
    }
    const uint32_t h = model.input.height / scale.stride, w = model.input.width / scale.stride;
    const struct {
      const char* what;
      uint32_t value, channels;
    } expected[] = {{"detector's class", scale.class_value, 1},
                    {"detector's object", scale.object_value, 1},
                    {"detector's box", scale.box_value, 4},
                    {"detector's points", scale.points_value, 2 * kFacePointCount}};
    for (const auto& [what, value, channels] : expected) {
      AG_RETURN_IF_ERROR(ExpectOutput(model, what, value));
      AG_RETURN_IF_ERROR(ExpectShape(what, shapes[value], {h, w, channels}));
    }
  }
  return OkStatus();
}

// Adds up the cost of the ops, and refuses the one that is too much.
class CostSum {
 public:
  CostSum(const Model& model, uint32_t height, uint32_t width) {
    if (height != model.input.height || width != model.input.width) {
      const uint64_t pixels = uint64_t{height} * width;
      most_.memory_bytes = std::max(kMaxMemoryBytes, pixels * kMaxMemoryBytesPerPixel);
      most_.steps = std::max(kMaxSteps, pixels * kMaxStepsPerPixel);
    }
    cost_.memory_bytes = kEngineBytes + BytesOf({height, width, ChannelCount(model.input.colour)});
    for (const Tensor& tensor : model.tensors) cost_.memory_bytes += BytesOf(tensor.shape);
  }

  Status Add(const OpInfo& op) {
    const uint64_t memory = SaturatedSum(
        {kOpBytes, BytesOf(op.output), op.scratch_bytes, SaturatedProduct({2, op.packed_bytes})});
    cost_.memory_bytes = SaturatedSum({cost_.memory_bytes, memory});
    cost_.steps = SaturatedSum({cost_.steps, op.steps});
    constexpr uint64_t kMillion = 1'000'000;
    if (cost_.memory_bytes > most_.memory_bytes) {
      return TooMuch("MB of memory", kMillion, memory, cost_.memory_bytes, most_.memory_bytes,
                     op.output);
    }
    if (cost_.steps > most_.steps) {
      return TooMuch("million multiply-accumulates", kMillion, op.steps, cost_.steps, most_.steps,
                     op.output);
    }
    return OkStatus();
  }

  const ModelCost& cost() const { return cost_; }

 private:
  // XNNPACK's own tables, its store of weights (1 MiB at first), bands of rows (banded_prefix.h).
  static constexpr uint64_t kEngineBytes = uint64_t{8} << 20;
  // Descriptions of an op and its values, alignment.
  static constexpr uint64_t kOpBytes = 8192;

  static uint64_t BytesOf(const Shape& shape) {
    return SaturatedProduct({sizeof(float), ElementCount(shape)});
  }

  static Status TooMuch(const char* what, uint64_t unit, uint64_t op, uint64_t sum, uint64_t most,
                        const Shape& output) {
    const auto text = [unit](uint64_t value) { return std::to_string(value / unit); };
    return Status(Code::kModelLimit, "the ops up to here take " + text(sum) + " " + what + ", " +
                                         text(op) + " of them for this one and its output of " +
                                         ShapeText(output) + ", the limit is " + text(most));
  }

  ModelCost most_{kMaxMemoryBytes, kMaxSteps};
  ModelCost cost_;
};

}  // namespace

StatusOr<std::vector<Shape>> InferShapes(const Model& model, std::span<const OpRule> rules,
                                         uint32_t height, uint32_t width,
                                         std::vector<uint64_t>* macs, ModelCost* cost) {
  const uint32_t multiple = model.input.size_multiple;
  const bool size_fits = multiple == 0 ? height == model.input.height && width == model.input.width
                                       : height % multiple == 0 && width % multiple == 0;
  if (!size_fits || height == 0 || width == 0 || height > kMaxInputSide || width > kMaxInputSide) {
    return Status(Code::kModelShape, "input of " + std::to_string(height) + " x " +
                                         std::to_string(width) + " does not fit this model");
  }
  std::vector<Shape> shapes(model.value_count);
  shapes[0] = {height, width, ChannelCount(model.input.colour)};
  CostSum sum(model, height, width);
  if (macs != nullptr) macs->clear();
  for (size_t i = 0; i < model.ops.size(); ++i) {
    const Op& op = model.ops[i];
    std::vector<Shape> inputs;
    for (uint32_t input : op.inputs) inputs.push_back(shapes[input]);
    const OpRule& rule = *FindOpRule(rules, op.type);
    StatusOr<OpInfo> info = rule.infer(model, op, inputs);
    if (!info.ok()) return info.status().WithContext(OpText(model, i));
    if (ElementCount(info->output) > kMaxValueElements) {
      return Status(Code::kModelLimit, OpText(model, i) + ": an output of " +
                                           ShapeText(info->output) + ", the limit is " +
                                           std::to_string(kMaxValueElements) + " elements");
    }
    AG_RETURN_IF_ERROR(sum.Add(*info).WithContext(OpText(model, i)));
    shapes[op.output] = std::move(info->output);
    if (macs != nullptr) macs->push_back(info->macs);
  }
  if (cost != nullptr) *cost = sum.cost();
  return shapes;
}

Status CheckModel(const Model& model, std::span<const OpRule> rules) {
  AG_RETURN_IF_ERROR(CheckCounts(model));
  AG_RETURN_IF_ERROR(CheckTexts(model));
  for (const Tensor& tensor : model.tensors) AG_RETURN_IF_ERROR(CheckTensor(tensor));
  for (size_t i = 0; i < model.ops.size(); ++i) {
    if (model.ops[i].inputs.size() > kMaxOpInputs) {
      return Status(Code::kModelLimit, OpText(model, i) + ": too many inputs");
    }
    AG_RETURN_IF_ERROR(CheckOp(model, model.ops[i], rules).WithContext(OpText(model, i)));
  }
  AG_RETURN_IF_ERROR(CheckGraph(model));
  AG_RETURN_IF_ERROR(CheckInput(model.input));
  StatusOr<std::vector<Shape>> shapes =
      InferShapes(model, rules, model.input.height, model.input.width);
  if (!shapes.ok()) return shapes.status();
  if (model.age_gender.has_value() == model.face_detector.has_value()) {
    return Status(Code::kModelContract,
                  "expected exactly one of an age/gender contract and a face detector's");
  }
  return model.age_gender ? CheckAgeGender(model, *shapes) : CheckFaceDetector(model, *shapes);
}

}  // namespace ag
