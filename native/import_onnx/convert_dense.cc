// Dense layers: Gemm and MatMul.
#include <utility>

#include "native/import_onnx/converters.h"

namespace ag::onnx_import {
namespace {

// [out, in] in our element order.
struct DenseWeights {
  uint32_t out = 0, in = 0;
  std::vector<float> values;
};

// `matrix` is [in, out], or [out, in] if `transposed`.
StatusOr<DenseWeights> ReadMatrix(const OnnxTensor& matrix, bool transposed, uint32_t in) {
  if (matrix.dims.size() != 2 || matrix.floats.empty()) {
    return Status(Code::kModelShape, "its weights are not a float matrix");
  }
  const uint32_t rows = static_cast<uint32_t>(matrix.dims[0]);
  const uint32_t columns = static_cast<uint32_t>(matrix.dims[1]);
  DenseWeights dense{
      .out = transposed ? rows : columns, .in = transposed ? columns : rows, .values = {}};
  if (dense.in != in) {
    return Status(Code::kModelShape, "its weights take " + std::to_string(dense.in) +
                                         " numbers; its input has " + std::to_string(in));
  }
  if (transposed) {
    dense.values = matrix.floats;
    return dense;
  }
  dense.values.resize(matrix.floats.size());
  for (size_t i = 0; i < in; ++i) {
    for (size_t o = 0; o < dense.out; ++o) {
      dense.values[o * in + i] = matrix.floats[i * dense.out + o];
    }
  }
  return dense;
}

// ONNX flattened [c, h, w], we flattened [h, w, c]: reorders each row's weights.
void PermuteRows(const Shape& map, DenseWeights* dense) {
  const size_t cells = size_t{map[0]} * map[1], channels = map[2];
  std::vector<float> moved(dense->values.size());
  for (size_t o = 0; o < dense->out; ++o) {
    const size_t row = o * dense->in;
    for (size_t cell = 0; cell < cells; ++cell) {
      for (size_t c = 0; c < channels; ++c) {
        moved[row + cell * channels + c] = dense->values[row + c * cells + cell];
      }
    }
  }
  dense->values = std::move(moved);
}

StatusOr<Wire> VectorInput(const GraphImporter& graph, const OnnxNode& node) {
  AG_ASSIGN_OR_RETURN(Wire wire, graph.Activation(node, 0));
  if (wire.form == Form::kVector) return wire;
  return Status(Code::kModelOp, "its input is not a vector [1, n] (flatten the map first)");
}

// The bias of `out` numbers: a vector, a row, or one number for all of them.
StatusOr<std::vector<float>> ReadBias(const GraphImporter& graph, const OnnxNode& node,
                                      float factor, uint32_t out) {
  std::vector<float> bias(out, 0.0f);
  if (!graph.HasInput(node, 2)) return bias;
  AG_ASSIGN_OR_RETURN(const OnnxTensor* found, graph.Constant(node, 2));
  if (found->floats.size() != out && found->floats.size() != 1) {
    return Status(Code::kModelShape, "its bias has " + std::to_string(found->floats.size()) +
                                         " numbers; expected " + std::to_string(out));
  }
  for (size_t o = 0; o < out; ++o) {
    bias[o] = factor * found->floats[found->floats.size() == 1 ? 0 : o];
  }
  return bias;
}

Status EmitDense(GraphImporter& graph, const OnnxNode& node, const Wire& input, DenseWeights dense,
                 const std::vector<float>& bias) {
  if (!input.flattened.empty()) PermuteRows(input.flattened, &dense);
  Op op;
  op.type = OpType::kFullyConnected;
  AG_ASSIGN_OR_RETURN(const uint32_t weights,
                      graph.AddTensor(node.inputs[1], {dense.out, dense.in}, dense.values, 0));
  AG_ASSIGN_OR_RETURN(const uint32_t bias_index,
                      graph.AddTensor(node.name + ".bias", {dense.out}, bias, 0));
  op.tensors = {weights, bias_index};
  return graph.Emit(node, std::move(op), {input}, Form::kVector);
}

Status ConvertGemm(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"alpha", "beta", "transA", "transB"}));
  AG_RETURN_IF_ERROR(ExpectInt(node, "transA", 0));
  AG_ASSIGN_OR_RETURN(const int64_t transposed, IntAttribute(node, "transB", 0));
  AG_ASSIGN_OR_RETURN(const float alpha, FloatAttribute(node, "alpha", 1.0f));
  AG_ASSIGN_OR_RETURN(const float beta, FloatAttribute(node, "beta", 1.0f));
  AG_ASSIGN_OR_RETURN(const Wire input, VectorInput(graph, node));
  AG_ASSIGN_OR_RETURN(const OnnxTensor* matrix, graph.Constant(node, 1));
  AG_ASSIGN_OR_RETURN(DenseWeights dense, ReadMatrix(*matrix, transposed != 0, input.shape[0]));
  for (float& value : dense.values) value *= alpha;
  AG_ASSIGN_OR_RETURN(const std::vector<float> bias, ReadBias(graph, node, beta, dense.out));
  return EmitDense(graph, node, input, std::move(dense), bias);
}

Status ConvertMatMul(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {}));
  AG_ASSIGN_OR_RETURN(const Wire input, VectorInput(graph, node));
  AG_ASSIGN_OR_RETURN(const OnnxTensor* matrix, graph.Constant(node, 1));
  AG_ASSIGN_OR_RETURN(DenseWeights dense, ReadMatrix(*matrix, false, input.shape[0]));
  const std::vector<float> bias(dense.out, 0.0f);
  return EmitDense(graph, node, input, std::move(dense), bias);
}

}  // namespace

std::span<const Converter> DenseConverters() {
  static constexpr Converter kConverters[] = {{"Gemm", ConvertGemm}, {"MatMul", ConvertMatMul}};
  return kConverters;
}

}  // namespace ag::onnx_import
