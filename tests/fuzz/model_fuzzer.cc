// LoadModel on the bytes of a model file, and on the same bytes as the payload of a valid file (the
// SHA-256 of the outer header would hide the payload from the fuzzer). A small model that is
// accepted is run.
//
// Promises: an error is one of the reader's; an accepted model passes CheckModel, is written and
// read again, has shapes at its own size; XNNPACK takes what the rules let through, and computes
// what the reference computes where no number is so large that rounding decides; an age lies in its
// interval.
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
#include "shared/predict/predictor.h"
#include "tests/fuzz/require.h"
#include "tests/reference/interpreter.h"

namespace ag::fuzz {
namespace {

// Multiply-accumulates and elements: a run takes milliseconds.
constexpr uint64_t kMaxWork = 1'000'000;
constexpr uint64_t kMaxReferenceWork = 200'000;  // the reference is far slower

// Above it float32 and float64 may differ by anything.
constexpr double kMaxComparable = 1e4;
constexpr double kTolerance = 1e-5;  // of the largest value

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
  if (!said.has_interval || !std::isfinite(said.age)) return;
  Require(said.age_low <= said.age && said.age <= said.age_high, "the interval holds the age");
  Require(std::isfinite(said.age_low) && std::isfinite(said.age_high), "a finite interval");
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

void CheckRun(Model model, bool compare) {
  std::vector<float> input(size_t{model.input.height} * model.input.width *
                           ChannelCount(model.input.colour));
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i * 37 % 101) / 100;
  std::vector<reference::Value> exact;
  if (compare) {
    exact = reference::Run(
        model, {{model.input.height, model.input.width, ChannelCount(model.input.colour)},
                {input.begin(), input.end()}});
  }
  const StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(std::move(model));
  Require(weights.ok(), "the weights of an accepted model");
  StatusOr<Engine> engine = Engine::Create(*weights, {});
  Require(engine.ok(), "XNNPACK takes what the rules let through");
  // Activations may overflow with such weights: a Status is a fair answer to that.
  if (!engine->RunRaw(input).ok()) return;
  for (size_t i = 0; i < (*weights)->model().outputs.size(); ++i) {
    Require(engine->output(i).size() == ElementCount(engine->output_shape(i)), "an output's size");
  }
  CheckInBands(*weights, input, *engine);
  if (compare) CheckAgainstReference(*engine, (*weights)->model(), exact);
  if ((*weights)->model().age_gender) CheckInterval(*engine, *(*weights)->model().age_gender);
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
  const StatusOr<std::vector<Shape>> shapes =
      InferShapes(*model, AllOpRules(), model->input.height, model->input.width, &macs);
  Require(shapes.ok(), "an accepted model has shapes");
  CheckWrittenAgain(*model);
  const uint64_t work = WorkOf(*model, *shapes, macs);
  if (work <= kMaxWork) CheckRun(*std::move(model), /*compare=*/work <= kMaxReferenceWork);
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  ag::fuzz::CheckModelFile(bytes);
  ag::fuzz::CheckModelFile(ag::MakeContainer(bytes));
  return 0;
}
