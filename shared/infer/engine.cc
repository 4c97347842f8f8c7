#include "shared/infer/engine.h"

#include <pthreadpool.h>
#include <xnnpack.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string>

#include "shared/infer/graph_builder.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"

namespace ag {
namespace {

struct RuntimeDeleter {
  void operator()(xnn_runtime* runtime) const { xnn_delete_runtime(runtime); }
};
struct WeightsCacheDeleter {
  void operator()(xnn_weights_cache_provider* cache) const { xnn_delete_weights_cache(cache); }
};
struct ThreadPoolDeleter {
  void operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }
};
using UniqueRuntime = std::unique_ptr<xnn_runtime, RuntimeDeleter>;
using UniqueWeightsCache = std::unique_ptr<xnn_weights_cache_provider, WeightsCacheDeleter>;
using UniqueThreadPool = std::unique_ptr<pthreadpool, ThreadPoolDeleter>;

// XNNPACK keeps one process-wide table of kernels; initialising it again is cheap.
Status InitializeXnn() { return CheckXnn(xnn_initialize(nullptr), "initialize"); }

// Room for `count` floats and for what kernels may read past them.
std::vector<float> PaddedBuffer(size_t count) {
  return std::vector<float>(count + XNN_EXTRA_BYTES / sizeof(float), 0.0f);
}

}  // namespace

struct Weights::Impl {
  Model model;
  std::vector<std::vector<float>> values;  // of each tensor
  std::mutex mutex;                        // guards `cache`: engines are created one at a time
  UniqueWeightsCache cache;
};

Weights::Weights(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Weights::~Weights() = default;
const Model& Weights::model() const { return impl_->model; }

StatusOr<std::shared_ptr<Weights>> Weights::Create(Model model) {
  AG_RETURN_IF_ERROR(InitializeXnn());
  auto impl = std::make_unique<Impl>();
  for (Tensor& tensor : model.tensors) {
    impl->values.push_back(ExpandTensor(tensor));
    // The stored form is not needed any more; names and shapes are.
    std::vector<uint8_t>().swap(tensor.data);
  }
  impl->model = std::move(model);
  xnn_weights_cache_t cache = nullptr;
  AG_RETURN_IF_ERROR(CheckXnn(xnn_create_weights_cache(&cache), "create_weights_cache"));
  impl->cache.reset(cache);
  return std::shared_ptr<Weights>(new Weights(std::move(impl)));
}

struct Engine::Impl {
  std::shared_ptr<Weights> weights;
  UniqueThreadPool pool;
  std::unique_ptr<GraphBuilder> graph;  // holds constants that the runtime points into
  UniqueRuntime runtime;
  std::vector<float> input;
  std::vector<std::vector<float>> outputs;
  std::vector<size_t> output_counts;

  Status CreateRuntime();
  Status Connect();
  // The net's input is in `input`.
  Status Invoke();
};

Status Engine::Impl::CreateRuntime() {
  const std::lock_guard lock(weights->impl_->mutex);
  xnn_weights_cache_t cache = weights->impl_->cache.get();
  xnn_runtime_t created = nullptr;
  xnn_status status =
      xnn_create_runtime_v4(graph->subgraph(), cache, nullptr, pool.get(), 0, &created);
  if (status != xnn_status_success && xnn_weights_cache_is_finalized(cache)) {
    // This input size made XNNPACK pack a layer in a way that the first engine did not need, and
    // the cache is closed: such an engine packs for itself.
    status = xnn_create_runtime_v4(graph->subgraph(), nullptr, nullptr, pool.get(), 0, &created);
  }
  AG_RETURN_IF_ERROR(CheckXnn(status, "create_runtime"));
  runtime.reset(created);
  if (!xnn_weights_cache_is_finalized(cache)) {
    return CheckXnn(xnn_finalize_weights_cache(cache, xnn_weights_cache_finalization_kind_soft),
                    "finalize_weights_cache");
  }
  return OkStatus();
}

Status Engine::Impl::Connect() {
  const Model& model = weights->model();
  input = PaddedBuffer(ElementCount(graph->shape(0)));
  std::vector<xnn_external_value> external = {{0, input.data()}};
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    output_counts.push_back(ElementCount(graph->shape(model.outputs[i])));
    outputs.push_back(PaddedBuffer(output_counts.back()));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    external.push_back({static_cast<uint32_t>(i + 1), outputs[i].data()});
  }
  AG_RETURN_IF_ERROR(CheckXnn(xnn_reshape_runtime(runtime.get()), "reshape_runtime"));
  return CheckXnn(xnn_setup_runtime_v2(runtime.get(), external.size(), external.data()),
                  "setup_runtime");
}

Status Engine::Impl::Invoke() {
  return CheckXnn(xnn_invoke_runtime(runtime.get()), "invoke_runtime");
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

StatusOr<Engine> Engine::Create(std::shared_ptr<Weights> weights, const EngineOptions& options) {
  if (options.threads < 1 || options.threads > 1024) {
    return Status(Code::kInvalidArgument,
                  std::to_string(options.threads) + " threads, expected 1 to 1024");
  }
  const Model& model = weights->model();
  const uint32_t height = options.height ? options.height : model.input.height;
  const uint32_t width = options.width ? options.width : model.input.width;
  AG_ASSIGN_OR_RETURN(std::vector<Shape> shapes, InferShapes(model, AllOpRules(), height, width));

  auto impl = std::make_unique<Impl>();
  if (options.threads > 1) {
    impl->pool.reset(pthreadpool_create(static_cast<size_t>(options.threads)));
    if (impl->pool == nullptr) {
      return Status(Code::kOutOfMemory,
                    "cannot start " + std::to_string(options.threads) + " threads");
    }
  }
  impl->graph = std::make_unique<GraphBuilder>(model, weights->impl_->values, std::move(shapes));
  impl->weights = std::move(weights);
  AG_RETURN_IF_ERROR(impl->graph->Build());
  AG_RETURN_IF_ERROR(impl->CreateRuntime());
  AG_RETURN_IF_ERROR(impl->Connect());
  return Engine(std::move(impl));
}

const Shape& Engine::input_shape() const { return impl_->graph->shape(0); }

Status Engine::Run(const Image& picture) {
  const Shape& shape = input_shape();
  if (picture.height != static_cast<int>(shape[0]) || picture.width != static_cast<int>(shape[1])) {
    return Status(Code::kModelShape, "a picture of " + std::to_string(picture.width) + " x " +
                                         std::to_string(picture.height) + ", the net takes " +
                                         std::to_string(shape[1]) + " x " +
                                         std::to_string(shape[0]));
  }
  const std::span<float> pixels(impl_->input.data(), ElementCount(shape));
  AG_RETURN_IF_ERROR(NormalizePixels(impl_->weights->model().input, picture, pixels));
  return impl_->Invoke();
}

Status Engine::RunRaw(std::span<const float> input) {
  if (input.size() != ElementCount(input_shape())) {
    return Status(Code::kModelShape, std::to_string(input.size()) + " values, the net takes " +
                                         ShapeText(input_shape()));
  }
  std::copy(input.begin(), input.end(), impl_->input.begin());
  return impl_->Invoke();
}

std::span<const float> Engine::output(size_t index) const {
  return {impl_->outputs[index].data(), impl_->output_counts[index]};
}

const Shape& Engine::output_shape(size_t index) const {
  return impl_->graph->shape(impl_->weights->model().outputs[index]);
}

std::span<const float> Engine::value(uint32_t value_index) const {
  const std::vector<uint32_t>& values = impl_->weights->model().outputs;
  const auto found = std::find(values.begin(), values.end(), value_index);
  if (found == values.end()) return {};
  return output(static_cast<size_t>(found - values.begin()));
}

Status NormalizePixels(const InputContract& contract, const Image& picture, std::span<float> out) {
  const size_t pixels = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height);
  const size_t channels = ChannelCount(contract.colour);
  if (picture.pixels.size() != pixels * 3 || out.size() != pixels * channels ||
      contract.mean.size() != channels || contract.scale.size() != channels) {
    return Status(Code::kInvalidArgument, "picture, contract and output do not fit together");
  }
  // One table per channel: 256 results instead of one computation per pixel.
  std::array<std::array<float, 256>, 3> table;
  for (size_t c = 0; c < channels; ++c) {
    for (int v = 0; v < 256; ++v) {
      table[c][v] = (static_cast<float>(v) - contract.mean[c]) * contract.scale[c];
    }
  }
  const uint8_t* from = picture.pixels.data();
  float* to = out.data();
  switch (contract.colour) {
    case Colour::kRgb:
      for (size_t i = 0; i < pixels; ++i, from += 3, to += 3) {
        for (size_t c = 0; c < 3; ++c) to[c] = table[c][from[c]];
      }
      break;
    case Colour::kBgr:
      for (size_t i = 0; i < pixels; ++i, from += 3, to += 3) {
        for (size_t c = 0; c < 3; ++c) to[c] = table[c][from[2 - c]];
      }
      break;
    case Colour::kGray:
      for (size_t i = 0; i < pixels; ++i, from += 3, ++to) {
        const uint32_t luma =
            (19595u * from[0] + 38470u * from[1] + 7471u * from[2] + 32768u) >> 16;
        *to = table[0][luma];
      }
      break;
  }
  return OkStatus();
}

}  // namespace ag
