// The shipped nets on XNNPACK: milliseconds per picture, by input size and threads; what a second
// engine costs; the whole pipeline. `./ag bench engine_bench`.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/file.h"
#include "shared/face/detector.h"
#include "shared/image/decode.h"
#include "shared/infer/engine.h"
#include "shared/infer/load_model.h"
#include "shared/predict/predictor.h"

namespace ag {
namespace {

// A benchmark without its model has nothing to say: it ends with the reader's words.
template <typename T>
T OrDie(StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.status().message().c_str());
  std::exit(1);
}

std::shared_ptr<Weights> ShippedWeights(const char* name) {
  const std::string path = std::string(AG_SOURCE_DIR "/web/model/") + name;
  Model model = OrDie(LoadModel(OrDie(ReadFile(path, size_t{256} << 20))));
  return OrDie(Weights::Create(std::move(model)));
}

// A gradient: the time does not depend on the pixels.
Image Gradient(int width, int height) {
  Image picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.at(x, y);
      pixel[0] = static_cast<uint8_t>(x);
      pixel[1] = static_cast<uint8_t>(y);
      pixel[2] = static_cast<uint8_t>(x + y);
    }
  }
  return picture;
}

void AgeGenderNet(benchmark::State& state) {
  const auto weights = ShippedWeights("age_gender.agm");
  Engine engine = OrDie(Engine::Create(weights, {.threads = static_cast<int>(state.range(0))}));
  const Shape& shape = engine.input_shape();
  const Image crop = Gradient(static_cast<int>(shape[1]), static_cast<int>(shape[0]));
  for (auto _ : state) {
    if (!engine.Run(crop).ok()) state.SkipWithError("Run failed");
  }
}
BENCHMARK(AgeGenderNet)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void Detector(benchmark::State& state) {
  const auto weights = ShippedWeights("face_detector.agm");
  FaceDetector detector = OrDie(FaceDetector::Create(weights, static_cast<int>(state.range(1))));
  const int side = static_cast<int>(state.range(0));
  const Image picture = Gradient(side, side);
  const DetectOptions options{.detect_size = side};
  for (auto _ : state) {
    if (!detector.Detect(picture, options).ok()) state.SkipWithError("Detect failed");
  }
}
BENCHMARK(Detector)
    ->ArgNames({"side", "threads"})
    ->ArgsProduct({{128, 224, 320, 640}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// Weights are packed once: a further engine only plans its memory.
void FurtherEngine(benchmark::State& state) {
  const auto weights = ShippedWeights("face_detector.agm");
  const Engine first = OrDie(Engine::Create(weights, {}));
  for (auto _ : state) benchmark::DoNotOptimize(OrDie(Engine::Create(weights, {})));
}
BENCHMARK(FurtherEngine)->Unit(benchmark::kMillisecond);

void LoadAndExpand(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ShippedWeights("age_gender.agm"));
}
BENCHMARK(LoadAndExpand)->Unit(benchmark::kMillisecond);

// From the bytes of a photograph to its record, one thread.
void Astronaut(benchmark::State& state) {
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(AG_ASTRONAUT, size_t{64} << 20);
  if (!bytes.ok()) {
    state.SkipWithError("astronaut.png is absent: ./ag demo fetches it");
    return;
  }
  Predictor predictor = OrDie(
      Predictor::Create(ShippedWeights("age_gender.agm"), ShippedWeights("face_detector.agm"), 1));
  for (auto _ : state) {
    const DecodedImage decoded = OrDie(DecodeImage(*bytes));
    benchmark::DoNotOptimize(OrDie(predictor.Predict(decoded.image)));
  }
}
BENCHMARK(Astronaut)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ag
