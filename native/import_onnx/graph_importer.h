// Builds the engine's graph while the importer walks through the ONNX nodes.
//
// ONNX activations are NCHW, the engine's are NHWC. A Wire says which of our values stands for an
// ONNX name and how ONNX views it. So a Transpose or Reshape that only changes the view costs
// nothing, and one that would really move data is refused.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "native/import_onnx/onnx_model.h"
#include "shared/base/sha256.h"
#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag::onnx_import {

enum class Form : uint8_t {
  kMap,         // ONNX [1, C, H, W];   ours [h, w, c]
  kTransposed,  // ONNX [1, H, W, C];   ours [h, w, c]
  kRows,        // ONNX [1, H * W, C];  ours [h, w, c]
  kPooled,      // ONNX [1, C, 1, 1];   ours [c]
  kVector,      // ONNX [1, N];         ours [n]
};

struct Wire {
  uint32_t value = 0;
  Shape shape;
  Form form = Form::kMap;
  // Only the current node reads the value, so it may be changed where it is made.
  bool exclusive = false;
  // kVector made by flattening a map: its [h, w, c]. ONNX has the elements in the order c, h, w, we
  // have them in the order h, w, c. Empty if the two orders agree.
  Shape flattened;
};

class GraphImporter {
 public:
  explicit GraphImporter(const OnnxModel& onnx);

  // Declares the net's input, in our order [height, width, channels].
  Status AddInput(const std::string& name, const Shape& shape, Form form);

  int64_t opset() const { return onnx_.opset; }
  bool IsConstant(const std::string& name) const;
  // The node's inputs. kModelGraph if there is no such input, or it is used before it is made;
  // kModelOp if it is a constant where an activation is expected, or the other way round.
  StatusOr<Wire> Activation(const OnnxNode& node, size_t index) const;
  StatusOr<const OnnxTensor*> Constant(const OnnxNode& node, size_t index) const;
  bool HasInput(const OnnxNode& node, size_t index) const;

  // A weight in the engine's order; equal ones become one tensor. `channel_axis`: the axis of the
  // output channels, for int8. kModelLimit above the cap on all weights, kModelNonFinite.
  StatusOr<uint32_t> AddTensor(const std::string& name, const std::vector<uint32_t>& shape,
                               std::span<const float> values, uint8_t channel_axis);

  // Appends `op` (complete but for name and output), checks it by the engine's own rule and binds
  // the node's first output to its result. `flattened` as in Wire.
  Status Emit(const OnnxNode& node, Op op, const std::vector<Wire>& inputs, Form form,
              const Shape& flattened = {});
  // The node's first output is `wire` itself, possibly viewed in another form.
  Status Alias(const OnnxNode& node, Wire wire);
  Status AddConstant(const OnnxNode& node, OnnxTensor tensor);

  // The op that made the wire's value, if it may be changed in place: it has to be one of `types`,
  // without activation, and read by nothing else. Otherwise nullptr.
  Op* Foldable(const Wire& wire, std::span<const OpType> types);
  const Tensor& tensor(uint32_t index) const { return model_.tensors[index]; }  // float32
  uint8_t channel_axis(uint32_t index) const { return channel_axes_[index]; }

  // The model without input and output contracts: weights stored as `storage` says (biases always
  // in float32; first rounded to a grid: ImportOptions), unused tensors dropped, outputs in the
  // order of the ONNX file.
  StatusOr<Model> Finish(Storage storage, int grid_bits);
  // Index of a graph output; kModelGraph if nothing makes it, kModelShape if our elements would be
  // in another order.
  StatusOr<Wire> Output(const std::string& name) const;

  // Nodes on whose results an output depends; the others are skipped.
  bool IsNeeded(size_t node_index) const { return needed_[node_index]; }

 private:
  Status Bind(const std::string& name, Wire wire);
  void FindNeededNodes();

  const OnnxModel& onnx_;
  std::vector<bool> needed_;
  std::map<std::string, int, std::less<>> uses_;  // by needed nodes and as output of the graph
  std::map<std::string, Wire, std::less<>> wires_;
  std::map<std::string, OnnxTensor, std::less<>> constants_;  // made by Constant nodes
  std::map<uint32_t, size_t> producer_;                       // value -> op
  std::map<Sha256Digest, uint32_t> tensors_by_content_;
  std::vector<uint8_t> channel_axes_;  // per tensor of model_
  uint64_t weight_count_ = 0;
  Model model_;
};

}  // namespace ag::onnx_import
