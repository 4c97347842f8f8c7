#include "shared/infer/graph_builder.h"

#include <string>

#include "shared/infer/op_kernel.h"

namespace ag {
namespace {

const char* XnnReason(xnn_status status) {
  switch (status) {
    case xnn_status_success:
      return "success";
    case xnn_status_uninitialized:
      return "not initialised";
    case xnn_status_invalid_parameter:
      return "invalid parameter";
    case xnn_status_invalid_state:
      return "invalid state";
    case xnn_status_unsupported_parameter:
      return "unsupported parameter";
    case xnn_status_unsupported_hardware:
      return "unsupported hardware";
    case xnn_status_out_of_memory:
      return "out of memory";
    default:
      return "unknown failure";
  }
}

std::vector<size_t> BatchedDims(const Shape& shape) {
  std::vector<size_t> dims = {1};
  dims.insert(dims.end(), shape.begin(), shape.end());
  return dims;
}

}  // namespace

Status CheckXnn(xnn_status status, const char* call) {
  if (status == xnn_status_success) return OkStatus();
  const Code code = status == xnn_status_out_of_memory ? Code::kOutOfMemory : Code::kBackend;
  return Status(code, std::string("XNNPACK ") + call + ": " + XnnReason(status));
}

ActivationRange RangeOf(Activation activation) {
  ActivationRange range;
  if (activation == Activation::kRelu) range.min = 0.0f;
  return range;
}

GraphBuilder::GraphBuilder(const Model& model, std::span<const std::vector<float>> weights,
                           Graph graph)
    : model_(model), weights_(weights), graph_(std::move(graph)) {}

std::vector<bool> GraphBuilder::FindNeededValues() const {
  std::vector<bool> needed(graph_.shapes.size(), false);
  needed[graph_.input] = true;
  for (const uint32_t output : graph_.outputs) needed[output] = true;
  // Every value is made before it is read.
  for (auto op = graph_.ops.rbegin(); op != graph_.ops.rend(); ++op) {
    if (!needed[op->output]) continue;
    for (const uint32_t input : op->inputs) needed[input] = true;
  }
  return needed;
}

Status GraphBuilder::DefineValues(const std::vector<bool>& needed) {
  value_ids_.assign(graph_.shapes.size(), XNN_INVALID_VALUE_ID);
  std::vector<uint32_t> external(graph_.shapes.size(), XNN_INVALID_VALUE_ID);
  std::vector<uint32_t> flags(graph_.shapes.size(), 0);
  external[graph_.input] = 0;
  flags[graph_.input] = XNN_VALUE_FLAG_EXTERNAL_INPUT;
  for (size_t i = 0; i < graph_.outputs.size(); ++i) {
    external[graph_.outputs[i]] = static_cast<uint32_t>(i + 1);
    flags[graph_.outputs[i]] = XNN_VALUE_FLAG_EXTERNAL_OUTPUT;
  }
  for (uint32_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) continue;
    const std::vector<size_t> dims = BatchedDims(graph_.shapes[i]);
    AG_RETURN_IF_ERROR(CheckXnn(
        xnn_define_tensor_value(subgraph_.get(), xnn_datatype_fp32, dims.size(), dims.data(),
                                nullptr, external[i], flags[i], &value_ids_[i]),
        "define_tensor_value"));
  }
  return OkStatus();
}

Status GraphBuilder::Build() {
  xnn_subgraph_t subgraph = nullptr;
  AG_RETURN_IF_ERROR(
      CheckXnn(xnn_create_subgraph(static_cast<uint32_t>(graph_.outputs.size() + 1), 0, &subgraph),
               "create_subgraph"));
  subgraph_.reset(subgraph);
  const std::vector<bool> needed = FindNeededValues();
  AG_RETURN_IF_ERROR(DefineValues(needed));
  for (const Op& op : graph_.ops) {
    if (!needed[op.output]) continue;
    const auto define = FindOpKernel(op.type)->define;
    Status defined;
    if (graph_.rows_include_padding && &op == graph_.ops.data()) {
      Op unpadded = op;
      unpadded.pad_top = unpadded.pad_bottom = 0;
      defined = define(*this, unpadded);
    } else {
      defined = define(*this, op);
    }
    AG_RETURN_IF_ERROR(defined.WithContext("op '" + op.name + "'"));
  }
  return OkStatus();
}

size_t GraphBuilder::MostValuesAndNodes() const {
  // No op defines more than three nodes and three values besides its inputs and its output; XNNPACK
  // may add a node and a value for the bounds of its result.
  constexpr size_t kMostOfAnOp = 8;
  return graph_.shapes.size() + graph_.outputs.size() + 1 + kMostOfAnOp * graph_.ops.size();
}

StatusOr<uint32_t> GraphBuilder::Weight(uint32_t tensor_index) {
  const Tensor& tensor = model_.tensors[tensor_index];
  const std::vector<size_t> dims(tensor.shape.begin(), tensor.shape.end());
  uint32_t id = XNN_INVALID_VALUE_ID;
  AG_RETURN_IF_ERROR(
      CheckXnn(xnn_define_tensor_value(subgraph_.get(), xnn_datatype_fp32, dims.size(), dims.data(),
                                       weights_[tensor_index].data(), XNN_INVALID_VALUE_ID, 0, &id),
               "define_tensor_value"));
  return id;
}

StatusOr<uint32_t> GraphBuilder::Constant(std::span<const size_t> dims, float fill) {
  size_t count = 1;
  for (size_t extent : dims) count *= extent;
  // Kernels may read a little past the end.
  constants_.emplace_back(count + XNN_EXTRA_BYTES / sizeof(float), fill);
  uint32_t id = XNN_INVALID_VALUE_ID;
  AG_RETURN_IF_ERROR(
      CheckXnn(xnn_define_tensor_value(subgraph_.get(), xnn_datatype_fp32, dims.size(), dims.data(),
                                       constants_.back().data(), XNN_INVALID_VALUE_ID, 0, &id),
               "define_tensor_value"));
  return id;
}

StatusOr<uint32_t> GraphBuilder::Intermediate(std::span<const size_t> dims) {
  uint32_t id = XNN_INVALID_VALUE_ID;
  AG_RETURN_IF_ERROR(
      CheckXnn(xnn_define_tensor_value(subgraph_.get(), xnn_datatype_fp32, dims.size(), dims.data(),
                                       nullptr, XNN_INVALID_VALUE_ID, 0, &id),
               "define_tensor_value"));
  return id;
}

}  // namespace ag
