// LoadModel on the bytes of a model file, and on the same bytes as the payload of a valid file (the
// SHA-256 of the outer header would hide the payload from the fuzzer). A small model that is
// accepted is run, of larger ones a sample.
//
// Promises: an error is one of the reader's; an accepted model passes CheckModel, is written and
// read again, has shapes at its own size; XNNPACK takes what the rules let through, and computes
// what the reference computes where no number is so large that rounding decides; an age lies in its
// interval; an engine takes no more memory than the reader counted (and so less than the limit),
// and no more time than its multiply-accumulates allow.
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "shared/infer/engine.h"
#include "shared/infer/load_model.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/container.h"
#include "shared/model/reader.h"
#include "shared/predict/outputs.h"
#include "shared/predict/predictor.h"
#include "tests/fuzz/require.h"
#include "tests/reference/interpreter.h"

#if defined(__SANITIZE_ADDRESS__)
#define AG_FUZZ_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AG_FUZZ_ASAN 1
#endif
#endif
#if defined(AG_FUZZ_ASAN)
// Of <sanitizer/allocator_interface.h>, which Debian's gcc does not bring.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace ag::fuzz {
namespace {

// Multiply-accumulates and elements: a run takes milliseconds.
constexpr uint64_t kMaxWork = 1'000'000;
constexpr uint64_t kMaxReferenceWork = 200'000;  // the reference is far slower

// Above it float32 and float64 may differ by anything.
constexpr double kMaxComparable = 1e4;
constexpr double kTolerance = 1e-5;  // of the largest value

// Of larger models one in so many is run: those of a few dozen megabytes, and those up to the
// limits.
constexpr uint64_t kMiddleMemory = 64'000'000, kMiddleSteps = 100'000'000;
constexpr uint32_t kOneOfMiddle = 16, kOneOfLargest = 256;

// A processor that is busy with other things too, code that is slowed by sanitizers.
constexpr double kStepsASecond = 3e8, kBytesASecond = 1e8, kSecondsAtLeast = 2;

bool IsReaderError(Code code) { return code >= Code::kModelMagic && code <= Code::kModelContract; }

uint64_t WorkOf(const Model& model, std::span<const Shape> shapes, std::span<const uint64_t> macs) {
  uint64_t work = 0;
  for (const uint64_t op : macs) work += op;
  for (const Shape& shape : shapes) work += ElementCount(shape);
  for (const Op& op : model.ops) work += uint64_t{op.kernel_height} * op.kernel_width;
  return work;
}

void CheckWrittenAgain(const Model& model) {
  const StatusOr<std::vector<uint8_t>> written = SaveModel(model);
  Require(written.ok(), "an accepted model is written");
  const StatusOr<Model> again = LoadModel(*written);
  Require(again.ok(), "a written model is read");
  const StatusOr<std::vector<uint8_t>> twice = SaveModel(*again);
  Require(twice.ok() && *twice == *written, "the same model gives the same bytes");
}

// Nothing where a value is too large to be compared.
void CheckAgainstReference(const Engine& engine, const Model& model,
                           const std::vector<reference::Value>& exact) {
  double largest = 1;
  for (const reference::Value& value : exact) {
    for (const auto element : value.data) {
      if (!(std::abs(element) <= kMaxComparable)) return;
      largest = std::max<double>(largest, std::abs(element));
    }
  }
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const auto& expected = exact[model.outputs[i]].data;
    for (size_t k = 0; k < expected.size(); ++k) {
      Require(std::abs(engine.output(i)[k] - expected[k]) <= kTolerance * largest * largest,
              "XNNPACK computes what the reference computes");
    }
  }
}

// Whatever the contract's table says.
void CheckInterval(const Engine& engine, const AgeGenderContract& contract) {
  const AgeGender said =
      ReadOutputs(contract, engine.value(contract.age_value), engine.value(contract.gender_value));
  if (!std::isfinite(said.age)) return;
  Require(0 <= said.age && said.age <= kOldestAge, "an age that somebody has");
  if (!said.has_interval) return;
  Require(said.age_low <= said.age && said.age <= said.age_high, "the interval holds the age");
  Require(0 <= said.age_low && said.age_high <= kOldestAge, "an interval of such ages");
}

// The first ops in bands of rows, as an engine runs them on larger pictures.
void CheckInBands(const std::shared_ptr<Weights>& weights, std::span<const float> input,
                  const Engine& whole) {
  StatusOr<Engine> banded = Engine::Create(weights, {.band_from = 0});
  Require(banded.ok(), "XNNPACK takes the bands of what it takes whole");
  Require(banded->RunRaw(input).ok(), "bands run where the whole picture does");
  for (size_t i = 0; i < weights->model().outputs.size(); ++i) {
    const auto a = banded->output(i), b = whole.output(i);
    const auto same = [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); };
    Require(std::equal(a.begin(), a.end(), b.begin(), b.end(), same), "bands change nothing");
  }
}

// What the process holds.
uint64_t LiveBytes() {
#if defined(AG_FUZZ_ASAN)
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// From its making on, what an engine takes against what was counted for it.
class CostCheck {
 public:
  explicit CostCheck(const ModelCost& counted) : counted_(counted) {}

  void Require() const {
    const uint64_t live = LiveBytes();
    fuzz::Require(live <= bytes_ + counted_.memory_bytes, "an engine takes the memory counted");
    // Made, checked and run.
    const double most =
        kSecondsAtLeast + 4 * (static_cast<double>(counted_.steps) / kStepsASecond +
                               static_cast<double>(counted_.memory_bytes) / kBytesASecond);
    fuzz::Require(CpuSeconds() - seconds_ <= most, "an engine takes the time that its steps allow");
  }

 private:
  const ModelCost counted_;
  const uint64_t bytes_ = LiveBytes();
  const double seconds_ = CpuSeconds();
};

void CheckRun(Model model, const ModelCost& cost, bool compare) {
  std::vector<float> input(size_t{model.input.height} * model.input.width *
                           ChannelCount(model.input.colour));
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i * 37 % 101) / 100;
  std::vector<reference::Value> exact;
  if (compare) {
    exact = reference::Run(
        model, {{model.input.height, model.input.width, ChannelCount(model.input.colour)},
                {input.begin(), input.end()}});
  }
  const CostCheck check(cost);
  const StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(std::move(model));
  Require(weights.ok(), "the weights of an accepted model");
  StatusOr<Engine> engine = Engine::Create(*weights, {});
  Require(engine.ok(), "XNNPACK takes what the rules let through");
  // Activations may overflow with such weights: a Status is a fair answer to that.
  const bool ran = engine->RunRaw(input).ok();
  check.Require();
  if (!ran) return;
  for (size_t i = 0; i < (*weights)->model().outputs.size(); ++i) {
    Require(engine->output(i).size() == ElementCount(engine->output_shape(i)), "an output's size");
  }
  if (cost.memory_bytes <= kMiddleMemory) CheckInBands(*weights, input, *engine);
  if (compare) CheckAgainstReference(*engine, (*weights)->model(), exact);
  if ((*weights)->model().age_gender) CheckInterval(*engine, *(*weights)->model().age_gender);
}

// Whether a model of this cost is run. The same file is always treated alike.
bool IsRun(const ModelCost& cost, std::span<const uint8_t> file) {
  uint32_t sum = 0;
  for (const uint8_t byte : file) sum = sum * 31 + byte;
  const bool middle = cost.memory_bytes <= kMiddleMemory && cost.steps <= kMiddleSteps;
  return sum % (middle ? kOneOfMiddle : kOneOfLargest) == 0;
}

void CheckModelFile(std::span<const uint8_t> file) {
  StatusOr<Model> model = LoadModel(file);
  if (!model.ok()) {
    Require(IsReaderError(model.status().code()), "an error of another kind");
    Require(!model.status().message().empty(), "an error without words");
    return;
  }
  Require(CheckModel(*model, AllOpRules()).ok(), "an accepted model keeps every rule");
  std::vector<uint64_t> macs;
  ModelCost cost;
  const StatusOr<std::vector<Shape>> shapes =
      InferShapes(*model, AllOpRules(), model->input.height, model->input.width, &macs, &cost);
  Require(shapes.ok(), "an accepted model has shapes");
  Require(cost.memory_bytes <= kMaxMemoryBytes && cost.steps <= kMaxSteps,
          "an accepted model costs what a model may cost");
  CheckWrittenAgain(*model);
  const uint64_t work = WorkOf(*model, *shapes, macs);
  if (work <= kMaxWork || IsRun(cost, file)) {
    CheckRun(*std::move(model), cost, /*compare=*/work <= kMaxReferenceWork);
  }
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  ag::fuzz::CheckModelFile(bytes);
  ag::fuzz::CheckModelFile(ag::MakeContainer(bytes));
  return 0;
}
