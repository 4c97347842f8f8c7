#include "native/import_onnx/graph_importer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "shared/infer/ops/registry.h"
#include "shared/model/op_rule.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"

namespace ag::onnx_import {
namespace {

Sha256Digest ContentHash(const Tensor& tensor, uint8_t channel_axis) {
  Sha256 hash;
  const auto number = [&hash](uint64_t value) {
    std::array<uint8_t, 8> bytes;
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
    hash.Update(bytes);
  };
  number(channel_axis);
  number(tensor.shape.size());
  for (const uint32_t extent : tensor.shape) number(extent);
  hash.Update(tensor.data);
  return hash.Finish();
}

// ImportOptions::grid_bits. `values` [shape], row-major; channels are along `channel_axis`.
void RoundToGrid(const std::vector<uint32_t>& shape, uint8_t channel_axis, int grid_bits,
                 std::vector<float>* values) {
  const size_t channels = shape[channel_axis];
  size_t inner = 1;
  for (size_t axis = channel_axis + 1; axis < shape.size(); ++axis) inner *= shape[axis];
  const auto channel_of = [&](size_t index) { return index / inner % channels; };
  std::vector<float> largest(channels, 0.0f);
  for (size_t i = 0; i < values->size(); ++i) {
    largest[channel_of(i)] = std::max(largest[channel_of(i)], std::abs((*values)[i]));
  }
  for (size_t i = 0; i < values->size(); ++i) {
    const float top = largest[channel_of(i)];
    if (top == 0 || !std::isfinite(top)) continue;
    int exponent = 0;
    std::frexp(top, &exponent);  // top < 2^exponent
    const float step = std::ldexp(1.0f, exponent - grid_bits);
    (*values)[i] = std::round((*values)[i] / step) * step;
  }
}

// Biases stay in float32: they are few, and each shifts a whole channel. With a grid, each keeps
// two bits more than the largest weight; its lower bytes become zeros.
void RoundBiases(int grid_bits, std::vector<float>* values) {
  for (float& value : *values) {
    if (value == 0 || !std::isfinite(value)) continue;
    int exponent = 0;
    std::frexp(value, &exponent);
    const float step = std::ldexp(1.0f, exponent - grid_bits - 2);
    value = std::round(value / step) * step;
  }
}

StatusOr<Tensor> StoreAs(const Tensor& tensor, Storage storage, int grid_bits,
                         uint8_t channel_axis) {
  const bool is_bias = tensor.shape.size() == 1;
  const bool has_grid = storage == Storage::kFloat16 && grid_bits > 0;
  if (storage == Storage::kFloat32 || (is_bias && !has_grid)) return tensor;
  std::vector<float> values = ExpandTensor(tensor);
  if (is_bias) {
    RoundBiases(grid_bits, &values);
    return MakeTensor(tensor.name, tensor.shape, values, Storage::kFloat32);
  }
  if (has_grid) RoundToGrid(tensor.shape, channel_axis, grid_bits, &values);
  return MakeTensor(tensor.name, tensor.shape, values, storage, channel_axis);
}

}  // namespace

GraphImporter::GraphImporter(const OnnxModel& onnx) : onnx_(onnx) { FindNeededNodes(); }

void GraphImporter::FindNeededNodes() {
  needed_.assign(onnx_.nodes.size(), false);
  for (const std::string& output : onnx_.outputs) ++uses_[output];
  // Nodes are in order of execution, so one pass from the end sees every use before the definition.
  for (size_t i = onnx_.nodes.size(); i-- > 0;) {
    const OnnxNode& node = onnx_.nodes[i];
    needed_[i] = std::any_of(node.outputs.begin(), node.outputs.end(),
                             [this](const std::string& name) { return uses_.contains(name); });
    if (!needed_[i]) continue;
    for (const std::string& input : node.inputs) {
      if (!input.empty()) ++uses_[input];
    }
  }
}

Status GraphImporter::AddInput(const std::string& name, const Shape& shape, Form form) {
  Wire wire;
  wire.shape = shape;
  wire.form = form;
  return Bind(name, std::move(wire));
}

Status GraphImporter::Bind(const std::string& name, Wire wire) {
  if (name.empty()) return Status(Code::kModelGraph, "an output without a name");
  const auto uses = uses_.find(name);
  wire.exclusive = wire.exclusive && uses != uses_.end() && uses->second == 1;
  if (IsConstant(name) || !wires_.emplace(name, std::move(wire)).second) {
    return Status(Code::kModelGraph, QuoteName(name) + " is made twice");
  }
  return OkStatus();
}

bool GraphImporter::IsConstant(const std::string& name) const {
  return onnx_.initializers.contains(name) || constants_.contains(name);
}

bool GraphImporter::HasInput(const OnnxNode& node, size_t index) const {
  return index < node.inputs.size() && !node.inputs[index].empty();
}

StatusOr<Wire> GraphImporter::Activation(const OnnxNode& node, size_t index) const {
  if (!HasInput(node, index)) {
    return Status(Code::kModelGraph, "input " + std::to_string(index) + " is missing");
  }
  const std::string& name = node.inputs[index];
  if (IsConstant(name)) {
    return Status(Code::kModelOp, "input " + QuoteName(name) +
                                      " is a constant; expected a value "
                                      "that the net computes");
  }
  const auto wire = wires_.find(name);
  if (wire != wires_.end()) return wire->second;
  return Status(Code::kModelGraph, "input " + QuoteName(name) + " is used before it is made");
}

StatusOr<const OnnxTensor*> GraphImporter::Constant(const OnnxNode& node, size_t index) const {
  if (!HasInput(node, index)) {
    return Status(Code::kModelGraph, "input " + std::to_string(index) + " is missing");
  }
  const std::string& name = node.inputs[index];
  if (const auto found = onnx_.initializers.find(name); found != onnx_.initializers.end()) {
    return &found->second;
  }
  if (const auto found = constants_.find(name); found != constants_.end()) return &found->second;
  return Status(Code::kModelOp, "input " + QuoteName(name) + " is not a constant of the file");
}

StatusOr<uint32_t> GraphImporter::AddTensor(const std::string& name,
                                            const std::vector<uint32_t>& shape,
                                            std::span<const float> values, uint8_t channel_axis) {
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
    return Status(Code::kModelNonFinite, "tensor " + QuoteName(name) + ": a weight is not finite");
  }
  AG_ASSIGN_OR_RETURN(Tensor tensor, MakeTensor(PlainName(name), shape, values, Storage::kFloat32));
  const uint32_t index = static_cast<uint32_t>(model_.tensors.size());
  const auto [known, is_new] =
      tensors_by_content_.emplace(ContentHash(tensor, channel_axis), index);
  if (!is_new) return known->second;
  weight_count_ += values.size();
  if (weight_count_ > kMaxWeights) {
    return Status(Code::kModelLimit, "more than " + std::to_string(kMaxWeights) + " weights");
  }
  model_.tensors.push_back(std::move(tensor));
  channel_axes_.push_back(channel_axis);
  return index;
}

Status GraphImporter::Emit(const OnnxNode& node, Op op, const std::vector<Wire>& inputs, Form form,
                           const Shape& flattened) {
  if (model_.ops.size() >= kMaxOps) {
    return Status(Code::kModelLimit, "more than " + std::to_string(kMaxOps) + " ops");
  }
  const OpRule* rule = FindOpRule(AllOpRules(), op.type);
  if (rule == nullptr) return Status(Code::kInternal, "the engine has no such op");
  std::vector<Shape> shapes;
  for (const Wire& input : inputs) {
    op.inputs.push_back(input.value);
    shapes.push_back(input.shape);
  }
  AG_ASSIGN_OR_RETURN(OpInfo info, rule->infer(model_, op, shapes));
  if (ElementCount(info.output) > kMaxValueElements) {
    return Status(Code::kModelLimit, "an output of " + ShapeText(info.output) + " elements");
  }
  if (node.outputs.empty()) return Status(Code::kModelGraph, "it has no output");
  op.name = PlainName(node.name);
  op.output = model_.value_count++;
  producer_[op.output] = model_.ops.size();
  Wire wire{.value = op.output,
            .shape = std::move(info.output),
            .form = form,
            .exclusive = true,
            .flattened = flattened};
  model_.ops.push_back(std::move(op));
  return Bind(node.outputs[0], std::move(wire));
}

Status GraphImporter::Alias(const OnnxNode& node, Wire wire) {
  if (node.outputs.empty()) return Status(Code::kModelGraph, "it has no output");
  return Bind(node.outputs[0], std::move(wire));
}

Status GraphImporter::AddConstant(const OnnxNode& node, OnnxTensor tensor) {
  if (node.outputs.size() != 1) return Status(Code::kModelGraph, "expected one output");
  const std::string& name = node.outputs[0];
  if (wires_.contains(name) || onnx_.initializers.contains(name) ||
      !constants_.emplace(name, std::move(tensor)).second) {
    return Status(Code::kModelGraph, QuoteName(name) + " is made twice");
  }
  return OkStatus();
}

Op* GraphImporter::Foldable(const Wire& wire, std::span<const OpType> types) {
  const auto producer = producer_.find(wire.value);
  if (!wire.exclusive || producer == producer_.end()) return nullptr;
  Op& op = model_.ops[producer->second];
  const bool fits = std::find(types.begin(), types.end(), op.type) != types.end();
  return fits && op.activation == Activation::kNone ? &op : nullptr;
}

StatusOr<Wire> GraphImporter::Output(const std::string& name) const {
  const auto wire = wires_.find(name);
  if (wire == wires_.end()) {
    return Status(Code::kModelGraph, "output " + QuoteName(name) + " is not made by any node");
  }
  if (!wire->second.flattened.empty()) {
    return Status(Code::kModelShape, "output " + QuoteName(name) +
                                         " is a flattened map in the order channel, row, column; "
                                         "the engine would give row, column, channel");
  }
  return wire->second;
}

StatusOr<Model> GraphImporter::Finish(Storage storage, int grid_bits) {
  constexpr uint32_t kUnused = UINT32_MAX;
  std::vector<uint32_t> renumbered(model_.tensors.size(), kUnused);
  Model model = model_;
  model.tensors.clear();
  for (Op& op : model.ops) {
    for (uint32_t& index : op.tensors) {
      if (renumbered[index] == kUnused) {
        renumbered[index] = static_cast<uint32_t>(model.tensors.size());
        AG_ASSIGN_OR_RETURN(Tensor stored, StoreAs(model_.tensors[index], storage, grid_bits,
                                                   channel_axes_[index]));
        model.tensors.push_back(std::move(stored));
      }
      index = renumbered[index];
    }
  }
  for (const std::string& name : onnx_.outputs) {
    AG_ASSIGN_OR_RETURN(const Wire wire, Output(name));
    model.outputs.push_back(wire.value);
  }
  return model;
}

}  // namespace ag::onnx_import
