// Small files that ask for much: each is refused, or takes no more memory than the reader counted
// and no more time than its limits allow. Measured in processes of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "shared/face/detector.h"
#include "shared/infer/engine.h"
#include "shared/infer/load_model.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/container.h"
#include "shared/model/reader.h"
#include "shared/model/storage.h"
#include "tests/hostile/hostile_writer.h"
#include "tests/reference/op_oracle.h"
#include "tests/support/apart.h"
#include "tests/support/long_run.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"
#include "tests/support/shipped.h"

namespace ag::test {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// CPU time of making an engine and running it twice, on the slowest machine that the tests are
// meant for, next to others.
constexpr int kMostSeconds = 30;
constexpr double kSecondsAtLeast = 1, kStepsASecond = 1e9, kBytesASecond = 3e8;
// Above the limit: what is not the engine's (the file, the model that it was read into).
constexpr uint64_t kSlack = uint64_t{16} << 20;

// Above, no second engine is made (engine.cc), so that no more than the limit is taken at any time.
constexpr uint64_t kSecondEngineBytes = 64'000'000;

Window Square(uint32_t kernel, uint32_t stride, uint32_t padding) {
  return {kernel, kernel, stride, stride, padding, padding, padding, padding};
}

StatusOr<ModelCost> CostOf(const Model& model, uint32_t height = 0, uint32_t width = 0) {
  ModelCost cost;
  AG_RETURN_IF_ERROR(InferShapes(model, AllOpRules(), height ? height : model.input.height,
                                 width ? width : model.input.width, nullptr, &cost)
                         .status());
  return cost;
}

// 0: read, made and run twice at [height, width] (0: the model's own).
int MakeAndRun(const Model& model, const EngineOptions& options) {
  StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(model);
  if (!weights.ok()) return 2;
  StatusOr<Engine> engine = Engine::Create(*weights, options);
  if (!engine.ok()) {
    std::fprintf(stderr, "%s\n", engine.status().message().c_str());
    return 3;
  }
  const std::vector<float> input(ElementCount(engine->input_shape()), 0.5f);
  for (int run = 0; run < 2; ++run) {
    if (!engine->RunRaw(input).ok()) return 4;
  }
  return 0;
}

// Runs it apart and holds it to what was counted. What it took.
Apart ExpectWithin(const Model& model, const ModelCost& counted,
                   const EngineOptions& options = {}) {
  const uint64_t input = uint64_t{4} * ChannelCount(model.input.colour) *
                         (options.height ? options.height : model.input.height) *
                         (options.width ? options.width : model.input.width);
  // A small engine is checked against a second one before it is handed out.
  const uint64_t engines = counted.memory_bytes <= kSecondEngineBytes ? 2 : 1;
  const uint64_t most = engines * counted.memory_bytes + input + kSlack;
  const Apart took = RunApart((uint64_t{2} << 30) + 2 * most, 2 * kMostSeconds,
                              [&] { return MakeAndRun(model, options); });
  EXPECT_EQ(took.exit_code, 0);
  EXPECT_LE(took.cpu_seconds, kMostSeconds);
  EXPECT_LE(took.cpu_seconds, kSecondsAtLeast +
                                  2 * static_cast<double>(counted.steps) / kStepsASecond +
                                  static_cast<double>(counted.memory_bytes) / kBytesASecond);
  // A sanitizer's own memory is many times as much.
  if (!kSanitized) {
    EXPECT_LE(took.peak_bytes, most) << "counted: " << counted.memory_bytes;
  }
  return took;
}

// ------------------------------------------------------------------------------ crafted, by hand

enum class Fate { kRefused, kRuns };
struct Crafted {
  const char* name;
  Fate fate;
  const char* says;  // of a refusal: which op, which limit
  std::function<Model()> make;
};
void PrintTo(const Crafted& crafted, std::ostream* out) { *out << crafted.name; }

// `count` ops on a picture of side x side, each reading what the one before made.
Model Chain(uint32_t side, uint32_t count,
            const std::function<uint32_t(ModelBuilder&, uint32_t)>& add) {
  ModelBuilder builder(side, side, Colour::kRgb, 1);
  uint32_t value = 0;
  for (uint32_t i = 0; i < count; ++i) value = add(builder, value);
  return builder.AgeGender(value);
}

Model One(uint32_t side, const std::function<uint32_t(ModelBuilder&, uint32_t)>& add) {
  return Chain(side, 1, add);
}

uint32_t Pointwise(ModelBuilder& builder, uint32_t value) { return builder.Conv2D(value, 3); }

uint32_t Depthwise(ModelBuilder& builder, uint32_t value) {
  return builder.DepthwiseConv2D(value, Square(3, 1, 1));
}

// A model whose first op reads `values` floats that a chain of strides has left of a small picture.
Model Dense(uint32_t side, uint32_t outputs) {
  ModelBuilder builder(side, side, Colour::kRgb, 1);
  const uint32_t flat = builder.Flatten(0);
  return builder.AgeGender(
      builder.FullyConnected(flat, outputs, Activation::kNone, Storage::kInt8PerChannel));
}

// All of `count` values are wanted at the end.
Model Fan(uint32_t side, uint32_t count) {
  ModelBuilder builder(side, side, Colour::kRgb, 1);
  std::vector<uint32_t> values;
  for (uint32_t i = 0; i < count; ++i) values.push_back(builder.Relu(0));
  uint32_t sum = values[0];
  for (uint32_t i = 1; i < count; ++i) sum = builder.Add(sum, values[i], Activation::kRelu);
  return builder.AgeGender(sum);
}

Model Tower(uint32_t floors, uint32_t channels) {
  ModelBuilder builder(1, 1, Colour::kRgb, 1);
  uint32_t value = builder.Conv2D(0, channels);
  for (uint32_t i = 0; i < floors; ++i) value = builder.AddOp(OpType::kUpsampleNearest2x, {value});
  return builder.AgeGender(value);
}

// Layers whose weights are one another's but for the last one.
Model ManyAlikeLayers(uint32_t count) {
  constexpr uint32_t kChannels = 64;
  ModelBuilder builder(1, 1, Colour::kRgb, 1);
  uint32_t value = builder.Conv2D(0, kChannels);
  for (uint32_t i = 0; i < count; ++i) value = builder.Conv2D(value, kChannels);
  Model model = builder.AgeGender(value);
  for (uint32_t i = 0; i < count; ++i) {
    std::vector<float> weights(kChannels * kChannels, 0.01f), biases(kChannels, 0.0f);
    weights.back() = static_cast<float>(i);
    const std::vector<uint32_t>& tensors = model.ops[i + 1].tensors;
    model.tensors[tensors[0]] =
        *MakeTensor("filter", {kChannels, 1, 1, kChannels}, weights, Storage::kFloat32);
    model.tensors[tensors[1]] = *MakeTensor("bias", {kChannels}, biases, Storage::kFloat32);
  }
  return model;
}

std::string CraftedName(const ::testing::TestParamInfo<Crafted>& info) { return info.param.name; }

class HostileCost : public ::testing::TestWithParam<Crafted> {};

TEST_P(HostileCost, IsRefusedOrStaysWithin) {
  const Crafted& crafted = GetParam();
  const Model model = crafted.make();
  const std::vector<uint8_t> file = MakeContainer(HostilePayload(model));
  // Reading alone: what is refused costs next to nothing.
  const Apart reading =
      RunApart(uint64_t{1} << 30, kMostSeconds, [&] { return LoadModel(file).ok() ? 0 : 1; });
  const StatusOr<Model> read = LoadModel(file);
  if (crafted.fate == Fate::kRefused) {
    ASSERT_FALSE(read.ok()) << "was read";
    EXPECT_EQ(CodeName(read.status().code()), CodeName(Code::kModelLimit));
    EXPECT_NE(read.status().message().find(crafted.says), std::string::npos)
        << "does not say '" << crafted.says << "': " << read.status().message();
    // Importer and trainer, which write, refuse what program, library and page do not read.
    EXPECT_EQ(CodeName(SaveModel(model).status().code()), CodeName(Code::kModelLimit));
    EXPECT_EQ(reading.exit_code, 1);
    EXPECT_LE(reading.cpu_seconds, 2);
    if (!kSanitized) {
      EXPECT_LE(reading.peak_bytes, 4 * file.size() + kSlack);
    }
    return;
  }
  ASSERT_TRUE(read.ok()) << read.status().message();
  const StatusOr<ModelCost> counted = CostOf(*read);
  ASSERT_TRUE(counted.ok()) << counted.status().message();
  EXPECT_LE(counted->memory_bytes, kMaxMemoryBytes);
  EXPECT_LE(counted->steps, kMaxSteps);
  const Apart took = ExpectWithin(*read, *counted);
  std::printf("%s: file %.1f kB, counted %.0f MB and %.0f million steps, took %.0f MB and %.2f s\n",
              crafted.name, static_cast<double>(file.size()) / 1e3,
              static_cast<double>(counted->memory_bytes) / 1e6,
              static_cast<double>(counted->steps) / 1e6, static_cast<double>(took.peak_bytes) / 1e6,
              took.cpu_seconds);
}

INSTANTIATE_TEST_SUITE_P(
    Windows, HostileCost,
    ::testing::Values(
        Crafted{"LargeWindow", Fate::kRefused, "op0': the ops up to here take",
                [] {
                  return One(512, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(v, 1, Square(41, 1, 20));
                  });
                }},
        Crafted{"SmallerWindow", Fate::kRuns, "",
                [] {
                  return One(256, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(v, 1, Square(31, 1, 15));
                  });
                }},
        Crafted{"LargestWindowOfTwoPixels", Fate::kRuns, "",
                [] {
                  return One(1024, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(v, 1, {512, 1024, 512, 1, 0, 0, 0, 0});
                  });
                }},
        Crafted{"WindowWithPaddingAroundASmallPicture", Fate::kRefused, "MB of memory",
                [] {
                  return One(8, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(v, 1, Square(256, 1, 255));
                  });
                }},
        Crafted{"LargePooling", Fate::kRefused, "MB of memory",
                [] {
                  return One(1024, [](ModelBuilder& b, uint32_t v) {
                    return b.MaxPool2D(v, Square(256, 1, 128));
                  });
                }},
        Crafted{"PoolingThatSharesItsColumns", Fate::kRuns, "",
                [] {
                  return One(512, [](ModelBuilder& b, uint32_t v) {
                    return b.MaxPool2D(v, Square(48, 1, 24));
                  });
                }},
        Crafted{"PoolingOfDistantWindows", Fate::kRuns, "",
                [] {
                  return One(1024, [](ModelBuilder& b, uint32_t v) {
                    return b.MaxPool2D(v, Square(128, 128, 0));
                  });
                }},
        Crafted{"LargeDepthwise", Fate::kRefused, "MB of memory",
                [] {
                  return One(512, [](ModelBuilder& b, uint32_t v) {
                    return b.DepthwiseConv2D(v, Square(41, 1, 20));
                  });
                }},
        Crafted{"DepthwiseOfManyChannels", Fate::kRefused, "MB of memory",
                [] {
                  return One(48, [](ModelBuilder& b, uint32_t v) {
                    return b.DepthwiseConv2D(b.Conv2D(v, 3000), Square(31, 4, 0), Activation::kNone,
                                             Storage::kInt8PerChannel);
                  });
                }},
        Crafted{"DepthwiseWithoutAKernelOfItsOwn", Fate::kRuns, "",
                [] {
                  return One(64, [](ModelBuilder& b, uint32_t v) {
                    return b.DepthwiseConv2D(b.Conv2D(v, 256), Square(7, 1, 3), Activation::kRelu);
                  });
                }},
        Crafted{"HugeStrides", Fate::kRuns, "",
                [] {
                  return One(1024, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(v, 8, Square(3, 1024, 2));
                  });
                }}),
    CraftedName);

INSTANTIATE_TEST_SUITE_P(
    Values, HostileCost,
    ::testing::Values(
        // As chain1x1_10 and its brothers: nothing is reused.
        Crafted{"TenPointwise", Fate::kRuns, "", [] { return Chain(1024, 10, Pointwise); }},
        Crafted{"ManyPointwise", Fate::kRefused, "MB of memory",
                [] { return Chain(1024, 100, Pointwise); }},
        Crafted{"TenPointwiseOfTheLargestPicture", Fate::kRefused, "MB of memory",
                [] { return Chain(4096, 10, Pointwise); }},
        Crafted{"FourDepthwise", Fate::kRuns, "", [] { return Chain(1024, 4, Depthwise); }},
        Crafted{"FourDepthwiseOfTheLargestPicture", Fate::kRefused, "MB of memory",
                [] { return Chain(4096, 4, Depthwise); }},
        Crafted{"ManyOpsOnASmallPicture", Fate::kRuns, "",
                [] { return Chain(4, 4000, Pointwise); }},
        Crafted{
            "ManyReluInPlace", Fate::kRefused, "MB of memory",
            [] { return Chain(1024, 100, [](ModelBuilder& b, uint32_t v) { return b.Relu(v); }); }},
        Crafted{"Tower", Fate::kRefused, "an output of", [] { return Tower(12, 8); }},
        Crafted{"TowerOfFourChannels", Fate::kRuns, "", [] { return Tower(12, 4); }},
        Crafted{"TowerOfOneChannel", Fate::kRuns, "", [] { return Tower(12, 1); }},
        Crafted{"Fan", Fate::kRuns, "", [] { return Fan(512, 30); }},
        Crafted{"WideFan", Fate::kRefused, "MB of memory", [] { return Fan(512, 300); }},
        Crafted{"FanOfManyOps", Fate::kRuns, "", [] { return Fan(4, 1800); }},
        Crafted{"AllValuesAreOutputs", Fate::kRefused, "MB of memory",
                [] {
                  ModelBuilder builder(512, 512, Colour::kRgb, 1);
                  std::vector<uint32_t> also;
                  for (int i = 0; i < 400; ++i) also.push_back(builder.Sigmoid(0));
                  return builder.AgeGender(0, 0, also);
                }},
        Crafted{"ManyOutputs", Fate::kRuns, "",
                [] {
                  ModelBuilder builder(8, 8, Colour::kRgb, 1);
                  std::vector<uint32_t> also;
                  for (int i = 0; i < 1300; ++i)
                    also.push_back(builder.AddOp(OpType::kUpsampleNearest2x, {0}));
                  return builder.AgeGender(0, 0, also);
                }}),
    CraftedName);

INSTANTIATE_TEST_SUITE_P(
    WeightsAndTime, HostileCost,
    ::testing::Values(
        Crafted{"DenseOfInt8", Fate::kRuns, "", [] { return Dense(64, Count(1000, 5400)); }},
        // Each layer's packed weights are compared with those of the others, which differ in the
        // end.
        Crafted{"ManyAlikeLayers", Fate::kRuns, "",
                [] { return ManyAlikeLayers(Count(1000, 4000)); }},
        // Padded to 32 outputs.
        Crafted{"DenseOfOneOutput", Fate::kRuns, "", [] { return Dense(1000, 1); }},
        Crafted{"DenseOfOneOutputAndMoreInputs", Fate::kRefused, "MB of memory",
                [] { return Dense(1500, 1); }},
        Crafted{"TooManyMultiplications", Fate::kRefused, "million multiply-accumulates",
                [] {
                  return One(256, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(b.Conv2D(v, 256), 256, Square(3, 1, 1), Activation::kNone,
                                    Storage::kInt8PerChannel);
                  });
                }},
        Crafted{"ManyMultiplications", Fate::kRuns, "",
                [] {
                  return One(128, [](ModelBuilder& b, uint32_t v) {
                    return b.Conv2D(b.Conv2D(v, 256), 384, Square(3, 1, 1), Activation::kNone,
                                    Storage::kInt8PerChannel);
                  });
                }},
        Crafted{"ManyComparisons", Fate::kRefused, "million multiply-accumulates",
                [] {
                  return One(400, [](ModelBuilder& b, uint32_t v) {
                    return b.MaxPool2D(b.Conv2D(v, 128), Square(100, 1, 40));
                  });
                }}),
    CraftedName);

// ---------------------------------------------------------------------------- what must be taken

// Comfortably: a tenth of the limits.
void ExpectModest(const char* name, const Model& model) {
  const StatusOr<ModelCost> cost = CostOf(model);
  ASSERT_TRUE(cost.ok()) << name << ": " << cost.status().message();
  std::printf("%s: %.1f MB, %.1f million steps\n", name,
              static_cast<double>(cost->memory_bytes) / 1e6,
              static_cast<double>(cost->steps) / 1e6);
  EXPECT_LE(cost->memory_bytes, kMaxMemoryBytes / 10) << name;
  EXPECT_LE(cost->steps, kMaxSteps / 10) << name;
}

TEST(HonestModels, TakeATenthOfTheLimits) {
  for (const char* name : {"age_gender.agm", "face_detector.agm"}) {
    const std::optional<Model> model = ShippedModel(name);
    ASSERT_TRUE(model);
    ExpectModest(name, *model);
  }
  ExpectModest("notebook", NotebookModel());
}

// At every size that `--detect-size` names.
TEST(HonestModels, TheDetectorRunsUpToTheLargestPicture) {
  const std::optional<Model> model = ShippedModel("face_detector.agm");
  ASSERT_TRUE(model);
  for (const uint32_t side : {32u, 320u, 1024u, 2048u, 4096u}) {
    const StatusOr<ModelCost> cost = CostOf(*model, side, side);
    ASSERT_TRUE(cost.ok()) << side << ": " << cost.status().message();
    const double pixels = static_cast<double>(side) * side;
    std::printf(
        "detector at %u x %u: %.1f MB, %.0f million steps (%.0f bytes, %.0f steps a pixel)\n", side,
        side, static_cast<double>(cost->memory_bytes) / 1e6, static_cast<double>(cost->steps) / 1e6,
        static_cast<double>(cost->memory_bytes) / pixels,
        static_cast<double>(cost->steps) / pixels);
    if (side <= Count(1024u, 4096u)) {
      const Apart took = ExpectWithin(*model, *cost, {.height = side, .width = side});
      std::printf("  took %.1f MB and %.2f s\n", static_cast<double>(took.peak_bytes) / 1e6,
                  took.cpu_seconds);
    }
  }
}

// ------------------------------------------------------------ detectors, whose input has any size

// Small at its own size; `channels` for each pixel. Every cell is a face.
Model GreedyDetector(uint32_t channels) {
  ModelBuilder builder(32, 32, Colour::kRgb, 1);
  builder.model().input.size_multiple = 32;
  const uint32_t feature = builder.Conv2D(0, channels, Square(3, 1, 1));
  const uint32_t strides[] = {1};
  Model model = builder.FaceDetector({&feature, 1}, strides);
  for (Tensor& tensor : model.tensors) {
    if (tensor.shape == std::vector<uint32_t>{1}) {  // the biases of class and object: certainly
      tensor = *MakeTensor(tensor.name, {1}, std::vector<float>{50}, Storage::kFloat32);
    }
  }
  return model;
}

TEST(HostileDetector, IsRefusedAtTheSizeAtWhichItCostsTooMuch) {
  const StatusOr<Model> model = LoadModel(MakeContainer(HostilePayload(GreedyDetector(600))));
  ASSERT_TRUE(model.ok()) << model.status().message();
  const StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(*model);
  ASSERT_TRUE(weights.ok());
  StatusOr<FaceDetector> detector = FaceDetector::Create(*weights, 1);
  ASSERT_TRUE(detector.ok());
  EXPECT_TRUE(detector->Detect(Image(128, 128)).ok());
  const Apart refused = RunApart(uint64_t{1} << 30, kMostSeconds, [&] {
    const auto faces = detector->Detect(Image(1024, 1024), {.detect_size = 1024});
    std::fprintf(stderr, "%s\n", faces.status().message().c_str());
    return faces.status().code() == Code::kModelLimit ? 0 : 1;
  });
  EXPECT_EQ(refused.exit_code, 0);
  EXPECT_LE(refused.cpu_seconds, 2);
  if (!kSanitized) {
    EXPECT_LE(refused.peak_bytes, kSlack);
  }
  // It still takes what it can take.
  EXPECT_TRUE(detector->Detect(Image(64, 64)).ok());
}

TEST(HostileDetector, MillionsOfFacesCostNoMoreThanTheNet) {
  const Model model = GreedyDetector(2);
  const uint32_t side = Count(1024u, 2048u);
  const StatusOr<ModelCost> counted = CostOf(model, side, side);
  ASSERT_TRUE(counted.ok()) << counted.status().message();
  const Image picture(static_cast<int>(side), static_cast<int>(side));
  const Apart took = RunApart(uint64_t{4} << 30, 4 * kMostSeconds, [&] {
    const StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(model);
    if (!weights.ok()) return 2;
    StatusOr<FaceDetector> detector = FaceDetector::Create(*weights, 1);
    if (!detector.ok()) return 3;
    const auto faces = detector->Detect(picture, {.detect_size = static_cast<int>(side)});
    return faces.ok() && !faces->empty() ? 0 : 4;
  });
  EXPECT_EQ(took.exit_code, 0);
  EXPECT_LE(took.cpu_seconds, kMostSeconds);
  if (!kSanitized) {
    EXPECT_LE(took.peak_bytes, counted->memory_bytes + picture.pixels.size() + 4 * kSlack);
  }
  std::printf("%u x %u cells: counted %.0f MB, took %.0f MB and %.2f s\n", side, side,
              static_cast<double>(counted->memory_bytes) / 1e6,
              static_cast<double>(took.peak_bytes) / 1e6, took.cpu_seconds);
}

// ------------------------------------------------------------------------------------- by chance

Model AnyModel(uint64_t seed) {
  Random random(seed);
  const uint32_t most = random.Chance(0.5) ? 64 : random.Chance(0.7) ? 400 : 2048;
  ModelBuilder builder(random.Between(1, most), random.Between(1, most),
                       random.Chance(0.3) ? Colour::kGray : Colour::kRgb, seed);
  uint32_t value = 0;
  std::vector<uint32_t> also;
  for (uint32_t ops = random.Between(1, 6); ops > 0; --ops) {
    value = reference::DrawOp(builder, random, value);
    if (ElementCount(builder.shape(value)) > kMaxValueElements) break;
    if (random.Chance(0.1)) also.push_back(value);
  }
  return builder.AgeGender(value, 0, also);
}

TEST(CostSweep, RandomModelsStayWithinWhatIsCounted) {
  const int wanted = Count(40, 1000);
  int ran = 0, refused = 0;
  double most_memory = 0, most_seconds = 0, least_share = 1, sum_of_shares = 0;
  for (uint64_t seed = 0; ran < wanted && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Model model = AnyModel(seed);
    const Status status = CheckModel(model, AllOpRules());
    if (!status.ok()) {
      EXPECT_EQ(CodeName(status.code()), CodeName(Code::kModelLimit)) << status.message();
      ++refused;
      continue;
    }
    const StatusOr<ModelCost> counted = CostOf(model);
    ASSERT_TRUE(counted.ok());
    // Bands are exercised on pictures that are too small for them too.
    const bool banded = seed % 3 == 0;
    const Apart took =
        ExpectWithin(model, *counted, {.band_from = banded ? 0 : EngineOptions().band_from});
    ++ran;
    const auto peak = static_cast<double>(took.peak_bytes);
    const double share = peak / static_cast<double>(counted->memory_bytes);
    most_memory = std::max(most_memory, peak);
    most_seconds = std::max(most_seconds, took.cpu_seconds);
    if (peak > 50e6) least_share = std::min(least_share, share);
    sum_of_shares += share;
    if (ran % 100 == 0) {
      std::printf("%d ran, the most memory %.0f MB, the most time %.2f s\n", ran, most_memory / 1e6,
                  most_seconds);
      std::fflush(stdout);
    }
  }
  EXPECT_GT(refused, wanted / 20);  // both sides
  std::printf(
      "%d ran, %d refused; the most memory %.0f MB, the most time %.2f s of a processor; "
      "taken of what was counted: %.2f in the mean, %.2f at the least above 50 MB\n",
      ran, refused, most_memory / 1e6, most_seconds, sum_of_shares / ran, least_share);
  RecordProperty("ran", ran);
  RecordProperty("refused", refused);
  RecordProperty("most_megabytes", static_cast<int>(most_memory / 1e6));
}

}  // namespace
}  // namespace ag::test
