// Nets, losses, optimiser, checkpoint and export against what they are defined to be.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "native/train/loop/losses.h"
#include "native/train/loop/optimiser.h"
#include "native/train/loop/precision.h"
#include "native/train/nets/checkpoint.h"
#include "native/train/nets/net.h"
#include "native/train/run/export.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"
#include "tests/cli/cli_support.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

TEST(Nets, SeedDecidesTheWeights) {
  Settings settings = *RecipeFor("compact", false);
  const auto a = MakeNet(settings), b = MakeNet(settings);
  settings.seed = 2;
  const auto c = MakeNet(settings);
  EXPECT_TRUE(torch::equal(a->parameters()[0], b->parameters()[0]));
  EXPECT_FALSE(torch::equal(a->parameters()[0], c->parameters()[0]));
}

Labels MakeLabels(std::vector<float> lo, std::vector<float> hi, std::vector<float> gender) {
  const std::vector<float> weight(lo.size(), 1.0f);
  Labels labels;
  labels.age_lo = torch::tensor(lo);
  labels.age_hi = torch::tensor(hi);
  labels.gender = torch::tensor(gender);
  labels.weight = torch::tensor(weight);
  return labels;
}

TEST(Losses, NotebookIsMeanAbsoluteErrorPlusCrossEntropy) {
  const Settings settings = *RecipeFor("notebook", false);
  const auto net = MakeNet(settings);
  const NetOutput output{torch::tensor({20.0f, 30.0f}), torch::tensor({0.7f, -1.2f})};
  const Labels labels = MakeLabels({25, 28}, {25, 28}, {1, 0});
  const double bce = (std::log1p(std::exp(-0.7)) + std::log1p(std::exp(-1.2))) / 2;
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), 3.5 + bce, 1e-5);
}

TEST(Losses, UnknownGenderAndRangesAddNothingThatIsRight) {
  const Settings settings = *RecipeFor("notebook", false);
  const auto net = MakeNet(settings);
  const NetOutput output{torch::tensor({25.0f}), torch::tensor({5.0f})};
  EXPECT_EQ(Loss(settings, *net, output, MakeLabels({20}, {29}, {-1})).item<float>(), 0);
  ErrorSums sums;
  AddErrors(*net, output, MakeLabels({20}, {29}, {-1}), 0, &sums);
  EXPECT_EQ(sums.age_error, 0);
  EXPECT_EQ(sums.genders, 0);

  // Nor does an age that nobody knows: beside one that is off by 5 years the mean error is 5.
  const Labels unknown = MakeLabels({0, 30}, {static_cast<float>(kMaxAgeYears), 30}, {1, 1});
  const NetOutput two{torch::tensor({25.0f, 25.0f}), torch::tensor({5.0f, 5.0f})};
  ErrorSums both;
  AddErrors(*net, two, unknown, 0, &both);
  EXPECT_EQ(both.pictures, 2);
  EXPECT_EQ(both.ages, 1);
  EXPECT_DOUBLE_EQ(both.age_mae(), 5);
}

TEST(Losses, CompactLikesTheRightAgeBest) {
  Settings settings = *RecipeFor("compact", false);
  const auto net = MakeNet(settings);
  const auto loss_at = [&](int peak, const Labels& labels) {
    torch::Tensor logits = torch::full({1, kAgeBins}, -10.0f);
    for (int bin = 0; bin < kAgeBins; ++bin) {
      logits[0][bin] = -0.5 * (bin - peak) * (bin - peak) / (2.5 * 2.5);
    }
    return Loss(settings, *net, {logits, torch::zeros({1})}, labels).item<double>();
  };
  const Labels exact = MakeLabels({40}, {40}, {-1});
  EXPECT_LT(loss_at(40, exact), loss_at(43, exact));
  EXPECT_LT(loss_at(43, exact), loss_at(60, exact));
  const Labels range = MakeLabels({40}, {49}, {-1});
  EXPECT_LT(loss_at(45, range), 0.2);
  EXPECT_LT(loss_at(45, range), loss_at(52, range));
  // Older than the last bin, and a range beyond it: finite, with a finite gradient.
  torch::Tensor logits = torch::zeros({2, kAgeBins}, torch::requires_grad());
  const torch::Tensor loss =
      Loss(settings, *net, {logits, torch::zeros({2})}, MakeLabels({116, 70}, {116, 120}, {0, 1}));
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<double>()));
  EXPECT_TRUE(torch::isfinite(logits.grad()).all().item<bool>());
}

// --age-head value: L1 in years and the gender's cross-entropy, from labels and from teachers;
// --gender-weight counts for both.
TEST(Losses, AgeAsANumberByHand) {
  Settings settings = *RecipeFor("compact", false);
  settings.age_head = "value";
  settings.gender_smoothing = 0;
  settings.age_l1_weight = 0.2;
  settings.gender_weight = 3;
  settings.distillation_weight = 0.25;
  const auto net = MakeNet(settings);
  ASSERT_EQ(net->age_kind(), AgeKind::kValue);
  const NetOutput output{torch::tensor({20.0f, 30.0f}), torch::tensor({0.7f, -1.2f})};
  Labels labels = MakeLabels({25, 28}, {25, 35}, {1, 0});
  const double bce = 3 * (std::log1p(std::exp(-0.7)) + std::log1p(std::exp(-1.2))) / 2;
  const double alone = 0.2 * (5 + 0) / 2 + bce;
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), alone, 1e-5);
  // The teachers expect 22 and 40 years, and agree about the gender.
  labels.taught_age = torch::zeros({2, kAgeBins});
  labels.taught_age[0][21] = labels.taught_age[0][23] = 0.5;
  labels.taught_age[1][40] = 1;
  labels.taught_female = torch::tensor({1.0f, 0.0f});
  const double taught = 0.2 * (2 + 10) / 2 + bce;
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), 0.75 * alone + 0.25 * taught,
              1e-5);
}

// What is said of a person is never below 0, as in the engine; the loss still sees it.
TEST(Losses, AgesBelowZero) {
  Settings settings = *RecipeFor("compact", false);
  settings.age_head = "value";
  settings.age_l1_weight = 1;
  const auto net = MakeNet(settings);
  const NetOutput output{torch::tensor({-3.0f}), torch::tensor({0.0f})};
  const Labels labels = MakeLabels({0}, {0}, {-1});
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), 3, 1e-6);
  ErrorSums sums;
  AddErrors(*net, output, labels, 0, &sums);
  EXPECT_EQ(sums.age_error, 0);
  EXPECT_EQ(SaidYears(*net, output.age).item<float>(), 0);
}

TEST(Losses, WeightCounts) {
  const Settings settings = *RecipeFor("notebook", false);
  const auto net = MakeNet(settings);
  Labels labels = MakeLabels({25}, {25}, {-1});
  labels.weight = torch::tensor({0.25f});
  const NetOutput output{torch::tensor({29.0f}), torch::tensor({0.0f})};
  EXPECT_FLOAT_EQ(Loss(settings, *net, output, labels).item<float>(), 1.0f);
}

TEST(Schedule, WarmsUpAndFallsToZero) {
  Settings settings = *RecipeFor("compact", false);
  settings.epochs = 10;
  settings.warmup_epochs = 1;
  settings.learning_rate = 1;
  EXPECT_NEAR(LearningRateAt(settings, 0, 100), 0.01, 1e-9);
  EXPECT_NEAR(LearningRateAt(settings, 99, 100), 1, 1e-9);
  EXPECT_NEAR(LearningRateAt(settings, 550, 100), 0.5, 1e-9);
  EXPECT_NEAR(LearningRateAt(settings, 999, 100), 0, 1e-4);
  const Settings notebook = *RecipeFor("notebook", false);
  EXPECT_DOUBLE_EQ(LearningRateAt(notebook, 0, 100), 1e-3);
  EXPECT_DOUBLE_EQ(LearningRateAt(notebook, 2999, 100), 1e-3);
}

// A net of one weight matrix and one bias, to follow the optimiser by hand.
struct TinyNet : AgeGenderNet {
  TinyNet() {
    weight = register_parameter("weight", torch::tensor({{1.0f, -2.0f}}));
    bias = register_parameter("bias", torch::tensor({3.0f}));
  }
  NetOutput forward(torch::Tensor) override { return {}; }
  AgeKind age_kind() const override { return AgeKind::kValue; }
  InputContract input_contract() const override { return {}; }
  AgeGenderContract Write(GraphWriter*) const override { return {}; }
  torch::Tensor weight, bias;
};

// One tensor after the other as on the CPU, or all in one operation as on a GPU.
class OptimiserTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(OneByOneAndTogether, OptimiserTest, testing::Bool());

TEST_P(OptimiserTest, FollowsAdamW) {
  Settings settings = *RecipeFor("compact", false);
  settings.clip_norm = 0;
  settings.weight_decay = 0.1;
  settings.epsilon = 1e-8;
  TinyNet net;
  Optimiser optimiser(net, settings, GetParam());
  double p = 1, q = 3, mp = 0, vp = 0, mq = 0, vq = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.5 * t, h = -1.0;
    net.weight.mutable_grad() = torch::tensor({{static_cast<float>(g), 0.0f}});
    net.bias.mutable_grad() = torch::tensor({static_cast<float>(h)});
    ASSERT_TRUE(optimiser.Step(0.01));
    const auto adam = [&](double& x, double& m, double& v, double gradient, double decay) {
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient * gradient;
      const double mhat = m / (1 - std::pow(0.9, t)), vhat = v / (1 - std::pow(0.999, t));
      x = x * (1 - 0.01 * decay) - 0.01 * mhat / (std::sqrt(vhat) + 1e-8);
    };
    adam(p, mp, vp, g, 0.1);
    adam(q, mq, vq, h, 0);  // biases do not decay
    EXPECT_NEAR(net.weight[0][0].item<double>(), p, 1e-5);
    EXPECT_NEAR(net.bias[0].item<double>(), q, 1e-5);
  }
}

TEST_P(OptimiserTest, ClipsAndSkipsWhatIsNotFinite) {
  Settings settings = *RecipeFor("compact", false);
  settings.clip_norm = 1;
  TinyNet net;
  Optimiser optimiser(net, settings, GetParam());
  const torch::Tensor before = net.weight.detach().clone();
  net.weight.mutable_grad() = torch::tensor({{NAN, 0.0f}});
  net.bias.mutable_grad() = torch::tensor({1.0f});
  EXPECT_FALSE(optimiser.Step(0.01));
  EXPECT_TRUE(torch::equal(before, net.weight));
  EXPECT_EQ(optimiser.steps(), 0);
  net.weight.mutable_grad() = torch::tensor({{30.0f, 0.0f}});
  net.bias.mutable_grad() = torch::tensor({40.0f});
  ASSERT_TRUE(optimiser.Step(0.01));
  EXPECT_NEAR(optimiser.first_moments()[0][0][0].item<double>(), 0.1 * 30.0 / 50.0, 1e-6);
}

// Both ways on a whole net, its norms' statistics included.
TEST(Optimiser, TogetherIsOneByOne) {
  Settings settings = *RecipeFor("student", false);
  settings.last_block = "conv32_1";
  settings.input_side = 32;
  settings.dropout = 0;
  std::vector<torch::Tensor> ends[2];
  for (const bool together : {false, true}) {
    const auto net = MakeNet(settings);
    Optimiser optimiser(*net, settings, together);
    MovingMean mean(*net, 0.9, together);
    for (int step = 1; step <= 4; ++step) {
      torch::manual_seed(static_cast<uint64_t>(step));
      const NetOutput output = net->forward(torch::rand({4, 3, 32, 32}));
      (output.age.square().mean() + output.gender.square().mean()).backward();
      ASSERT_TRUE(optimiser.Step(0.01));
      mean.Update(step);
    }
    std::vector<torch::Tensor>& end = ends[together];
    for (const torch::Tensor& parameter : net->parameters()) end.push_back(parameter.detach());
    for (const torch::Tensor& tensor : mean.tensors()) end.push_back(tensor);
  }
  ASSERT_EQ(ends[0].size(), ends[1].size());
  for (size_t i = 0; i < ends[0].size(); ++i) {
    EXPECT_LT((ends[0][i] - ends[1][i]).abs().max().item<double>(), 2e-4) << i;
  }
}

class MovingMeanTest : public OptimiserTest {};
INSTANTIATE_TEST_SUITE_P(OneByOneAndTogether, MovingMeanTest, testing::Bool());

TEST_P(MovingMeanTest, SwapsAndForgets) {
  TinyNet net;
  MovingMean mean(net, 0.9, GetParam());
  {
    const torch::NoGradGuard no_grad;
    net.bias.fill_(10);
  }
  mean.Update(1000000);
  mean.Swap();
  EXPECT_NEAR(net.bias.item<double>(), 3 * 0.9 + 10 * 0.1, 1e-5);
  mean.Swap();
  EXPECT_EQ(net.bias.item<float>(), 10);
  MovingMean off(net, 0);
  off.Update(1);
  off.Swap();
  EXPECT_EQ(net.bias.item<float>(), 10);
}

TEST(Checkpoint, ComesBackBitForBitAndRefusesOthers) {
  const ag::test::TemporaryFolder folder;
  const std::string path = folder / "checkpoint.agc";
  const torch::Tensor a = torch::randn({3, 4}), b = torch::arange(5, torch::kInt64);
  const nlohmann::json meta = {{"epoch", 3}, {"loss", 1.0 / 3.0}};
  ASSERT_TRUE(WriteCheckpoint(path, {{"a", a}, {"b", b}}, meta).ok());
  torch::Tensor c = torch::zeros({3, 4}), d = torch::zeros({5}, torch::kInt64);
  const StatusOr<nlohmann::json> read = ReadCheckpoint(path, {{"a", c}, {"b", d}});
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, meta);
  EXPECT_TRUE(torch::equal(a, c));
  EXPECT_TRUE(torch::equal(b, d));

  // Another shape, another type, one missing, one too many: nothing is copied.
  const torch::Tensor untouched = torch::zeros({3, 4});
  const NamedTensors others[] = {{{"a", torch::zeros({4, 4})}, {"b", d}},
                                 {{"a", untouched}, {"b", torch::zeros({5})}},
                                 {{"a", untouched}, {"z", d}},
                                 {{"a", untouched}},
                                 {{"a", untouched}, {"b", d}, {"z", c}}};
  for (const NamedTensors& tensors : others) {
    EXPECT_EQ(ReadCheckpoint(path, tensors).status().code(), Code::kInvalidArgument);
  }
  EXPECT_EQ(untouched.abs().sum().item<float>(), 0);
  EXPECT_EQ(ReadCheckpoint(folder / "none.agc", {}).status().code(), Code::kNotFound);
  // What is not finite is not written, and what was there stays.
  const torch::Tensor bad = torch::full({2}, std::nan(""));
  const Status refused = WriteCheckpoint(path, {{"bad", bad}}, meta);
  EXPECT_EQ(refused.code(), Code::kModelNonFinite);
  EXPECT_NE(refused.message().find("'bad'"), std::string::npos) << refused.message();
  EXPECT_TRUE(ReadCheckpoint(path, {{"a", c}, {"b", d}}).ok());
}

TEST(Export, AgeErrorsAreQuantiles) {
  Model model;
  model.age_gender.emplace();
  model.age_gender->age_kind = AgeKind::kValue;
  std::vector<Example> examples(101);
  Predictions predictions;
  for (int i = 0; i <= 100; ++i) {
    examples[static_cast<size_t>(i)].age_lo = examples[static_cast<size_t>(i)].age_hi =
        static_cast<float>(i);
    predictions.age.push_back(50);
  }
  SetAgeErrors(examples, predictions, &model);
  EXPECT_FLOAT_EQ(model.age_gender->age_error_low, -45);
  EXPECT_FLOAT_EQ(model.age_gender->age_error_high, 45);
  Model few;
  few.age_gender = AgeGenderContract{};
  few.age_gender->age_kind = AgeKind::kValue;
  SetAgeErrors(std::vector<Example>(5), predictions, &few);
  EXPECT_EQ(few.age_gender->age_error_low, 0);
}

TEST(Export, StoresWeightsAsAsked) {
  const auto net = MakeNet(*RecipeFor("compact", false));
  net->eval();
  size_t bytes[3] = {};
  for (const Storage storage : {Storage::kFloat32, Storage::kFloat16, Storage::kInt8PerChannel}) {
    const StatusOr<Model> model = ExportNet(*net, storage);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const StatusOr<std::vector<uint8_t>> file = SaveModel(*model);
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_TRUE(LoadModel(*file).ok());
    bytes[static_cast<size_t>(storage)] = file->size();
  }
  EXPECT_GT(bytes[0], 3500000u);
  EXPECT_LT(bytes[1], bytes[0] * 0.51);
  EXPECT_LT(bytes[2], bytes[0] * 0.27);
}

TEST(Precision, Bfloat16ForwardIsCloseToFloat32) {
  AvoidBrokenAmx();
  if (!CpuHasBfloat16()) GTEST_SKIP() << "this CPU has neither AVX512-BF16 nor AMX-BF16";
  const torch::NoGradGuard no_grad;
  for (const char* arch : {"compact", "notebook"}) {
    const Settings settings = *RecipeFor(arch, false);
    const auto net = MakeNet(settings);
    net->eval();
    const torch::Tensor input =
        torch::rand({4, settings.gray ? 1 : 3, settings.input_side, settings.input_side});
    const torch::Tensor exact = net->forward(input).gender;
    torch::Tensor coarse;
    {
      const AutocastScope autocast(true, torch::kCPU);
      coarse = net->forward(input).gender;
    }
    EXPECT_EQ(coarse.scalar_type(), torch::kFloat32);
    EXPECT_FALSE(torch::equal(exact, coarse)) << "autocast did nothing";
    EXPECT_LT((exact - coarse).abs().max().item<double>(),
              0.02 + 0.05 * exact.abs().max().item<double>());
    EXPECT_TRUE(torch::equal(exact, net->forward(input).gender)) << "autocast did not end";
  }
}

}  // namespace
}  // namespace ag::train
