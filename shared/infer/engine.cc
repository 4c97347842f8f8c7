#include "shared/infer/engine.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string>

#include "shared/infer/banded_prefix.h"
#include "shared/infer/engine_check.h"
#include "shared/infer/graph_runtime.h"
#include "shared/infer/ops/registry.h"
#include "shared/infer/packed_weights.h"
#include "shared/infer/thread_pool.h"
#include "shared/infer/xnn_allocation.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"

namespace ag {
namespace {

// The page compares with what the native engine wrote (self_test.h) before it says ready; a second
// engine for each size would cost it more than it has.
#if defined(__EMSCRIPTEN__)
constexpr bool kChecksEngines = false;
#else
constexpr bool kChecksEngines = true;
#endif
// Engines up to this cost are checked, which takes a few milliseconds: the shipped net and the
// detector up to 320x320 pixels are. Larger canvases hold the same ops and the same packed weights,
// and no failed allocation goes unnoticed (xnn_allocation.h).
constexpr uint64_t kMostCheckedSteps = 250'000'000;
constexpr uint64_t kMostCheckedBytes = 64'000'000;
// Answers to keep, one for each input size; the finder has a few dozen at most.
constexpr size_t kMostAnswers = 128;

// `bytes`: RGB, RGB, ...
Status NormalizeBytes(const InputContract& contract, std::span<const uint8_t> bytes,
                      std::span<float> out) {
  const size_t channels = ChannelCount(contract.colour);
  const size_t pixels = bytes.size() / 3;
  if (bytes.size() != pixels * 3 || out.size() != pixels * channels ||
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
  const uint8_t* from = bytes.data();
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

class PictureRows final : public RowSource {
 public:
  PictureRows(const InputContract& contract, const Image& picture)
      : contract_(contract), picture_(picture) {}

  Status Write(uint32_t first, uint32_t count, std::span<float> out) const override {
    const size_t row = static_cast<size_t>(picture_.width) * 3;
    return NormalizeBytes(contract_, std::span(picture_.pixels).subspan(first * row, count * row),
                          out);
  }

 private:
  const InputContract& contract_;
  const Image& picture_;
};

// What a new engine is asked (engine_check.h).
class DrawnRows final : public RowSource {
 public:
  DrawnRows(const InputContract& contract, uint32_t width) : contract_(contract), width_(width) {}

  Status Write(uint32_t first, uint32_t count, std::span<float> out) const override {
    std::vector<uint8_t> pixels(size_t{count} * width_ * 3);
    DrawCheckRows(first, count, width_, pixels);
    return NormalizeBytes(contract_, pixels, out);
  }

 private:
  const InputContract& contract_;
  const uint32_t width_;
};

class FloatRows final : public RowSource {
 public:
  FloatRows(std::span<const float> values, size_t row_floats)
      : values_(values), row_floats_(row_floats) {}

  Status Write(uint32_t first, uint32_t count, std::span<float> out) const override {
    const std::span<const float> rows = values_.subspan(first * row_floats_, count * row_floats_);
    std::copy(rows.begin(), rows.end(), out.begin());
    return OkStatus();
  }

 private:
  const std::span<const float> values_;
  const size_t row_floats_;
};

}  // namespace

struct Weights::Impl {
  struct Answer {
    Shape input;
    std::vector<float> values;
  };

  Model model;
  uint64_t fingerprint = 0;
  std::vector<std::vector<float>> values;  // of each tensor
  std::mutex mutex;                        // guards all below: engines are created one at a time
  PackedWeights packed;
  std::vector<Answer> answers;  // of engines that were checked
};

Weights::Weights(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Weights::~Weights() = default;
const Model& Weights::model() const { return impl_->model; }
uint64_t Weights::fingerprint() const { return impl_->fingerprint; }

StatusOr<std::shared_ptr<Weights>> Weights::Create(Model model) {
  AG_RETURN_IF_ERROR(InitializeXnn());
  auto impl = std::make_unique<Impl>();
  if (kChecksEngines) impl->fingerprint = FingerprintOf(model);
  for (Tensor& tensor : model.tensors) {
    impl->values.push_back(ExpandTensor(tensor));
    // The stored form is no longer needed; names and shapes are.
    std::vector<uint8_t>().swap(tensor.data);
  }
  impl->model = std::move(model);
  return std::shared_ptr<Weights>(new Weights(std::move(impl)));
}

struct Engine::Impl {
  std::shared_ptr<Weights> weights;
  // For an engine that shares no packed weights with others. Declared before the runtimes that
  // point into it.
  std::unique_ptr<PackedWeights> own_packed;
  std::vector<Shape> shapes;  // of each value
  ModelCost cost;
  UniqueThreadPool pool;
  UniqueWorkspace workspace;             // of `prefix`: its segments run one after the other
  std::unique_ptr<BandedPrefix> prefix;  // nullptr: all ops are in `net`
  std::unique_ptr<GraphRuntime> net;
  std::vector<float> input;  // of `net`
  std::vector<std::vector<float>> outputs;
  std::vector<size_t> output_counts;

  Status Build(PackedWeights* packed, uint64_t band_from);
  Status Connect();
  Status Run(const RowSource& rows);
  StatusOr<std::vector<float>> AnswerDrawn();
  StatusOr<std::vector<float>> ExpectedAnswer() const;
  Status Check();
};

Status Engine::Impl::Build(PackedWeights* packed, uint64_t band_from) {
  const Model& model = weights->model();
  RuntimeContext context = {
      .weights = weights->impl_->values, .packed = packed->cache(), .pool = pool.get()};
  // Several threads divide an op's rows among them; a band has too few.
  const size_t banded = pool == nullptr ? BandedPrefix::CountOps(model, shapes, band_from) : 0;
  const std::span<const Op> ops(model.ops);
  Graph rest = {.ops = ops.subspan(banded), .outputs = model.outputs, .shapes = shapes};
  if (banded > 0) {
    AG_ASSIGN_OR_RETURN(workspace, MakeWorkspace());
    RuntimeContext shared = context;
    shared.workspace = workspace.get();
    AG_ASSIGN_OR_RETURN(prefix, BandedPrefix::Create(model, banded, shapes, shared));
    rest.input = ops[banded - 1].output;
  }
  AG_ASSIGN_OR_RETURN(net, GraphRuntime::Create(model, std::move(rest), context));
  return OkStatus();
}

Status Engine::Impl::Connect() {
  input = PaddedBuffer(ElementCount(net->input_shape()));
  std::vector<float*> addresses;
  for (const uint32_t output : weights->model().outputs) {
    output_counts.push_back(ElementCount(shapes[output]));
    outputs.push_back(PaddedBuffer(output_counts.back()));
    addresses.push_back(outputs.back().data());
  }
  if (prefix) AG_RETURN_IF_ERROR(prefix->Connect());
  return net->Connect(input.data(), addresses);
}

Status Engine::Impl::Run(const RowSource& rows) {
  const std::span<float> values(input.data(), ElementCount(net->input_shape()));
  AG_RETURN_IF_ERROR(prefix ? prefix->Run(rows, values) : rows.Write(0, shapes[0][0], values));
  return net->Invoke();
}

StatusOr<std::vector<float>> Engine::Impl::AnswerDrawn() {
  AG_RETURN_IF_ERROR(Run(DrawnRows(weights->model().input, shapes[0][1])));
  std::vector<float> answers;
  for (size_t i = 0; i < outputs.size(); ++i) {
    AppendAnswers({outputs[i].data(), output_counts[i]}, &answers);
  }
  return answers;
}

// The answer required of any engine of this model and size.
StatusOr<std::vector<float>> Engine::Impl::ExpectedAnswer() const {
  Weights::Impl& shared = *weights->impl_;
  {
    const std::lock_guard lock(shared.mutex);
    for (const Weights::Impl::Answer& answer : shared.answers) {
      if (answer.input == shapes[0]) return answer.values;
    }
  }
  const std::span<const float> known = KnownAnswers(shared.fingerprint, shapes[0][0], shapes[0][1]);
  std::vector<float> values(known.begin(), known.end());
  if (values.empty()) {
    Impl apart;
    apart.weights = weights;
    apart.shapes = shapes;
    apart.own_packed = std::make_unique<PackedWeights>();
    AG_RETURN_IF_ERROR(apart.Build(apart.own_packed.get(), UINT64_MAX));
    AG_RETURN_IF_ERROR(apart.Connect());
    AG_ASSIGN_OR_RETURN(values, apart.AnswerDrawn());
  }
  const std::lock_guard lock(shared.mutex);
  if (shared.answers.size() < kMostAnswers) shared.answers.push_back({shapes[0], values});
  return values;
}

Status Engine::Impl::Check() {
  AG_ASSIGN_OR_RETURN(const std::vector<float> expected, ExpectedAnswer());
  AG_ASSIGN_OR_RETURN(const std::vector<float> found, AnswerDrawn());
  return CompareAnswers(expected, found);
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
  auto impl = std::make_unique<Impl>();
  AG_ASSIGN_OR_RETURN(impl->shapes,
                      InferShapes(model, AllOpRules(), height, width, nullptr, &impl->cost));
  if (options.threads > 1) {
    AG_ASSIGN_OR_RETURN(impl->pool, MakeThreadPool(options.threads));
  }
  impl->weights = std::move(weights);
  {
    Weights::Impl& shared = *impl->weights->impl_;
    const std::lock_guard lock(shared.mutex);
    AG_RETURN_IF_ERROR(impl->Build(&shared.packed, options.band_from));
  }
  AG_RETURN_IF_ERROR(impl->Connect());
  if (kChecksEngines && impl->cost.steps <= kMostCheckedSteps &&
      impl->cost.memory_bytes <= kMostCheckedBytes) {
    AG_RETURN_IF_ERROR(impl->Check());
  }
  return Engine(std::move(impl));
}

const Shape& Engine::input_shape() const { return impl_->shapes[0]; }
uint64_t Engine::memory_bytes() const { return impl_->cost.memory_bytes; }

Status Engine::Run(const Image& picture) {
  const Shape& shape = input_shape();
  if (picture.pixels.size() != size_t{shape[0]} * shape[1] * 3 ||
      picture.height != static_cast<int>(shape[0]) || picture.width != static_cast<int>(shape[1])) {
    return Status(Code::kModelShape, "a picture of " + std::to_string(picture.width) + " x " +
                                         std::to_string(picture.height) + ", the net takes " +
                                         std::to_string(shape[1]) + " x " +
                                         std::to_string(shape[0]));
  }
  return impl_->Run(PictureRows(impl_->weights->model().input, picture));
}

Status Engine::RunRaw(std::span<const float> input) {
  const Shape& shape = input_shape();
  if (input.size() != ElementCount(shape)) {
    return Status(Code::kModelShape,
                  std::to_string(input.size()) + " values, the net takes " + ShapeText(shape));
  }
  return impl_->Run(FloatRows(input, input.size() / shape[0]));
}

StatusOr<std::vector<float>> Engine::AnswerDrawn() { return impl_->AnswerDrawn(); }

std::span<const float> Engine::output(size_t index) const {
  return {impl_->outputs[index].data(), impl_->output_counts[index]};
}

const Shape& Engine::output_shape(size_t index) const {
  return impl_->shapes[impl_->weights->model().outputs[index]];
}

std::span<const float> Engine::value(uint32_t value_index) const {
  const std::vector<uint32_t>& values = impl_->weights->model().outputs;
  const auto found = std::find(values.begin(), values.end(), value_index);
  if (found == values.end()) return {};
  return output(static_cast<size_t>(found - values.begin()));
}

Status NormalizePixels(const InputContract& contract, const Image& picture, std::span<float> out) {
  if (picture.pixels.size() !=
      static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height) * 3) {
    return Status(Code::kInvalidArgument, "picture, contract and output do not fit together");
  }
  return NormalizeBytes(contract, picture.pixels, out);
}

}  // namespace ag
