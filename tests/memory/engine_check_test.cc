// The drawn picture that a new engine answers: the shipped models' answers are known, and a wrong
// one is refused.
#include "shared/infer/engine_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "shared/infer/engine.h"
#include "shared/infer/load_model.h"
#include "tests/support/model_builder.h"
#include "tests/support/shipped.h"

namespace ag {
namespace {

using test::ShippedWeights;
using test::SmallAgeGenderModel;
using test::SmallDetectorModel;

TEST(EngineCheck, AnswersOfTheShippedModelsAreKnown) {
  const auto net = ShippedWeights("age_gender.agm");
  const auto detector = ShippedWeights("face_detector.agm");
  ASSERT_TRUE(net && detector);
  const InputContract& input = net->model().input;
  EXPECT_FALSE(KnownAnswers(net->fingerprint(), input.height, input.width).empty())
      << "the model was replaced: ./ag goldens";
  // Engine::Create compares; one that is made agrees.
  EXPECT_TRUE(Engine::Create(net, {}).ok());
  EXPECT_TRUE(Engine::Create(net, {.threads = 3}).ok());
  for (const uint32_t side : {64u, 96u, 128u, 160u, 320u}) {
    EXPECT_FALSE(KnownAnswers(detector->fingerprint(), side, side).empty()) << side;
    EXPECT_TRUE(Engine::Create(detector, {.height = side, .width = side}).ok()) << side;
  }
}

TEST(EngineCheck, UnknownModelsAreComparedWithASecondEngine) {
  for (Model model : {SmallAgeGenderModel(1, 11), SmallDetectorModel(2)}) {
    auto weights = Weights::Create(std::move(model));
    ASSERT_TRUE(weights.ok());
    const InputContract& input = (*weights)->model().input;
    EXPECT_TRUE(KnownAnswers((*weights)->fingerprint(), input.height, input.width).empty());
    EXPECT_TRUE(Engine::Create(*weights, {}).ok());
    EXPECT_TRUE(Engine::Create(*weights, {.threads = 2}).ok());
  }
}

TEST(EngineCheck, FingerprintKnowsGraphAndWeights) {
  const Model model = SmallAgeGenderModel(1, 11);
  const uint64_t fingerprint = FingerprintOf(model);
  EXPECT_EQ(FingerprintOf(model), fingerprint);
  Model other = model;
  other.tensors.back().data.back() ^= 1;
  EXPECT_NE(FingerprintOf(other), fingerprint);
  other = model;
  other.ops.front().stride_width += 1;
  EXPECT_NE(FingerprintOf(other), fingerprint);
  other = model;
  other.provenance.name = "the same net under another name";
  EXPECT_EQ(FingerprintOf(other), fingerprint);
}

TEST(EngineCheck, WrongAnswersAreRefused) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> expected = {1, -20, 0, nan, 300};
  EXPECT_TRUE(CompareAnswers(expected, expected).ok());
  std::vector<float> found = {1.0005f, -20.01f, 0.0005f, nan, 300.1f};
  EXPECT_TRUE(CompareAnswers(expected, found).ok());
  for (size_t i = 0; i < expected.size(); ++i) {
    found = expected;
    found[i] = i == 3 ? 0 : nan;
    EXPECT_EQ(CompareAnswers(expected, found).code(), Code::kBackend) << i;
  }
  found = expected;
  found[4] = 301;
  EXPECT_EQ(CompareAnswers(expected, found).code(), Code::kBackend);
  found.pop_back();
  EXPECT_EQ(CompareAnswers(expected, found).code(), Code::kBackend);
  EXPECT_EQ(CompareAnswers({}, found).code(), Code::kBackend);
}

TEST(EngineCheck, DrawnPictureIsTheSameInBands) {
  std::vector<uint8_t> whole(64 * 40 * 3), part(10 * 40 * 3);
  DrawCheckRows(0, 64, 40, whole);
  DrawCheckRows(20, 10, 40, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 20 * 40 * 3));
}

// Packed weights are shared by all engines of a model, whichever thread makes them.
TEST(EngineCheck, ManyThreadsMakeEnginesOfManySizes) {
  auto weights = Weights::Create(SmallDetectorModel(2));
  ASSERT_TRUE(weights.ok());
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (uint32_t size = 1; size <= 6; ++size) {
        const uint32_t height = 32 * size, width = 32 * (1 + (size + thread) % 4);
        const auto engine = Engine::Create(*weights, {.height = height, .width = width});
        EXPECT_TRUE(engine.ok()) << engine.status().message();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ag
