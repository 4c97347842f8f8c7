// Turns a verified model into an XNNPACK subgraph, op by op. Internal to shared/infer.
#pragma once

#include <xnnpack.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag {

struct SubgraphDeleter {
  void operator()(xnn_subgraph* subgraph) const { xnn_delete_subgraph(subgraph); }
};
using UniqueSubgraph = std::unique_ptr<xnn_subgraph, SubgraphDeleter>;

// Bounds of a fused activation.
struct ActivationRange {
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
};
ActivationRange RangeOf(Activation activation);

// ok, or kBackend with the call's name and XNNPACK's reason.
Status CheckXnn(xnn_status status, const char* call);

// A model's graph, or part of it.
struct Graph {
  std::span<const Op> ops;            // of the model, in its order
  uint32_t input = 0;                 // the value that they begin with
  std::vector<uint32_t> outputs;      // values
  std::vector<Shape> shapes;          // of each of the model's values
  bool rows_include_padding = false;  // of the input: above and below, for the first op
};

class GraphBuilder {
 public:
  // `weights`: float32 values of each tensor of `model`. Both, and the builder itself, must outlive
  // the runtime made from subgraph().
  GraphBuilder(const Model& model, std::span<const std::vector<float>> weights, Graph graph);

  // Defines the values and ops that the outputs depend on. External ids: 0 the input, 1 + i
  // outputs[i].
  Status Build();

  xnn_subgraph_t subgraph() const { return subgraph_.get(); }
  // After Build(): an upper bound of what the subgraph holds.
  size_t MostValuesAndNodes() const;
  const Shape& input_shape() const { return graph_.shapes[graph_.input]; }
  const Shape& shape(uint32_t value) const { return graph_.shapes[value]; }

  // For the lowerings in ops/: ids in the subgraph.
  uint32_t value(uint32_t index) const { return value_ids_[index]; }
  StatusOr<uint32_t> Weight(uint32_t tensor_index);  // with the tensor's own shape
  StatusOr<uint32_t> Constant(std::span<const size_t> dims, float fill);
  StatusOr<uint32_t> Intermediate(std::span<const size_t> dims);

 private:
  // For each value, whether the outputs depend on it. The others are left out: XNNPACK ends the
  // process over an op whose only reader is itself read by nothing.
  std::vector<bool> FindNeededValues() const;
  Status DefineValues(const std::vector<bool>& needed);

  const Model& model_;
  std::span<const std::vector<float>> weights_;
  const Graph graph_;
  UniqueSubgraph subgraph_;
  std::vector<uint32_t> value_ids_;
  std::deque<std::vector<float>> constants_;
};

}  // namespace ag
