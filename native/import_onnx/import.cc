#include "native/import_onnx/import.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <utility>

#include "native/import_onnx/converters.h"
#include "native/import_onnx/graph_importer.h"
#include "native/import_onnx/onnx_model.h"
#include "shared/base/sha256.h"
#include "shared/face/align.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"

namespace ag::onnx_import {
namespace {

// Older versions of ONNX broadcast and pad by other rules.
constexpr int64_t kOldestOpset = 7;

// nullptr: the engine has no such op.
const Converter* FindConverter(const OnnxNode& node) {
  if (!node.domain.empty()) return nullptr;
  for (const std::span<const Converter> converters :
       {WindowConverters(), DenseConverters(), PointwiseConverters(), LayoutConverters()}) {
    for (const Converter& converter : converters) {
      if (converter.op_type == node.op_type) return &converter;
    }
  }
  return nullptr;
}

bool IsChannelCount(int64_t dim) { return dim == 1 || dim == 3; }

// [1, C, H, W], or [1, H, W, C] as TensorFlow's exporters have it.
Status AddInput(const OnnxModel& onnx, uint32_t open_side, GraphImporter* graph, Shape* shape) {
  if (onnx.inputs.size() != 1) {
    return Status(Code::kModelGraph,
                  std::to_string(onnx.inputs.size()) + " inputs; expected one picture");
  }
  const OnnxInput& input = onnx.inputs[0];
  std::vector<int64_t> dims = input.dims;
  const bool is_picture = dims.size() == 4 && (dims[0] == 1 || dims[0] == -1) &&
                          (IsChannelCount(dims[1]) || IsChannelCount(dims[3]));
  if (!is_picture) {
    return Status(Code::kModelShape, "input " + QuoteName(input.name) +
                                         " is not one picture [1, 1 or 3, height, width]");
  }
  const bool channels_first = IsChannelCount(dims[1]);
  const int64_t channels = dims[channels_first ? 1 : 3];
  int64_t sides[] = {dims[channels_first ? 2 : 1], dims[channels_first ? 3 : 2]};
  for (int64_t& side : sides) {
    if (side == -1) side = open_side;
    if (side < 1 || side > kMaxInputSide) {
      return Status(Code::kModelShape, "input " + QuoteName(input.name) + ": a side of " +
                                           std::to_string(side) +
                                           " (give one with --size where the file leaves it open)");
    }
  }
  *shape = {static_cast<uint32_t>(sides[0]), static_cast<uint32_t>(sides[1]),
            static_cast<uint32_t>(channels)};
  return graph->AddInput(input.name, *shape, channels_first ? Form::kMap : Form::kTransposed);
}

Status ConvertNodes(const OnnxModel& onnx, GraphImporter* graph) {
  for (size_t i = 0; i < onnx.nodes.size(); ++i) {
    if (!graph->IsNeeded(i)) continue;
    const OnnxNode& node = onnx.nodes[i];
    const Converter* converter = FindConverter(node);
    if (converter == nullptr) {
      return Status(Code::kModelOp, NodeText(node) + ": the engine has no such op");
    }
    AG_RETURN_IF_ERROR(converter->convert(*graph, node).WithContext(NodeText(node)));
  }
  return OkStatus();
}

StatusOr<uint32_t> ValueOf(const ImportedGraph& graph, const std::string& name) {
  for (size_t i = 0; i < graph.output_names.size(); ++i) {
    if (graph.output_names[i] == name) return graph.model.outputs[i];
  }
  return Status(Code::kModelContract, "the net has no output " + QuoteName(name));
}

// S of every output named cls_S, ascending.
std::vector<uint32_t> FindStrides(const ImportedGraph& graph) {
  constexpr std::string_view kPrefix = "cls_";
  std::vector<uint32_t> strides;
  for (const std::string& name : graph.output_names) {
    if (!name.starts_with(kPrefix)) continue;
    const char* const end = name.data() + name.size();
    uint32_t stride = 0;
    const auto parsed = std::from_chars(name.data() + kPrefix.size(), end, stride);
    if (parsed.ec == std::errc() && parsed.ptr == end && stride >= 1 && stride <= kMaxInputSide) {
      strides.push_back(stride);
    }
  }
  std::sort(strides.begin(), strides.end());
  return strides;
}

Status AddDetectorContract(ImportedGraph* graph) {
  FaceDetectorContract contract;
  uint64_t multiple = 1;
  for (const uint32_t stride : FindStrides(*graph)) {
    const std::string suffix = std::string("_").append(std::to_string(stride));
    DetectorScale scale{.stride = stride};
    AG_ASSIGN_OR_RETURN(scale.class_value, ValueOf(*graph, "cls" + suffix));
    AG_ASSIGN_OR_RETURN(scale.object_value, ValueOf(*graph, "obj" + suffix));
    AG_ASSIGN_OR_RETURN(scale.box_value, ValueOf(*graph, "bbox" + suffix));
    AG_ASSIGN_OR_RETURN(scale.points_value, ValueOf(*graph, "kps" + suffix));
    contract.scales.push_back(scale);
    multiple = std::min<uint64_t>(std::lcm(multiple, uint64_t{stride}), kMaxInputSide + 1);
  }
  if (contract.scales.empty()) {
    return Status(Code::kModelContract, "no outputs cls_8, obj_8, bbox_8, kps_8 or the like");
  }
  InputContract& input = graph->model.input;
  input.size_multiple = static_cast<uint32_t>(multiple);
  input.colour = Colour::kBgr;
  input.mean = {0, 0, 0};
  input.scale = {1, 1, 1};
  graph->model.face_detector = std::move(contract);
  return OkStatus();
}

Status AddAgeGenderContract(const ImportOptions& options, ImportedGraph* graph) {
  Model& model = graph->model;
  AgeGenderContract contract;
  AG_ASSIGN_OR_RETURN(contract.age_value, ValueOf(*graph, options.age_output));
  AG_ASSIGN_OR_RETURN(contract.gender_value, ValueOf(*graph, options.gender_output));
  AG_ASSIGN_OR_RETURN(const std::vector<Shape> shapes,
                      InferShapes(model, AllOpRules(), model.input.height, model.input.width));
  const Shape& age = shapes[contract.age_value];
  if (age.size() != 1 || age[0] > kMaxAgeBins) {
    return Status(Code::kModelContract,
                  "the age is not a vector of at most " + std::to_string(kMaxAgeBins) + " numbers");
  }
  contract.age_kind = age[0] == 1 ? AgeKind::kValue : AgeKind::kDistribution;
  if (age[0] > 1) {
    contract.age_bins.resize(age[0]);
    std::iota(contract.age_bins.begin(), contract.age_bins.end(), 0.0f);
  }
  model.input.crop_points = kDefaultCropPoints;
  model.age_gender = std::move(contract);
  return OkStatus();
}

Provenance MakeProvenance(std::span<const uint8_t> file, const ImportOptions& options) {
  return {.name = options.name,
          .licence = options.licence,
          .source = options.source,
          .recipe = options.recipe,
          .data_hash = HexString(HashSha256(file)),
          .code_commit = "",
          .metrics = {}};
}

}  // namespace

StatusOr<ImportedGraph> ImportGraph(std::span<const uint8_t> file, const ImportOptions& options) {
  AG_ASSIGN_OR_RETURN(const OnnxModel onnx, ParseOnnx(file));
  if (onnx.opset < kOldestOpset) {
    return Status(Code::kModelVersion, "opset " + std::to_string(onnx.opset) + "; expected " +
                                           std::to_string(kOldestOpset) + " or newer");
  }
  GraphImporter graph(onnx);
  Shape shape;
  AG_RETURN_IF_ERROR(AddInput(onnx, options.open_side, &graph, &shape));
  AG_RETURN_IF_ERROR(ConvertNodes(onnx, &graph));
  AG_ASSIGN_OR_RETURN(Model model, graph.Finish(options.storage, options.grid_bits));
  model.input.height = shape[0];
  model.input.width = shape[1];
  model.input.colour = shape[2] == 1 ? Colour::kGray : options.colour;
  if (ChannelCount(model.input.colour) != shape[2]) {
    return Status(Code::kModelContract, "the net takes colour pictures, not gray ones");
  }
  model.input.mean.assign(shape[2], options.mean);
  model.input.scale.assign(shape[2], options.scale);
  return ImportedGraph{std::move(model), onnx.outputs};
}

StatusOr<Model> ImportOnnx(std::span<const uint8_t> file, const ImportOptions& options) {
  AG_ASSIGN_OR_RETURN(ImportedGraph graph, ImportGraph(file, options));
  if (options.kind == Kind::kFaceDetector) {
    AG_RETURN_IF_ERROR(AddDetectorContract(&graph));
  } else {
    AG_RETURN_IF_ERROR(AddAgeGenderContract(options, &graph));
  }
  graph.model.provenance = MakeProvenance(file, options);
  AG_RETURN_IF_ERROR(CheckModel(graph.model, AllOpRules()));
  return std::move(graph.model);
}

}  // namespace ag::onnx_import
