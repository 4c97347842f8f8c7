#include "shared/infer/graph_runtime.h"

namespace ag {

std::vector<float> PaddedBuffer(size_t count) {
  return std::vector<float>(count + XNN_EXTRA_BYTES / sizeof(float), 0.0f);
}

StatusOr<std::unique_ptr<GraphRuntime>> GraphRuntime::Create(const Model& model, Graph graph,
                                                             const RuntimeContext& context) {
  std::unique_ptr<GraphRuntime> made(new GraphRuntime(model, context.weights, std::move(graph)));
  AG_RETURN_IF_ERROR(made->graph_.Build());
  const auto create = [&](xnn_weights_cache_t cache) {
    xnn_runtime_t runtime = nullptr;
    const xnn_status status = xnn_create_runtime_v4(made->graph_.subgraph(), cache,
                                                    context.workspace, context.pool, 0, &runtime);
    made->runtime_.reset(runtime);
    return status;
  };
  xnn_status status = create(context.cache);
  if (status != xnn_status_success && context.cache != nullptr &&
      xnn_weights_cache_is_finalized(context.cache)) {
    // This input size made XNNPACK pack a layer in a way that the first engine did not need, and
    // the cache is closed: such an engine packs for itself.
    status = create(nullptr);
  }
  AG_RETURN_IF_ERROR(CheckXnn(status, "create_runtime"));
  return made;
}

Status GraphRuntime::Connect(float* input, std::span<float* const> outputs) {
  std::vector<xnn_external_value> external = {{0, input}};
  for (float* output : outputs) {
    external.push_back({static_cast<uint32_t>(external.size()), output});
  }
  AG_RETURN_IF_ERROR(CheckXnn(xnn_reshape_runtime(runtime_.get()), "reshape_runtime"));
  return CheckXnn(xnn_setup_runtime_v2(runtime_.get(), external.size(), external.data()),
                  "setup_runtime");
}

Status GraphRuntime::Invoke() {
  return CheckXnn(xnn_invoke_runtime(runtime_.get()), "invoke_runtime");
}

}  // namespace ag
