#include "native/import_onnx/onnx_model.h"

#include <onnx/onnx_pb.h>

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "shared/model/reader.h"
#include "shared/model/storage.h"

namespace ag::onnx_import {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

// Number of elements of a tensor with these dimensions, at most kMaxWeights.
StatusOr<uint64_t> CountElements(const std::vector<int64_t>& dims) {
  uint64_t count = 1;
  for (const int64_t dim : dims) {
    if (dim < 0) return Status(Code::kModelTensor, "a negative dimension " + std::to_string(dim));
    const uint64_t size = static_cast<uint64_t>(dim);
    if (size != 0 && count > kMaxWeights / size) {
      return Status(Code::kModelLimit,
                    "more than " + std::to_string(kMaxWeights) + " elements in one tensor");
    }
    count *= size;
  }
  return count;
}

// `count` elements of T, from raw_data or from the repeated field that protobuf keeps for T.
template <typename T, typename Field>
StatusOr<std::vector<T>> ReadElements(const std::string& raw, const Field& field, uint64_t count) {
  if (raw.empty()) {
    if (static_cast<uint64_t>(field.size()) != count) {
      return Status(Code::kModelTensor, std::to_string(count) + " elements expected, found " +
                                            std::to_string(field.size()));
    }
    std::vector<T> values(count);
    for (uint64_t i = 0; i < count; ++i) values[i] = static_cast<T>(field[static_cast<int>(i)]);
    return values;
  }
  if (raw.size() != count * sizeof(T)) {
    return Status(Code::kModelTensor, std::to_string(count * sizeof(T)) +
                                          " bytes expected, found " + std::to_string(raw.size()));
  }
  std::vector<T> values(count);
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

StatusOr<OnnxTensor> ParseTensor(const onnx::TensorProto& proto) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    return Status(Code::kModelTensor,
                  "its data lies in another file; save the model as one file first");
  }
  if (proto.has_segment()) return Status(Code::kModelTensor, "segmented tensors are not supported");
  if (proto.dims_size() > kMaxOnnxDims) {
    return Status(Code::kModelLimit, std::to_string(proto.dims_size()) + " dimensions");
  }
  OnnxTensor tensor;
  tensor.dims.assign(proto.dims().begin(), proto.dims().end());
  AG_ASSIGN_OR_RETURN(const uint64_t count, CountElements(tensor.dims));
  switch (proto.data_type()) {
    case onnx::TensorProto::FLOAT: {
      AG_ASSIGN_OR_RETURN(tensor.floats,
                          ReadElements<float>(proto.raw_data(), proto.float_data(), count));
      return tensor;
    }
    case onnx::TensorProto::FLOAT16: {
      AG_ASSIGN_OR_RETURN(const std::vector<uint16_t> halves,
                          ReadElements<uint16_t>(proto.raw_data(), proto.int32_data(), count));
      for (const uint16_t half : halves) tensor.floats.push_back(FloatFromHalf(half));
      return tensor;
    }
    case onnx::TensorProto::INT64: {
      AG_ASSIGN_OR_RETURN(tensor.ints,
                          ReadElements<int64_t>(proto.raw_data(), proto.int64_data(), count));
      return tensor;
    }
    default:
      return Status(Code::kModelTensor, "data type " + std::to_string(proto.data_type()) +
                                            "; expected float32, float16 or int64");
  }
}

StatusOr<OnnxAttribute> ParseAttribute(const onnx::AttributeProto& proto) {
  switch (proto.type()) {
    case onnx::AttributeProto::INT:
      return OnnxAttribute(int64_t{proto.i()});
    case onnx::AttributeProto::FLOAT:
      return OnnxAttribute(proto.f());
    case onnx::AttributeProto::STRING:
      return OnnxAttribute(proto.s());
    case onnx::AttributeProto::INTS:
      return OnnxAttribute(std::vector<int64_t>(proto.ints().begin(), proto.ints().end()));
    case onnx::AttributeProto::FLOATS:
      return OnnxAttribute(std::vector<float>(proto.floats().begin(), proto.floats().end()));
    case onnx::AttributeProto::TENSOR: {
      AG_ASSIGN_OR_RETURN(OnnxTensor tensor, ParseTensor(proto.t()));
      return OnnxAttribute(std::move(tensor));
    }
    default:
      return OnnxAttribute(OnnxOtherAttribute{});
  }
}

StatusOr<OnnxNode> ParseNode(const onnx::NodeProto& proto) {
  OnnxNode node;
  node.op_type = proto.op_type();
  node.domain = proto.domain() == "ai.onnx" ? "" : proto.domain();
  node.name = proto.name().empty() && proto.output_size() > 0 ? proto.output(0) : proto.name();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    StatusOr<OnnxAttribute> parsed = ParseAttribute(attribute);
    if (!parsed.ok()) {
      return parsed.status().WithContext(NodeText(node) + ", attribute " +
                                         QuoteName(attribute.name()));
    }
    if (!node.attributes.emplace(attribute.name(), *std::move(parsed)).second) {
      return Status(Code::kModelOp,
                    NodeText(node) + ": attribute " + QuoteName(attribute.name()) + " twice");
    }
  }
  return node;
}

Status ParseInitializers(const onnx::GraphProto& graph, OnnxModel* model) {
  if (graph.sparse_initializer_size() > 0) {
    return Status(Code::kModelTensor, "sparse initializers are not supported");
  }
  if (graph.initializer_size() > kMaxOnnxTensors) {
    return Status(Code::kModelLimit, std::to_string(graph.initializer_size()) + " initializers");
  }
  for (const onnx::TensorProto& proto : graph.initializer()) {
    StatusOr<OnnxTensor> tensor = ParseTensor(proto);
    if (!tensor.ok()) return tensor.status().WithContext("initializer " + QuoteName(proto.name()));
    if (!model->initializers.emplace(proto.name(), *std::move(tensor)).second) {
      return Status(Code::kModelGraph, "initializer " + QuoteName(proto.name()) + " twice");
    }
  }
  return OkStatus();
}

// Old exporters also list every initializer among the inputs; those are not inputs of the net.
void ParseInputs(const onnx::GraphProto& graph, OnnxModel* model) {
  for (const onnx::ValueInfoProto& proto : graph.input()) {
    if (model->initializers.contains(proto.name())) continue;
    OnnxInput& input = model->inputs.emplace_back();
    input.name = proto.name();
    for (const auto& dim : proto.type().tensor_type().shape().dim()) {
      input.dims.push_back(dim.has_dim_value() && dim.dim_value() > 0 ? dim.dim_value() : -1);
    }
  }
  for (const onnx::ValueInfoProto& proto : graph.output()) model->outputs.push_back(proto.name());
}

int64_t FindOpset(const onnx::ModelProto& proto) {
  for (const onnx::OperatorSetIdProto& opset : proto.opset_import()) {
    if (opset.domain().empty() || opset.domain() == "ai.onnx") return opset.version();
  }
  return 0;
}

}  // namespace

std::string PlainName(std::string_view name) {
  constexpr size_t kLongest = 80;
  std::string text;
  for (const char c : name.substr(0, kLongest)) text += (c >= ' ' && c <= '~') ? c : '?';
  if (name.size() > kLongest) text += "...";
  return text;
}

std::string QuoteName(std::string_view name) {
  return std::string("'").append(PlainName(name)) + "'";
}

std::string NodeText(const OnnxNode& node) {
  return PlainName(node.op_type) + " " + QuoteName(node.name);
}

StatusOr<OnnxModel> ParseOnnx(std::span<const uint8_t> file) {
  if (file.empty()) return Status(Code::kEmpty, "no bytes");
  if (file.size() > kMaxOnnxBytes) {
    return Status(Code::kTooLarge, std::to_string(file.size()) + " bytes; at most " +
                                       std::to_string(kMaxOnnxBytes) + " are read");
  }
  onnx::ModelProto proto;
  if (!proto.ParseFromArray(file.data(), static_cast<int>(file.size()))) {
    return Status(Code::kModelMagic, "not an ONNX file, or cut off (protobuf refuses its bytes)");
  }
  if (!proto.has_graph()) return Status(Code::kModelMissing, "no graph in the file");
  OnnxModel model;
  model.opset = FindOpset(proto);
  if (model.opset == 0) return Status(Code::kModelMissing, "no opset version in the file");
  if (proto.graph().node_size() > kMaxOnnxNodes) {
    return Status(Code::kModelLimit, std::to_string(proto.graph().node_size()) +
                                         " nodes; at most " + std::to_string(kMaxOnnxNodes) +
                                         " are read");
  }
  AG_RETURN_IF_ERROR(ParseInitializers(proto.graph(), &model));
  ParseInputs(proto.graph(), &model);
  for (const onnx::NodeProto& node : proto.graph().node()) {
    AG_ASSIGN_OR_RETURN(OnnxNode parsed, ParseNode(node));
    model.nodes.push_back(std::move(parsed));
  }
  return model;
}

}  // namespace ag::onnx_import
