#include "shared/infer/graph_runtime.h"

#include "shared/infer/xnn_allocation.h"

namespace ag {

std::vector<float> PaddedBuffer(size_t count) {
  return std::vector<float>(count + XNN_EXTRA_BYTES / sizeof(float), 0.0f);
}

StatusOr<UniqueWorkspace> MakeWorkspace() {
  xnn_workspace_t workspace = nullptr;
  AG_RETURN_IF_ERROR(CheckXnn(xnn_create_workspace(&workspace), "create_workspace"));
  return UniqueWorkspace(workspace);
}

StatusOr<std::unique_ptr<GraphRuntime>> GraphRuntime::Create(const Model& model, Graph graph,
                                                             const RuntimeContext& context) {
  std::unique_ptr<GraphRuntime> made(new GraphRuntime(model, context.weights, std::move(graph)));
  const AllocationWatch watch;
  AG_RETURN_IF_ERROR(watch.Check(made->CreateRuntime(context)));
  return made;
}

Status GraphRuntime::CreateRuntime(const RuntimeContext& context) {
  AG_RETURN_IF_ERROR(graph_.Build());
  xnn_workspace_t workspace = context.workspace;
  if (workspace == nullptr) {
    // XNNPACK would make one itself, without checking whether it got it.
    AG_ASSIGN_OR_RETURN(workspace_, MakeWorkspace());
    workspace = workspace_.get();
  }
  xnn_runtime_t runtime = nullptr;
  const xnn_status status = xnn_create_runtime_v4(graph_.subgraph(), context.packed, workspace,
                                                  context.pool, 0, &runtime);
  runtime_.reset(runtime);
  return CheckXnn(status, "create_runtime");
}

Status GraphRuntime::Reshape() {
  AllocationWatch watch;
  AG_RETURN_IF_ERROR(watch.ReserveForPlanner(graph_.MostValuesAndNodes()));
  return watch.Check(CheckXnn(xnn_reshape_runtime(runtime_.get()), "reshape_runtime"));
}

Status GraphRuntime::Connect(float* input, std::span<float* const> outputs) {
  std::vector<xnn_external_value> external = {{0, input}};
  for (float* output : outputs) {
    external.push_back({static_cast<uint32_t>(external.size()), output});
  }
  AG_RETURN_IF_ERROR(Reshape());
  const AllocationWatch watch;
  return watch.Check(CheckXnn(
      xnn_setup_runtime_v2(runtime_.get(), external.size(), external.data()), "setup_runtime"));
}

Status GraphRuntime::Invoke() {
  return CheckXnn(xnn_invoke_runtime(runtime_.get()), "invoke_runtime");
}

}  // namespace ag
