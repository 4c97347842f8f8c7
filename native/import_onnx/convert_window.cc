// Ops that slide a window over a map: convolution and pooling.
#include <algorithm>
#include <tuple>
#include <utility>

#include "native/import_onnx/converters.h"

namespace ag::onnx_import {
namespace {

constexpr int64_t kMaxWindow = 1024;  // as the model's reader has it

StatusOr<Wire> MapInput(const GraphImporter& graph, const OnnxNode& node) {
  AG_ASSIGN_OR_RETURN(Wire wire, graph.Activation(node, 0));
  if (wire.form == Form::kMap) return wire;
  return Status(Code::kModelOp, "its input is not a map [1, channels, height, width]");
}

// `count` numbers in lowest..kMaxWindow, or `absent` repeated if the attribute is missing.
StatusOr<std::vector<uint32_t>> WindowNumbers(const OnnxNode& node, std::string_view name,
                                              size_t count, int64_t lowest, uint32_t absent) {
  AG_ASSIGN_OR_RETURN(const std::vector<int64_t> found, IntsAttribute(node, name));
  if (found.empty()) return std::vector<uint32_t>(count, absent);
  std::vector<uint32_t> numbers;
  for (const int64_t number : found) {
    if (number < lowest || number > kMaxWindow) {
      return Status(Code::kModelOp, "attribute " + QuoteName(name) + " holds " +
                                        std::to_string(number) + "; expected " +
                                        std::to_string(lowest) + " to " +
                                        std::to_string(kMaxWindow));
    }
    numbers.push_back(static_cast<uint32_t>(number));
  }
  if (numbers.size() == count) return numbers;
  return Status(Code::kModelOp, "attribute " + QuoteName(name) + " holds " +
                                    std::to_string(numbers.size()) + " numbers; expected " +
                                    std::to_string(count) + " (two spatial dimensions)");
}

// SAME_UPPER: the output has ceil(size / stride) cells; an odd remainder of the padding goes to the
// end.
std::pair<uint32_t, uint32_t> SamePadding(uint32_t size, uint32_t kernel, uint32_t stride) {
  const uint32_t cells = (size + stride - 1) / stride;
  const uint32_t covered = (cells - 1) * stride + kernel;
  const uint32_t padding = covered > size ? covered - size : 0;
  return {padding / 2, padding - padding / 2};
}

Status ReadPadding(const OnnxNode& node, const Shape& input, Op* op) {
  AG_ASSIGN_OR_RETURN(const std::string kind, StringAttribute(node, "auto_pad", "NOTSET"));
  if (kind == "VALID") return OkStatus();
  if (kind == "SAME_UPPER") {
    std::tie(op->pad_top, op->pad_bottom) =
        SamePadding(input[0], op->kernel_height, op->stride_height);
    std::tie(op->pad_left, op->pad_right) =
        SamePadding(input[1], op->kernel_width, op->stride_width);
    return OkStatus();
  }
  if (kind != "NOTSET") {
    return Status(Code::kModelOp,
                  "auto_pad " + QuoteName(kind) + "; NOTSET, VALID and SAME_UPPER are supported");
  }
  AG_ASSIGN_OR_RETURN(const std::vector<uint32_t> pads, WindowNumbers(node, "pads", 4, 0, 0));
  op->pad_top = pads[0];
  op->pad_left = pads[1];
  op->pad_bottom = pads[2];
  op->pad_right = pads[3];
  if (std::max({pads[0], pads[1], pads[2], pads[3]}) <
      std::max(op->kernel_height, op->kernel_width)) {
    return OkStatus();
  }
  return Status(Code::kModelOp, "padding as wide as the window");
}

// kernel, stride and padding; `input` is [height, width, channels].
Status ReadWindow(const OnnxNode& node, const Shape& input, Op* op) {
  AG_ASSIGN_OR_RETURN(const auto dilations, WindowNumbers(node, "dilations", 2, 1, 1));
  if (dilations[0] != 1 || dilations[1] != 1) {
    return Status(Code::kModelOp, "dilation is not supported");
  }
  AG_ASSIGN_OR_RETURN(const auto strides, WindowNumbers(node, "strides", 2, 1, 1));
  op->stride_height = strides[0];
  op->stride_width = strides[1];
  AG_ASSIGN_OR_RETURN(const auto kernel, WindowNumbers(node, "kernel_shape", 2, 1, 0));
  if (kernel[0] != 0 && op->kernel_height != 0 &&
      (kernel[0] != op->kernel_height || kernel[1] != op->kernel_width)) {
    return Status(Code::kModelShape, "kernel_shape differs from the filter's shape");
  }
  if (op->kernel_height == 0) {
    op->kernel_height = kernel[0];
    op->kernel_width = kernel[1];
  }
  if (op->kernel_height == 0) return Status(Code::kModelOp, "attribute 'kernel_shape' is missing");
  return ReadPadding(node, input, op);
}

// [out, in, kh, kw] -> [out, kh, kw, in].
std::vector<float> FilterToOhwi(const OnnxTensor& filter) {
  const size_t out = filter.dims[0], in = filter.dims[1];
  const size_t window = static_cast<size_t>(filter.dims[2] * filter.dims[3]);
  std::vector<float> result(filter.floats.size());
  for (size_t o = 0; o < out; ++o) {
    for (size_t i = 0; i < in; ++i) {
      for (size_t k = 0; k < window; ++k) {
        result[(o * window + k) * in + i] = filter.floats[(o * in + i) * window + k];
      }
    }
  }
  return result;
}

// [channels, 1, kh, kw] -> [1, kh, kw, channels].
std::vector<float> DepthwiseFilter(const OnnxTensor& filter) {
  const size_t channels = filter.dims[0];
  const size_t window = static_cast<size_t>(filter.dims[2] * filter.dims[3]);
  std::vector<float> result(filter.floats.size());
  for (size_t c = 0; c < channels; ++c) {
    for (size_t k = 0; k < window; ++k) {
      result[k * channels + c] = filter.floats[c * window + k];
    }
  }
  return result;
}

Status CheckFilter(const OnnxTensor& filter) {
  if (filter.dims.size() != 4 || filter.floats.empty()) {
    return Status(Code::kModelShape, "its filter is not float [out, in, height, width]");
  }
  if (filter.dims[2] <= kMaxWindow && filter.dims[3] <= kMaxWindow) return OkStatus();
  return Status(Code::kModelLimit, "its filter is larger than " + std::to_string(kMaxWindow));
}

StatusOr<OpType> ConvolutionType(const OnnxTensor& filter, int64_t group, uint32_t channels) {
  if (group == 1) return OpType::kConv2D;
  if (group == channels && filter.dims[1] == 1 && filter.dims[0] == group) {
    return OpType::kDepthwiseConv2D;
  }
  return Status(Code::kModelOp,
                std::to_string(group) + " groups of " + std::to_string(channels) +
                    " channels in and " + std::to_string(filter.dims[0]) +
                    " out; only one group, or one filter per channel, is supported");
}

StatusOr<std::vector<float>> ReadBias(const GraphImporter& graph, const OnnxNode& node,
                                      size_t channels) {
  if (!graph.HasInput(node, 2)) return std::vector<float>(channels, 0.0f);
  AG_ASSIGN_OR_RETURN(const OnnxTensor* bias, graph.Constant(node, 2));
  if (bias->floats.size() == channels) return bias->floats;
  return Status(Code::kModelShape, "its bias has " + std::to_string(bias->floats.size()) +
                                       " numbers; expected " + std::to_string(channels));
}

Status ConvertConv(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(
      CheckAttributes(node, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}));
  AG_ASSIGN_OR_RETURN(const Wire input, MapInput(graph, node));
  AG_ASSIGN_OR_RETURN(const OnnxTensor* filter, graph.Constant(node, 1));
  AG_RETURN_IF_ERROR(CheckFilter(*filter));
  AG_ASSIGN_OR_RETURN(const int64_t group, IntAttribute(node, "group", 1));
  Op op;
  AG_ASSIGN_OR_RETURN(op.type, ConvolutionType(*filter, group, input.shape[2]));
  op.kernel_height = static_cast<uint32_t>(filter->dims[2]);
  op.kernel_width = static_cast<uint32_t>(filter->dims[3]);
  AG_RETURN_IF_ERROR(ReadWindow(node, input.shape, &op));

  const uint32_t out = static_cast<uint32_t>(filter->dims[0]);
  const uint32_t in = static_cast<uint32_t>(filter->dims[1]);
  const bool depthwise = op.type == OpType::kDepthwiseConv2D;
  const Shape shape = depthwise ? Shape{1, op.kernel_height, op.kernel_width, out}
                                : Shape{out, op.kernel_height, op.kernel_width, in};
  const std::vector<float> values = depthwise ? DepthwiseFilter(*filter) : FilterToOhwi(*filter);
  AG_ASSIGN_OR_RETURN(const uint32_t weights,
                      graph.AddTensor(node.inputs[1], shape, values, depthwise ? 3 : 0));
  AG_ASSIGN_OR_RETURN(const std::vector<float> bias_values, ReadBias(graph, node, out));
  AG_ASSIGN_OR_RETURN(const uint32_t bias,
                      graph.AddTensor(graph.HasInput(node, 2) ? node.inputs[2] : "zero bias", {out},
                                      bias_values, 0));
  op.tensors = {weights, bias};
  return graph.Emit(node, std::move(op), {input}, Form::kMap);
}

Status ConvertMaxPool(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"auto_pad", "ceil_mode", "dilations", "kernel_shape",
                                            "pads", "storage_order", "strides"}));
  AG_RETURN_IF_ERROR(ExpectInt(node, "ceil_mode", 0));
  AG_RETURN_IF_ERROR(ExpectInt(node, "storage_order", 0));
  if (node.outputs.size() > 1)
    return Status(Code::kModelOp, "its output of indices is not supported");
  AG_ASSIGN_OR_RETURN(const Wire input, MapInput(graph, node));
  Op op;
  op.type = OpType::kMaxPool2D;
  AG_RETURN_IF_ERROR(ReadWindow(node, input.shape, &op));
  return graph.Emit(node, std::move(op), {input}, Form::kMap);
}

Status ConvertGlobalAveragePool(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {}));
  AG_ASSIGN_OR_RETURN(const Wire input, MapInput(graph, node));
  Op op;
  op.type = OpType::kGlobalAveragePool;
  return graph.Emit(node, std::move(op), {input}, Form::kPooled);
}

}  // namespace

std::span<const Converter> WindowConverters() {
  static constexpr Converter kConverters[] = {{"Conv", ConvertConv},
                                              {"MaxPool", ConvertMaxPool},
                                              {"GlobalAveragePool", ConvertGlobalAveragePool}};
  return kConverters;
}

}  // namespace ag::onnx_import
