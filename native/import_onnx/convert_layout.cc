// Ops that change the shape or the order of axes, and upsampling.
#include <algorithm>
#include <array>
#include <utility>

#include "native/import_onnx/converters.h"

namespace ag::onnx_import {
namespace {

// The shape as ONNX sees it.
std::vector<int64_t> OnnxDims(const Wire& wire) {
  const Shape& s = wire.shape;
  switch (wire.form) {
    case Form::kMap:
      return {1, s[2], s[0], s[1]};
    case Form::kTransposed:
      return {1, s[0], s[1], s[2]};
    case Form::kRows:
      return {1, int64_t{s[0]} * s[1], s[2]};
    case Form::kPooled:
      return {1, s[0], 1, 1};
    case Form::kVector:
      return {1, s[0]};
  }
  return {};
}

std::string DimsText(const std::vector<int64_t>& dims) {
  std::string text = "[";
  for (const int64_t dim : dims) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

// Number of elements, in ONNX's order.
Status Flatten(GraphImporter& graph, const OnnxNode& node, Wire input) {
  if (input.shape.size() == 1) {
    input.form = Form::kVector;
    return graph.Alias(node, std::move(input));
  }
  Op op;
  op.type = OpType::kFlatten;
  const bool same_order = input.form != Form::kMap || input.shape[2] == 1 ||
                          (input.shape[0] == 1 && input.shape[1] == 1);
  return graph.Emit(node, std::move(op), {input}, Form::kVector,
                    same_order ? Shape{} : input.shape);
}

// ONNX's rules: 0 copies the dimension of the input, and one -1 takes what is left.
StatusOr<std::vector<int64_t>> ResolveTarget(std::vector<int64_t> target,
                                             const std::vector<int64_t>& dims) {
  int64_t total = 1, known = 1;
  for (const int64_t dim : dims) total *= dim;
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] == 0 && i < dims.size()) target[i] = dims[i];
    if (target[i] == -1) continue;
    if (target[i] < 1 || target[i] > total / known) {
      return Status(Code::kModelShape, "a shape of " + DimsText(target) + " for " + DimsText(dims));
    }
    known *= target[i];
  }
  const auto open = std::find(target.begin(), target.end(), -1);
  if (open != target.end()) {
    *open = total / known;
    known *= *open;
  }
  if (known == total && std::count(target.begin(), target.end(), -1) == 0) return target;
  return Status(Code::kModelShape, "a shape of " + DimsText(target) + " for " + DimsText(dims));
}

// How to view the same elements in the same order as `target`, if one of our forms allows it.
Status LookAs(GraphImporter& graph, const OnnxNode& node, Wire wire,
              const std::vector<int64_t>& target) {
  const std::vector<int64_t> dims = OnnxDims(wire);
  if (target.size() == 2 && target[0] == 1) return Flatten(graph, node, std::move(wire));
  for (const auto& [from, to] :
       {std::pair{Form::kTransposed, Form::kRows}, std::pair{Form::kRows, Form::kTransposed},
        std::pair{Form::kVector, Form::kPooled}, std::pair{wire.form, wire.form}}) {
    Wire candidate = wire;
    candidate.form = to;
    if (wire.form == from && wire.flattened.empty() && OnnxDims(candidate) == target) {
      return graph.Alias(node, std::move(candidate));
    }
  }
  return Status(Code::kModelOp, "from " + DimsText(dims) + " to " + DimsText(target) +
                                    " is not supported (only flattening, and rows of cells)");
}

// Factors [1, 1, 2, 2], given as scales or as the output's size.
Status ExpectTwice(const std::vector<float>& scales) {
  if (scales == std::vector<float>{1, 1, 2, 2}) return OkStatus();
  return Status(Code::kModelOp, "only enlarging height and width by 2 is supported");
}

Status ReadResizeFactors(const GraphImporter& graph, const OnnxNode& node, const Wire& input) {
  const size_t scales_index = graph.opset() < 11 ? 1 : 2;
  if (graph.HasInput(node, scales_index)) {
    AG_ASSIGN_OR_RETURN(const OnnxTensor* scales, graph.Constant(node, scales_index));
    if (!scales->floats.empty()) return ExpectTwice(scales->floats);
  }
  AG_ASSIGN_OR_RETURN(const OnnxTensor* sizes, graph.Constant(node, 3));
  const Shape& s = input.shape;
  const std::vector<int64_t> twice = {1, s[2], int64_t{2} * s[0], int64_t{2} * s[1]};
  return sizes->ints == twice ? OkStatus() : ExpectTwice({});
}

// Which of ONNX's ways of rounding a coordinate repeat each pixel exactly twice. Output x looks at
// x / 2 (asymmetric), x / 2 - 0.25 (half_pixel) or x / 2 + 0.25 (tf_half_pixel_for_nn).
bool RepeatsPixels(std::string_view coordinates, std::string_view rounding) {
  if (coordinates == "asymmetric") return rounding == "floor" || rounding == "round_prefer_floor";
  if (coordinates == "half_pixel" || coordinates == "pytorch_half_pixel") {
    return rounding == "round_prefer_floor" || rounding == "round_prefer_ceil";
  }
  return coordinates == "tf_half_pixel_for_nn" && rounding == "floor";
}

Status CheckResizeMode(const GraphImporter& graph, const OnnxNode& node) {
  AG_ASSIGN_OR_RETURN(const std::string mode, StringAttribute(node, "mode", "nearest"));
  if (mode != "nearest") return Status(Code::kModelOp, "mode " + QuoteName(mode));
  if (graph.opset() < 11) return OkStatus();  // always asymmetric and floor
  AG_ASSIGN_OR_RETURN(const std::string coordinates,
                      StringAttribute(node, "coordinate_transformation_mode", "half_pixel"));
  AG_ASSIGN_OR_RETURN(const std::string rounding,
                      StringAttribute(node, "nearest_mode", "round_prefer_floor"));
  if (RepeatsPixels(coordinates, rounding)) return OkStatus();
  return Status(Code::kModelOp, QuoteName(coordinates) + " with " + QuoteName(rounding) +
                                    " does not repeat each pixel twice");
}

StatusOr<Wire> MapInput(const GraphImporter& graph, const OnnxNode& node) {
  AG_ASSIGN_OR_RETURN(Wire wire, graph.Activation(node, 0));
  if (wire.form == Form::kMap) return wire;
  return Status(Code::kModelOp, "its input is not a map [1, channels, height, width]");
}

Status EmitUpsampling(GraphImporter& graph, const OnnxNode& node, const Wire& input) {
  Op op;
  op.type = OpType::kUpsampleNearest2x;
  return graph.Emit(node, std::move(op), {input}, Form::kMap);
}

Status ConvertFlatten(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"axis"}));
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  AG_ASSIGN_OR_RETURN(const int64_t axis, IntAttribute(node, "axis", 1));
  const int64_t rank = static_cast<int64_t>(OnnxDims(input).size());
  if (axis != 1 && axis + rank != 1) {
    return Status(Code::kModelOp, "axis " + std::to_string(axis) + "; only 1 is supported");
  }
  return Flatten(graph, node, input);
}

Status ConvertReshape(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"allowzero"}));
  AG_RETURN_IF_ERROR(ExpectInt(node, "allowzero", 0));
  AG_ASSIGN_OR_RETURN(const Wire input, graph.Activation(node, 0));
  AG_ASSIGN_OR_RETURN(const OnnxTensor* shape, graph.Constant(node, 1));
  AG_ASSIGN_OR_RETURN(const std::vector<int64_t> target,
                      ResolveTarget(shape->ints, OnnxDims(input)));
  return LookAs(graph, node, input, target);
}

Status ConvertTranspose(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"perm"}));
  AG_ASSIGN_OR_RETURN(Wire input, graph.Activation(node, 0));
  AG_ASSIGN_OR_RETURN(const std::vector<int64_t> order, IntsAttribute(node, "perm"));
  const std::vector<int64_t> to_nhwc = {0, 2, 3, 1}, to_nchw = {0, 3, 1, 2};
  if (input.form == Form::kMap && order == to_nhwc) {
    input.form = Form::kTransposed;
  } else if (input.form == Form::kTransposed && order == to_nchw) {
    input.form = Form::kMap;
  } else {
    return Status(Code::kModelOp, "order " + DimsText(order) + " of " + DimsText(OnnxDims(input)) +
                                      "; only NCHW to NHWC and back is supported");
  }
  return graph.Alias(node, std::move(input));
}

Status ConvertResize(GraphImporter& graph, const OnnxNode& node) {
  // Attributes of the cubic and cropping modes appear with their defaults in many files.
  AG_RETURN_IF_ERROR(
      CheckAttributes(node, {"antialias", "coordinate_transformation_mode", "cubic_coeff_a",
                             "exclude_outside", "extrapolation_value", "mode", "nearest_mode"}));
  AG_RETURN_IF_ERROR(CheckResizeMode(graph, node));
  AG_ASSIGN_OR_RETURN(const Wire input, MapInput(graph, node));
  AG_RETURN_IF_ERROR(ReadResizeFactors(graph, node, input));
  return EmitUpsampling(graph, node, input);
}

Status ConvertUpsample(GraphImporter& graph, const OnnxNode& node) {
  AG_RETURN_IF_ERROR(CheckAttributes(node, {"mode", "scales"}));
  AG_ASSIGN_OR_RETURN(const std::string mode, StringAttribute(node, "mode", "nearest"));
  if (mode != "nearest") return Status(Code::kModelOp, "mode " + QuoteName(mode));
  AG_ASSIGN_OR_RETURN(const Wire input, MapInput(graph, node));
  const auto scales = node.attributes.find("scales");
  if (scales != node.attributes.end()) {
    const auto* factors = std::get_if<std::vector<float>>(&scales->second);
    AG_RETURN_IF_ERROR(ExpectTwice(factors != nullptr ? *factors : std::vector<float>{}));
  } else {
    AG_ASSIGN_OR_RETURN(const OnnxTensor* factors, graph.Constant(node, 1));
    AG_RETURN_IF_ERROR(ExpectTwice(factors->floats));
  }
  return EmitUpsampling(graph, node, input);
}

}  // namespace

std::span<const Converter> LayoutConverters() {
  static constexpr Converter kConverters[] = {{"Flatten", ConvertFlatten},
                                              {"Reshape", ConvertReshape},
                                              {"Transpose", ConvertTranspose},
                                              {"Resize", ConvertResize},
                                              {"Upsample", ConvertUpsample}};
  return kConverters;
}

}  // namespace ag::onnx_import
