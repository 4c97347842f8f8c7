// Ops that work element by element, and ops that disappear: folded into the weights of the layer
// before them, or without effect at inference.
#include <array>
#include <cmath>
#include <utility>

#include "native/import_onnx/converters.h"
#include "shared/model/storage.h"

namespace ag::onnx_import {
namespace {

constexpr std::array kLayers = {OpType::kConv2D, OpType::kDepthwiseConv2D, OpType::kFullyConnected};
constexpr std::array kTakesRelu = {OpType::kConv2D, OpType::kDepthwiseConv2D,
                                   OpType::kFullyConnected, OpType::kAdd};

// Replaces the weights of `layer` by `scale` * weights per output channel and its bias by `scale` *
// bias + `shift`. The old tensors stay: other layers may share them.
Status ScaleLayer(GraphImporter& graph, const OnnxNode& node, const std::vector<float>& scale,
                  const std::vector<float>& shift, Op* layer) {
  const Tensor filter = graph.tensor(layer->tensors[0]);
  const uint8_t axis = graph.channel_axis(layer->tensors[0]);
  std::vector<float> weights = ExpandTensor(filter);
  std::vector<float> bias = ExpandTensor(graph.tensor(layer->tensors[1]));
  // Channels are the first axis, or (depthwise) the last one.
  const size_t inner = axis == 0 ? weights.size() / scale.size() : 1;
  for (size_t i = 0; i < weights.size(); ++i) weights[i] *= scale[i / inner % scale.size()];
  for (size_t c = 0; c < bias.size(); ++c) bias[c] = bias[c] * scale[c] + shift[c];
  AG_ASSIGN_OR_RETURN(layer->tensors[0], graph.AddTensor(filter.name, filter.shape, weights, axis));
  AG_ASSIGN_OR_RETURN(
      layer->tensors[1],
      graph.AddTensor(node.name + ".bias", {static_cast<uint32_t>(bias.size())}, bias, 0));
  return OkStatus();
}

// The values of a constant that has one for each of `count` channels.
StatusOr<std::vector<float>> PerChannel(const GraphImporter& graph, const OnnxNode& node,
                                        size_t input, size_t count) {
  AG_ASSIGN_OR_RETURN(const OnnxTensor* constant, graph.Constant(node, input));
  if (constant->floats.size() == count) return constant->floats;
  return Status(Code::kModelShape, "input " + std::to_string(input) + " has " +
                                       std::to_string(constant->floats.size()) +
                                       " numbers; expected " + std::to_string(count));
}

// `constant` broadcast over [1, count] as in ONNX: one number, or one for each element of the last
// axis.
bool IsRowOf(const OnnxTensor& constant, size_t count) {
  return constant.floats.size() == 1 ||
         (constant.floats.size() == count && !constant.dims.empty() &&
          constant.dims.back() == static_cast<int64_t>(count) && constant.dims.size() <= 2);
}

// MatMul + Add is how dense layers with a bias are often exported.
Status AddConstantBias(GraphImporter& graph, const OnnxNode& node, size_t constant_index) {
  AG_ASSIGN_OR_RETURN(const Wire wire, graph.Activation(node, 1 - constant_index));
  AG_ASSIGN_OR_RETURN(const OnnxTensor* constant, graph.Constant(node, constant_index));
  constexpr std::array kDense = {OpType::kFullyConnected};
  Op* layer = graph.Foldable(wire, kDense);
  if (layer == nullptr || !IsRowOf(*constant, wire.shape[0])) {
    return Status(Code::kModelOp, "a constant is supported only as the bias of a dense layer");
  }
  std::vector<float> shift(wire.shape[0], constant->floats[0]);
  if (constant->floats.size() != 1) shift = constant->floats;
  const std::vector<float> ones(wire.shape[0], 1.0f);
  AG_RETURN_IF_ERROR(ScaleLayer(graph, node, ones, shift, layer));
  return graph.Alias(node, wire);
}

Status EmitPointwise(GraphImporter& graph, const OnnxNode& node, OpType type, const Wire& input) {
  Op op;
  op.type = type;
  return graph.Emit(node, std::move(op), {input}, input.form, input.flattened);
}

Status ConvertAdd(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {}));
  for (const size_t index : {size_t{0}, size_t{1}}) {
    if (graph.HasInput(node, index) && graph.IsConstant(node.inputs[index])) {
      return AddConstantBias(graph, node, index);
    }
  }
  AG_ASSIGN_OR_RETURN(const Wire a, graph.Activation(node, 0));
  AG_ASSIGN_OR_RETURN(const Wire b, graph.Activation(node, 1));
  if (a.shape != b.shape || a.form != b.form || a.flattened != b.flattened) {
    return Status(Code::kModelOp, "its two inputs have different shapes (no broadcasting here)");
  }
  Op op;
  op.type = OpType::kAdd;
  return graph.Emit(node, std::move(op), {a, b}, a.form, a.flattened);
}

Status ConvertRelu(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {}));
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  if (Op* producer = graph.Foldable(input, kTakesRelu); producer != nullptr) {
    producer->activation = Activation::kRelu;
    return graph.Alias(node, input);
  }
  return EmitPointwise(graph, node, OpType::kRelu, input);
}

Status ConvertSigmoid(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {}));
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  return EmitPointwise(graph, node, OpType::kSigmoid, input);
}

Status ConvertIdentity(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {}));
  if (graph.HasInput(node, 0) && graph.IsConstant(node.inputs[0])) {
    AG_ASSIGN_OR_RETURN(const OnnxTensor* constant, graph.Constant(node, 0));
    return graph.AddConstant(node, *constant);
  }
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  return graph.Alias(node, input);
}

Status ConvertDropout(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"ratio", "seed"}));
  if (graph.HasInput(node, 2)) return Status(Code::kModelOp, "training mode is not supported");
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  return graph.Alias(node, input);
}

Status ConvertBatchNormalization(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"epsilon", "momentum", "spatial", "training_mode"}));
  AG_RETURN_IF_ERROR(ExpectInt(node, "training_mode", 0));
  AG_RETURN_IF_ERROR(ExpectInt(node, "spatial", 1));
  AG_ASSIGN_OR_RETURN(const float epsilon, FloatAttribute(node, "epsilon", 1e-5f));
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  // ONNX's channels are the second axis; in these two forms they are our last one.
  const bool channels_fit = input.form == Form::kMap || input.form == Form::kVector;
  Op* layer = channels_fit ? graph.Foldable(input, kLayers) : nullptr;
  if (layer == nullptr) {
    return Status(Code::kModelOp,
                  "it is supported only right after a convolution or dense layer "
                  "whose result nothing else reads");
  }
  const size_t channels = input.shape.back();
  AG_ASSIGN_OR_RETURN(const std::vector<float> gamma, PerChannel(graph, node, 1, channels));
  AG_ASSIGN_OR_RETURN(const std::vector<float> beta, PerChannel(graph, node, 2, channels));
  AG_ASSIGN_OR_RETURN(const std::vector<float> mean, PerChannel(graph, node, 3, channels));
  AG_ASSIGN_OR_RETURN(const std::vector<float> variance, PerChannel(graph, node, 4, channels));
  std::vector<float> scale(channels), shift(channels);
  for (size_t c = 0; c < channels; ++c) {
    const double factor = gamma[c] / std::sqrt(double{variance[c]} + epsilon);
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(beta[c] - factor * mean[c]);
  }
  AG_RETURN_IF_ERROR(ScaleLayer(graph, node, scale, shift, layer));
  return graph.Alias(node, input);
}

Status ConvertConstant(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"value"}));
  const auto value = node.attributes.find("value");
  if (value == node.attributes.end() || !std::holds_alternative<OnnxTensor>(value->second)) {
    return Status(Code::kModelOp, "attribute 'value' is not a tensor");
  }
  return graph.AddConstant(node, std::get<OnnxTensor>(value->second));
}

}  // namespace

std::span<const Converter> PointwiseConverters() {
  static constexpr Converter kConverters[] = {
      {"Add", ConvertAdd},          {"Relu", ConvertRelu},
      {"Sigmoid", ConvertSigmoid},  {"Identity", ConvertIdentity},
      {"Dropout", ConvertDropout},  {"BatchNormalization", ConvertBatchNormalization},
      {"Constant", ConvertConstant}};
  return kConverters;
}

}  // namespace ag::onnx_import
