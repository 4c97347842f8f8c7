// One XNNPACK runtime for a graph of fixed shapes. Internal to shared/infer.
#pragma once

#include <pthreadpool.h>
#include <xnnpack.h>

#include <memory>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/infer/graph_builder.h"
#include "shared/model/model.h"

namespace ag {

struct WorkspaceDeleter {
  void operator()(xnn_workspace* workspace) const { xnn_release_workspace(workspace); }
};
using UniqueWorkspace = std::unique_ptr<xnn_workspace, WorkspaceDeleter>;

StatusOr<UniqueWorkspace> MakeWorkspace();

// Shared by the runtimes of one engine. Everything but `workspace` must outlive them.
struct RuntimeContext {
  std::span<const std::vector<float>> weights;  // of each of the model's tensors
  xnn_weights_cache_t packed = nullptr;         // one thread at a time (packed_weights.h)
  xnn_workspace_t workspace = nullptr;          // nullptr: the runtime has its own
  pthreadpool_t pool = nullptr;                 // nullptr: the calling thread alone
};

class GraphRuntime {
 public:
  // Runs graph.ops, as far as graph.outputs need them. They belong to `model`, which must outlive
  // the runtime.
  static StatusOr<std::unique_ptr<GraphRuntime>> Create(const Model& model, Graph graph,
                                                        const RuntimeContext& context);

  // Where to read the input and write the outputs, at every Invoke() from now on. Each buffer holds
  // its value and XNN_EXTRA_BYTES more.
  Status Connect(float* input, std::span<float* const> outputs);
  Status Invoke();

  const Shape& input_shape() const { return graph_.input_shape(); }

 private:
  struct RuntimeDeleter {
    void operator()(xnn_runtime* runtime) const { xnn_delete_runtime(runtime); }
  };

  GraphRuntime(const Model& model, std::span<const std::vector<float>> weights, Graph graph)
      : graph_(model, weights, std::move(graph)) {}

  Status CreateRuntime(const RuntimeContext& context);
  Status Reshape();

  GraphBuilder graph_;         // holds constants that the runtime points into
  UniqueWorkspace workspace_;  // nullptr: shared with others
  std::unique_ptr<xnn_runtime, RuntimeDeleter> runtime_;
};

// Room for `count` floats, plus what kernels may read past them.
std::vector<float> PaddedBuffer(size_t count);

}  // namespace ag
