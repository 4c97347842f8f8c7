// The engine as a whole: many of them on one set of weights, threads, sizes, memory, pixels.
#include "shared/infer/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "shared/infer/load_model.h"
#include "tests/reference/interpreter.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"
#include "tests/support/threads.h"

// AddressSanitizer has its own operator new; it must not be replaced there.
#if defined(__SANITIZE_ADDRESS__)
#define AG_COUNT_ALLOCATIONS 0
#else
#define AG_COUNT_ALLOCATIONS 1
#endif

#if AG_COUNT_ALLOCATIONS
namespace {
std::atomic<long> allocation_count{0};
}  // namespace

// glibc's own functions under their other names, so that malloc itself can be counted: XNNPACK and
// pthreadpool are C and never call operator new.
#if defined(__GLIBC__)
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void* malloc(size_t size) {
  ++allocation_count;
  return __libc_malloc(size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  ++allocation_count;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? 12 : 0;  // ENOMEM
}
}
#else
void* operator new(size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif
#endif  // AG_COUNT_ALLOCATIONS

namespace ag::test {
namespace {

std::shared_ptr<Weights> MakeWeights(Model model) {
  auto weights = Weights::Create(std::move(model));
  EXPECT_TRUE(weights.ok()) << weights.status().message();
  return weights.ok() ? *weights : nullptr;
}

Engine MakeEngine(const std::shared_ptr<Weights>& weights, const EngineOptions& options = {}) {
  auto engine = Engine::Create(weights, options);
  EXPECT_TRUE(engine.ok()) << engine.status().message();
  if (!engine.ok()) std::abort();
  return *std::move(engine);
}

std::vector<float> RandomInput(const Engine& engine, Random& random) {
  return random.Uniforms(static_cast<size_t>(ElementCount(engine.input_shape())), -1, 1);
}

std::vector<float> RunOnce(Engine& engine, std::span<const float> input, size_t output = 0) {
  const Status status = engine.RunRaw(input);
  EXPECT_TRUE(status.ok()) << status.message();
  const auto found = engine.output(output);
  return {found.begin(), found.end()};
}

// Differences between two float32 orders of summation over these small nets stay far below this;
// the activations are about 1.
constexpr float kNetTolerance = 1e-5f;

void ExpectNear(std::span<const float> a, std::span<const float> b, float tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
}

void ExpectAgreesWithReference(const Model& model, Engine& engine, Random& random) {
  const std::vector<float> input = RandomInput(engine, random);
  ASSERT_TRUE(engine.RunRaw(input).ok());
  const auto values = reference::Run(model, {engine.input_shape(), {input.begin(), input.end()}});
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    const reference::Value& exact = values[model.outputs[i]];
    EXPECT_EQ(engine.output_shape(i), exact.shape);
    const std::vector<float> expected(exact.data.begin(), exact.data.end());
    ExpectNear(engine.output(i), expected, kNetTolerance);
    ExpectNear(engine.value(model.outputs[i]), expected, kNetTolerance);
  }
}

TEST(Engine, WholeNetsAgreeWithTheReference) {
  Random random(1);
  for (const Model& model :
       {SmallAgeGenderModel(1, 101), SmallAgeGenderModel(2, 0, Storage::kFloat16, 24),
        SmallAgeGenderModel(3, 7, Storage::kInt8PerChannel, 12, Colour::kGray),
        SmallDetectorModel(4)}) {
    Engine engine = MakeEngine(MakeWeights(model));
    ExpectAgreesWithReference(model, engine, random);
  }
}

// XNNPACK ends the process over such ops where they are given to it.
TEST(Engine, OpsThatNoOutputComesFromAreLeftOut) {
  ModelBuilder builder(8, 8, Colour::kRgb, 6);
  const uint32_t stem = builder.Conv2D(0, 4);
  builder.Sigmoid(builder.Add(stem, stem, Activation::kRelu));
  builder.Relu(builder.Conv2D(0, 2));
  const Model model = builder.AgeGender(builder.Relu(stem), 3);
  Engine engine = MakeEngine(MakeWeights(model));
  Random random(3);
  ExpectAgreesWithReference(model, engine, random);
}

TEST(Engine, ManyEnginesShareOneSetOfWeights) {
  Random random(2);
  std::shared_ptr<Weights> weights = MakeWeights(SmallAgeGenderModel(5, 11));
  std::vector<Engine> engines;
  for (int i = 0; i < 5; ++i) engines.push_back(MakeEngine(weights));
  const std::vector<float> input = RandomInput(engines[0], random);
  const std::vector<float> expected = RunOnce(engines[0], input);
  // The engines keep the weights alive; the order in which they die is free.
  weights.reset();
  engines.erase(engines.begin());
  while (!engines.empty()) {
    EXPECT_EQ(RunOnce(engines.back(), input), expected);
    engines.erase(engines.begin() + static_cast<ptrdiff_t>(engines.size() / 2));
  }
}

TEST(Engine, MovedEngineStillRuns) {
  Random random(3);
  Engine first = MakeEngine(MakeWeights(SmallAgeGenderModel(6, 3)));
  const std::vector<float> input = RandomInput(first, random);
  const std::vector<float> expected = RunOnce(first, input);
  Engine second = std::move(first);
  EXPECT_EQ(RunOnce(second, input), expected);
  Engine third = MakeEngine(MakeWeights(SmallAgeGenderModel(7, 3)));
  third = std::move(second);
  EXPECT_EQ(RunOnce(third, input), expected);
}

TEST(Engine, RunsAreIndependentOfEachOther) {
  Random random(4);
  Engine engine = MakeEngine(MakeWeights(SmallDetectorModel(8)));
  const std::vector<float> a = RandomInput(engine, random), b = RandomInput(engine, random);
  const std::vector<float> first = RunOnce(engine, a, 2);
  const std::vector<float> other = RunOnce(engine, b, 2);
  EXPECT_NE(first, other);
  EXPECT_EQ(RunOnce(engine, a, 2), first);
}

// WebAssembly has no threads without its threads variant: there they are refused.
#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
TEST(EngineThreads, TwoThreadsGiveTheSameAnswerAsOne) {
  Random random(5);
  for (const Model& model :
       {SmallAgeGenderModel(9, 101, Storage::kFloat32, 48), SmallDetectorModel(10, 96)}) {
    const auto weights = MakeWeights(model);
    Engine one = MakeEngine(weights, {.threads = 1}), two = MakeEngine(weights, {.threads = 2});
    const std::vector<float> input = RandomInput(one, random);
    for (size_t i = 0; i < model.outputs.size(); ++i) {
      ExpectNear(RunOnce(two, input, i), RunOnce(one, input, i), kNetTolerance);
    }
  }
}

TEST(EngineThreads, EnginesOfManyThreadsRunAtOnce) {
  const auto weights = MakeWeights(SmallAgeGenderModel(11, 31));
  Random random(6);
  Engine first = MakeEngine(weights);
  const std::vector<float> input = RandomInput(first, random);
  const std::vector<float> expected = RunOnce(first, input);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      // Created here too: that is serialised inside.
      auto engine = Engine::Create(weights, {});
      for (int i = 0; i < 50; ++i) {
        if (!engine.ok() || !engine->RunRaw(input).ok()) {
          ++wrong;
          return;
        }
        const auto output = engine->output(0);
        if (!std::equal(output.begin(), output.end(), expected.begin(), expected.end())) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}
#else
TEST(EngineThreads, AreRefused) {
  const auto engine = Engine::Create(MakeWeights(SmallAgeGenderModel(11, 31)), {.threads = 2});
  ASSERT_FALSE(engine.ok());
  EXPECT_NE(engine.status().message().find("2 threads"), std::string::npos)
      << engine.status().message();
}
#endif

TEST(Engine, TakesEveryMultipleOfItsSize) {
  Random random(7);
  const Model model = SmallDetectorModel(12);
  const auto weights = MakeWeights(model);
  const uint32_t sizes[][2] = {{32, 32}, {64, 96}, {160, 32}, {64, 64}, {32, 256}};
  for (const auto& [height, width] : sizes) {
    Engine engine = MakeEngine(weights, {.height = height, .width = width});
    EXPECT_EQ(engine.input_shape(), (Shape{height, width, 3}));
    ExpectAgreesWithReference(model, engine, random);
  }
}

TEST(Engine, RefusesOtherSizes) {
  const auto code = [](const std::shared_ptr<Weights>& weights, uint32_t height, uint32_t width) {
    const auto engine = Engine::Create(weights, {.height = height, .width = width});
    return engine.ok() ? Code::kOk : engine.status().code();
  };
  const auto detector = MakeWeights(SmallDetectorModel(13));
  EXPECT_EQ(code(detector, 33, 32), Code::kModelShape);
  EXPECT_EQ(code(detector, 32, 16), Code::kModelShape);
  EXPECT_EQ(code(detector, 4096 + 32, 32), Code::kModelShape);
  EXPECT_EQ(code(detector, 0xFFFFFFE0u, 32), Code::kModelShape);
  const auto fixed = MakeWeights(SmallAgeGenderModel(14, 3));
  EXPECT_EQ(code(fixed, 0, 0), Code::kOk);
  EXPECT_EQ(code(fixed, 16, 16), Code::kOk);
  EXPECT_EQ(code(fixed, 32, 32), Code::kModelShape);
  EXPECT_EQ(code(fixed, 16, 32), Code::kModelShape);
}

TEST(Engine, RefusesFewerThanOneThread) {
  const auto weights = MakeWeights(SmallAgeGenderModel(15, 3));
  for (const int threads : {0, -1, -1000000, 1 << 30}) {
    const auto engine = Engine::Create(weights, {.threads = threads});
    ASSERT_FALSE(engine.ok());
    EXPECT_EQ(engine.status().code(), Code::kInvalidArgument);
  }
}

TEST(Engine, RefusesWrongAmountsOfInput) {
  Engine engine = MakeEngine(MakeWeights(SmallAgeGenderModel(16, 3)));
  const std::vector<float> input(16 * 16 * 3 + 1, 0.0f);
  EXPECT_EQ(engine.RunRaw(std::span(input).first(16 * 16 * 3 - 1)).code(), Code::kModelShape);
  EXPECT_EQ(engine.RunRaw(input).code(), Code::kModelShape);
  EXPECT_EQ(engine.RunRaw({}).code(), Code::kModelShape);
  EXPECT_TRUE(engine.RunRaw(std::span(input).first(16 * 16 * 3)).ok());
}

TEST(Engine, RefusesPicturesOfAnotherSize) {
  Engine engine = MakeEngine(MakeWeights(SmallAgeGenderModel(17, 3)));
  EXPECT_EQ(engine.Run(Image(16, 15)).code(), Code::kModelShape);
  EXPECT_EQ(engine.Run(Image(15, 16)).code(), Code::kModelShape);
  EXPECT_EQ(engine.Run(Image()).code(), Code::kModelShape);
  Image lying(16, 16);
  lying.pixels.resize(16 * 16 * 3 - 1);
  EXPECT_FALSE(engine.Run(lying).ok());
  EXPECT_TRUE(engine.Run(Image(16, 16)).ok());
}

TEST(Engine, ValueOfNoOutputIsEmpty) {
  const Model model = SmallAgeGenderModel(18, 3);
  Engine engine = MakeEngine(MakeWeights(model));
  ASSERT_TRUE(engine.Run(Image(16, 16)).ok());
  EXPECT_TRUE(engine.value(0).empty());
  EXPECT_TRUE(engine.value(1).empty());
  EXPECT_TRUE(engine.value(0xFFFFFFFF).empty());
  EXPECT_EQ(engine.value(model.outputs[0]).size(), 3u);
}

TEST(Engine, RunAllocatesNothing) {
#if AG_COUNT_ALLOCATIONS
  for (const int threads : {1, test::kManyThreads}) {
    for (const Model& model : {SmallAgeGenderModel(19, 101), SmallDetectorModel(20)}) {
      Engine engine = MakeEngine(MakeWeights(model), {.threads = threads});
      const Shape shape = engine.input_shape();
      const Image picture(static_cast<int>(shape[1]), static_cast<int>(shape[0]));
      const std::vector<float> input(static_cast<size_t>(ElementCount(shape)), 0.25f);
      ASSERT_TRUE(engine.Run(picture).ok());
      const long before = allocation_count;
      for (int i = 0; i < 10; ++i) {
        const bool ran = engine.Run(picture).ok() && engine.RunRaw(input).ok();
        if (!ran || engine.output(0).empty()) std::abort();
      }
      EXPECT_EQ(allocation_count - before, 0) << threads << " threads";
    }
  }
  // The counter counts.
  const long before = allocation_count;
  std::vector<int>* kept = new std::vector<int>(1000);
  EXPECT_GT(allocation_count - before, 0);
  delete kept;
#else
  GTEST_SKIP() << "allocations are not counted under AddressSanitizer";
#endif
}

// --------------------------------------------------------------------------------- NormalizePixels

Image RandomPicture(int width, int height, uint64_t seed) {
  Random random(seed);
  Image picture(width, height);
  for (uint8_t& byte : picture.pixels) byte = static_cast<uint8_t>(random.Next());
  return picture;
}

InputContract Contract(Colour colour) {
  InputContract contract;
  contract.colour = colour;
  contract.mean = {123.675f, 116.28f, 103.53f};
  contract.scale = {1 / 58.395f, 1 / 57.12f, 1 / 57.375f};
  if (colour == Colour::kGray) {
    contract.mean.resize(1);
    contract.scale.resize(1);
  }
  return contract;
}

// Bit for bit: the trainer calls the same function, and WebAssembly has to give the same numbers.
TEST(NormalizePixels, ColourIsExact) {
  const Image picture = RandomPicture(13, 7, 1);
  for (const Colour colour : {Colour::kRgb, Colour::kBgr}) {
    const InputContract contract = Contract(colour);
    std::vector<float> out(13 * 7 * 3);
    ASSERT_TRUE(NormalizePixels(contract, picture, out).ok());
    for (size_t i = 0; i < out.size(); ++i) {
      const size_t c = i % 3;
      const size_t source = colour == Colour::kRgb ? i : i - c + (2 - c);
      const float shifted = static_cast<float>(picture.pixels[source]) - contract.mean[c];
      ASSERT_EQ(out[i], shifted * contract.scale[c]) << i;
    }
  }
}

TEST(NormalizePixels, GrayIsBt601InFixedPoint) {
  const Image picture = RandomPicture(40, 40, 2);
  const InputContract contract = Contract(Colour::kGray);
  std::vector<float> out(40 * 40);
  ASSERT_TRUE(NormalizePixels(contract, picture, out).ok());
  for (size_t i = 0; i < out.size(); ++i) {
    const uint32_t r = picture.pixels[3 * i], g = picture.pixels[3 * i + 1],
                   b = picture.pixels[3 * i + 2];
    const uint32_t luma = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
    const float shifted = static_cast<float>(luma) - contract.mean[0];
    ASSERT_EQ(out[i], shifted * contract.scale[0]) << i;
    EXPECT_NEAR(luma, 0.299 * r + 0.587 * g + 0.114 * b, 0.502);
  }
  // White stays white, black black, and equal channels keep their number.
  InputContract plain = contract;
  plain.mean = {0};
  plain.scale = {1};
  Image ramp(256, 1);
  for (int x = 0; x < 256; ++x) {
    for (int c = 0; c < 3; ++c) ramp.at(x, 0)[c] = static_cast<uint8_t>(x);
  }
  std::vector<float> levels(256);
  ASSERT_TRUE(NormalizePixels(plain, ramp, levels).ok());
  for (int x = 0; x < 256; ++x) EXPECT_EQ(levels[static_cast<size_t>(x)], x);
}

TEST(NormalizePixels, RefusesWhatDoesNotFit) {
  const Image picture = RandomPicture(4, 4, 3);
  std::vector<float> out(49);
  const auto code = [&](const InputContract& contract, const Image& image, size_t size) {
    return NormalizePixels(contract, image, std::span(out).first(size)).code();
  };
  EXPECT_EQ(code(Contract(Colour::kRgb), picture, 48), Code::kOk);
  EXPECT_EQ(code(Contract(Colour::kRgb), picture, 47), Code::kInvalidArgument);
  EXPECT_EQ(code(Contract(Colour::kRgb), picture, 49), Code::kInvalidArgument);
  EXPECT_EQ(code(Contract(Colour::kGray), picture, 48), Code::kInvalidArgument);
  InputContract short_mean = Contract(Colour::kRgb);
  short_mean.mean.pop_back();
  EXPECT_EQ(code(short_mean, picture, 48), Code::kInvalidArgument);
}

// What Run() does is RunRaw() on normalized pixels.
TEST(NormalizePixels, RunNormalizes) {
  for (const Colour colour : {Colour::kRgb, Colour::kBgr, Colour::kGray}) {
    const Model model = SmallAgeGenderModel(21, 5, Storage::kFloat32, 16, colour);
    Engine engine = MakeEngine(MakeWeights(model));
    const Image picture = RandomPicture(16, 16, 4);
    std::vector<float> input(static_cast<size_t>(ElementCount(engine.input_shape())));
    ASSERT_TRUE(NormalizePixels(model.input, picture, input).ok());
    const std::vector<float> expected = RunOnce(engine, input);
    ASSERT_TRUE(engine.Run(picture).ok());
    const auto found = engine.output(0);
    EXPECT_EQ(std::vector<float>(found.begin(), found.end()), expected);
  }
}

}  // namespace
}  // namespace ag::test
