// Thinner nets, rounded weights, teachers: what makes a small net out of a large one.
#include "native/train/loop/distillation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "native/train/loop/losses.h"
#include "native/train/loop/trainer.h"
#include "native/train/nets/pruning.h"
#include "native/train/nets/quantisation.h"
#include "native/train/nets/recognition_net.h"
#include "native/train/run/export.h"
#include "native/train/run/label_review.h"
#include "shared/base/file.h"
#include "shared/image/decode.h"
#include "shared/infer/load_model.h"
#include "shared/model/storage.h"
#include "tests/cli/cli_support.h"
#include "tests/support/image_files.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

using ag::test::ReadText;
using ag::test::TemporaryFolder;

Settings SmallRecipe(double width) {
  Settings settings = *RecipeFor("student", false);
  settings.last_block = "conv64_1";
  settings.input_side = 67;
  settings.cache_side = 75;
  settings.width_multiplier = width;
  settings.dropout = 0;
  return settings;
}

// Weights that are all different and norms that do something.
void Disturb(AgeGenderNet* net) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(11);
  for (const NamedConvNorm& named : net->conv_norms()) {
    named.layer->norm->weight.uniform_(0.5, 1.5);
    named.layer->norm->bias.uniform_(-0.3, 0.3);
  }
}

Affine AffineOf(const ConvNorm& layer) {
  return {layer->conv->weight.detach().to(torch::kFloat64),
          layer->norm->weight.detach().to(torch::kFloat64),
          layer->norm->bias.detach().to(torch::kFloat64)};
}

// `layer` in a layer of [out, in] channels, at the given places; zeros elsewhere.
Affine Embedded(const Affine& layer, int64_t out, int64_t in, const std::vector<int64_t>& at_out,
                const std::vector<int64_t>& at_in) {
  Affine wide;
  wide.filter =
      torch::zeros({out, in, layer.filter.size(2), layer.filter.size(3)}, torch::kFloat64);
  wide.gamma = torch::zeros({out}, torch::kFloat64);
  wide.beta = torch::zeros({out}, torch::kFloat64);
  for (size_t o = 0; o < at_out.size(); ++o) {
    const auto from = static_cast<int64_t>(o);
    for (size_t i = 0; i < at_in.size(); ++i) {
      wide.filter[at_out[o]][at_in[i]].copy_(layer.filter[from][static_cast<int64_t>(i)]);
    }
    wide.gamma[at_out[o]].copy_(layer.gamma[from]);
    wide.beta[at_out[o]].copy_(layer.beta[from]);
  }
  return wide;
}

// `count` of first..end-1, in order.
std::vector<int64_t> SomeOf(int64_t first, int64_t end, size_t count, unsigned seed) {
  std::vector<int64_t> all, some;
  for (int64_t i = first; i < end; ++i) all.push_back(i);
  std::sample(all.begin(), all.end(), std::back_inserter(some), count, std::mt19937(seed));
  return some;
}

// A thin net hidden among dead channels of a wide one is found again, every number of it.
TEST(Thinning, KeepsTheChannelsThatLive) {
  const Settings settings = SmallRecipe(0.5);
  const auto made = MakeNet(settings);
  const auto& thin = dynamic_cast<const RecognitionNet&>(*made);
  Disturb(made.get());
  const std::vector<int64_t> colours = {0, 1, 2};
  const std::vector<int64_t> stage32 = SomeOf(0, 32, 16, 1);
  std::vector<int64_t> stage64 = stage32;
  for (const int64_t channel : SomeOf(32, 64, 16, 2)) stage64.push_back(channel);

  AffineMap wide;
  wide["conv32_down"] = Embedded(AffineOf(thin.stem), 32, 3, stage32, colours);
  unsigned seed = 3;
  for (const RecognitionNet::NamedBlock& named : thin.blocks) {
    const bool first_stage = named.name.starts_with("conv32");
    const std::vector<int64_t>& out = first_stage ? stage32 : stage64;
    const std::vector<int64_t>& in = first_stage || named.block->down ? stage32 : stage64;
    const int64_t of = first_stage ? 32 : 64, of_in = &in == &stage32 ? 32 : 64;
    const std::vector<int64_t> inner = SomeOf(0, of, out.size(), seed++);
    wide[named.name + "/conv1"] = Embedded(AffineOf(named.block->first), of, of_in, inner, in);
    wide[named.name + "/conv2"] = Embedded(AffineOf(named.block->second), of, of, out, inner);
  }

  const StatusOr<std::vector<int64_t>> kept = ThinTo(thin, &wide);
  ASSERT_TRUE(kept.ok()) << kept.status().message();
  EXPECT_EQ(*kept, stage64);
  for (const NamedConvNorm& named : thin.conv_norms()) {
    const Affine expected = AffineOf(named.layer), found = wide.at(named.name);
    EXPECT_TRUE(torch::equal(found.filter, expected.filter)) << named.name;
    EXPECT_TRUE(torch::equal(found.gamma, expected.gamma)) << named.name;
    EXPECT_TRUE(torch::equal(found.beta, expected.beta)) << named.name;
  }
}

TEST(Thinning, RefusesWhatDoesNotFit) {
  const auto made = MakeNet(SmallRecipe(0.5));
  const auto& thin = dynamic_cast<const RecognitionNet&>(*made);
  AffineMap layers;
  for (const NamedConvNorm& named : thin.conv_norms()) layers[named.name] = AffineOf(named.layer);
  AffineMap missing = layers;
  missing.erase("conv64_down/conv2");
  StatusOr<std::vector<int64_t>> kept = ThinTo(thin, &missing);
  ASSERT_FALSE(kept.ok());
  EXPECT_EQ(kept.status().code(), Code::kModelShape);
  EXPECT_NE(kept.status().message().find("conv64_down/conv2"), std::string::npos);
  // Fewer channels than the net has.
  AffineMap narrow = layers;
  Affine& stem = narrow.at("conv32_down");
  stem.filter = stem.filter.narrow(0, 0, 8);
  kept = ThinTo(thin, &narrow);
  ASSERT_FALSE(kept.ok());
  EXPECT_NE(kept.status().message().find("conv32_down"), std::string::npos);
}

TEST(Quantised, RoundsPerChannelAndLetsTheGradientPass) {
  const torch::Tensor weight =
      torch::tensor({{1.0f, -0.52f, 0.301f}, {100.0f, 30.2f, -99.0f}}, torch::requires_grad());
  const torch::Tensor rounded = Quantised(weight, 4);  // +-7
  const float s0 = 1.0f / 7, s1 = 100.0f / 7;
  const torch::Tensor expected =
      torch::tensor({{7 * s0, -4 * s0, 2 * s0}, {7 * s1, 2 * s1, -7 * s1}});
  EXPECT_LT((rounded - expected).abs().max().item<double>(), 1e-4);
  (rounded * torch::tensor({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}})).sum().backward();
  EXPECT_TRUE(torch::equal(weight.grad(), torch::tensor({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}})));
  EXPECT_TRUE(torch::equal(Quantised(weight, 0), weight));
  EXPECT_EQ(QuantisationLevels(8), 127);
}

// What a net that was trained with rounded weights stores as integers is what it computed with.
TEST(Quantised, Int8StoresExactlyWhatWasTrained) {
  for (const int bits : {8, 6}) {
    SCOPED_TRACE(bits);
    Settings settings = SmallRecipe(1);
    settings.weight_bits = bits;
    const auto net = MakeNet(settings);
    Disturb(net.get());
    net->eval();
    const StatusOr<Model> exact = ExportNet(*net, Storage::kFloat32);
    const StatusOr<Model> stored = ExportNet(*net, Storage::kInt8PerChannel);
    ASSERT_TRUE(exact.ok() && stored.ok());
    ASSERT_EQ(exact->tensors.size(), stored->tensors.size());
    for (size_t t = 0; t < exact->tensors.size(); ++t) {
      const std::vector<float> a = ExpandTensor(exact->tensors[t]);
      const std::vector<float> b = ExpandTensor(stored->tensors[t]);
      for (size_t i = 0; i < a.size(); ++i) {
        ASSERT_NEAR(a[i], b[i], 1e-6 + 1e-5 * std::fabs(a[i])) << exact->tensors[t].name;
      }
      if (stored->tensors[t].storage != Storage::kInt8PerChannel) continue;
      for (const uint8_t byte : stored->tensors[t].data) {
        ASSERT_LE(std::abs(static_cast<int8_t>(byte)), QuantisationLevels(bits));
      }
    }
  }
}

Labels OneLabel(float lo, float hi, float gender) {
  Labels labels;
  labels.age_lo = torch::tensor({lo});
  labels.age_hi = torch::tensor({hi});
  labels.gender = torch::tensor({gender});
  labels.weight = torch::ones({1});
  return labels;
}

TEST(Losses, TaughtByHand) {
  Settings settings = *RecipeFor("student", false);
  const auto net = MakeNet(SmallRecipe(1));
  // All ages alike: cross-entropy log(101) with anything, expectation 50.
  const NetOutput output{torch::zeros({1, kAgeBins}), torch::zeros({1})};
  Labels labels = OneLabel(50, 50, 1);
  const double alone = Loss(settings, *net, output, labels).item<double>();
  labels.taught_age = torch::zeros({1, kAgeBins});
  labels.taught_age[0][40] = 0.5;
  labels.taught_age[0][44] = 0.5;
  labels.taught_female = torch::tensor({0.9f});
  const double taught = std::log(101.0) + settings.age_l1_weight * 8 + std::log(2.0);
  settings.distillation_weight = 1;
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), taught, 1e-4);
  settings.distillation_weight = 0.25;
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(), 0.75 * alone + 0.25 * taught,
              1e-4);
  // A doubted label counts less; what is taught counts whole.
  labels.trust = torch::tensor({0.2f});
  EXPECT_NEAR(Loss(settings, *net, output, labels).item<double>(),
              0.75 * 0.2 * alone + 0.25 * taught, 1e-4);
}

TEST(Losses, AnnotatorsGuessTheGenderOfInfants) {
  Settings settings = *RecipeFor("notebook", false);
  settings.infant_gender_weight = 0.25;
  const auto net = MakeNet(*RecipeFor("notebook", false));
  const auto loss = [&](float age) {
    return Loss(settings, *net, {torch::tensor({age}), torch::zeros({1})}, OneLabel(age, age, 0))
        .item<double>();
  };
  EXPECT_NEAR(loss(2), 0.25 * std::log(2.0), 1e-6);
  EXPECT_NEAR(loss(3), std::log(2.0), 1e-6);
}

// Every part of the loss against central differences, in double.
TEST(Losses, GradientsMatchFiniteDifferences) {
  Settings settings = *RecipeFor("student", false);
  settings.distillation_weight = 0.4;
  const auto net = MakeNet(SmallRecipe(1));
  torch::manual_seed(5);
  const auto f64 = torch::TensorOptions().dtype(torch::kFloat64);
  Labels labels;
  labels.age_lo = torch::tensor({30.0, 20.0, 1.0, 118.0}, f64);
  labels.age_hi = torch::tensor({30.0, 29.0, 1.0, 118.0}, f64);
  labels.gender = torch::tensor({1.0, 0.0, 1.0, -1.0}, f64);
  labels.weight = torch::tensor({1.0, 0.5, 2.0, 1.0}, f64);
  labels.taught_age = torch::softmax(torch::randn({4, kAgeBins}, f64), 1);
  labels.taught_female = torch::tensor({0.8, 0.1, 0.5, 0.99}, f64);
  labels.trust = torch::tensor({1.0, 0.3, 1.0, 1.0}, f64);
  torch::Tensor age = torch::randn({4, kAgeBins}, f64), gender = torch::randn({4}, f64);
  const auto loss = [&] { return Loss(settings, *net, {age, gender}, labels); };
  age.requires_grad_();
  gender.requires_grad_();
  loss().backward();
  const torch::NoGradGuard no_grad;
  const auto check = [&](torch::Tensor values, const torch::Tensor& gradient, int64_t stride) {
    double* v = values.data_ptr<double>();
    const double* g = gradient.data_ptr<double>();
    for (int64_t i = 0; i < values.numel(); i += stride) {
      const double kept = v[i], step = 1e-5;
      v[i] = kept + step;
      const double above = loss().item<double>();
      v[i] = kept - step;
      const double below = loss().item<double>();
      v[i] = kept;
      EXPECT_NEAR(g[i], (above - below) / (2 * step), 1e-6) << i;
    }
  };
  check(age, age.grad().contiguous(), 7);
  check(gender, gender.grad().contiguous(), 1);
}

class TeachingTest : public testing::Test {
 protected:
  TeachingTest() {
    settings_ = ToySettings("student", folder_.path().string(), 48);
    settings_.last_block = "conv32_1";
    settings_.input_side = 67;
    settings_.cache_side = 75;
    settings_.duplicate_correlation = 0;
    settings_.batch = 8;
  }

  // An untrained net as a teacher; `width` makes it another one.
  std::string WriteTeacher(const std::string& name, double width, bool with_recipe = true,
                           int folds = 0, int fold = 0) {
    Settings of_teacher = settings_;
    of_teacher.folds = folds;
    of_teacher.fold = fold;
    of_teacher.teachers.clear();
    of_teacher.width_multiplier = width;
    const auto net = MakeNet(of_teacher);
    Disturb(net.get());
    {
      const torch::NoGradGuard no_grad;
      for (const NamedLinear& head : net->heads()) head.layer->weight.normal_(0, 0.5);
    }
    net->eval();
    Model model = *ExportNet(*net, Storage::kFloat32);
    model.provenance.name = name;
    if (with_recipe) model.provenance.recipe = RecipeToJson(of_teacher).dump();
    const std::string path = (folder_.path() / (name + ".agm")).string();
    EXPECT_TRUE(WriteFileAtomically(path, *SaveModel(model)).ok());
    return path;
  }

  StatusOr<Lessons> Prepare(const TrainingData& data) {
    return PrepareLessons(settings_, data, torch::kCPU, {}, nullptr);
  }

  const TemporaryFolder folder_;
  Settings settings_;
};

TEST_F(TeachingTest, LessonsAreComputedOnce) {
  const TrainingData data = ToyData(settings_);
  EXPECT_TRUE(Prepare(data)->empty());
  settings_.teachers = {WriteTeacher("first", 1)};
  const StatusOr<Lessons> lessons = Prepare(data);
  ASSERT_TRUE(lessons.ok()) << lessons.status().message();
  EXPECT_FALSE(lessons->reused);
  ASSERT_EQ(lessons->age.size(0), static_cast<int64_t>(data.train.size()));
  EXPECT_LT((lessons->age.sum(1) - 1).abs().max().item<double>(), 1e-4);
  // Different pictures are told apart.
  EXPECT_GT((lessons->age[0] - lessons->age[1]).abs().max().item<double>(), 1e-4);

  const StatusOr<Lessons> again = Prepare(data);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->reused);
  EXPECT_TRUE(torch::equal(again->age, lessons->age));
  EXPECT_TRUE(torch::equal(again->female, lessons->female));

  // Two teachers say their mean, and are no longer the same teachers.
  settings_.teachers = {WriteTeacher("second", 0.5)};
  const StatusOr<Lessons> second = Prepare(data);
  ASSERT_TRUE(second.ok()) << second.status().message();
  EXPECT_FALSE(second->reused);
  settings_.teachers = {folder_.path().string() + "/first.agm",
                        folder_.path().string() + "/second.agm"};
  const StatusOr<Lessons> both = Prepare(data);
  ASSERT_TRUE(both.ok());
  EXPECT_TRUE(both->reused);  // each was asked before
  EXPECT_LT((both->age - (lessons->age + second->age) / 2).abs().max().item<double>(), 1e-5);
  EXPECT_NE(both->teachers, lessons->teachers);
}

TEST_F(TeachingTest, DamagedLessonsAreAskedForAgain) {
  const TrainingData data = ToyData(settings_);
  settings_.teachers = {WriteTeacher("first", 1)};
  const StatusOr<Lessons> lessons = Prepare(data);
  ASSERT_TRUE(lessons.ok()) << lessons.status().message();
  EXPECT_TRUE(lessons->notes.empty());
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.cache)) {
    if (entry.path().filename().string().starts_with("lessons-")) file = entry.path().string();
  }
  const std::vector<uint8_t> whole = *ReadFile(file, 1 << 24);
  const auto expect_asked = [&](const std::vector<uint8_t>& bytes) {
    ASSERT_TRUE(WriteFileAtomically(file, bytes).ok());
    const StatusOr<Lessons> again = Prepare(data);
    ASSERT_TRUE(again.ok()) << again.status().message();
    EXPECT_FALSE(again->reused);
    ASSERT_EQ(again->notes.size(), 1u);
    EXPECT_NE(again->notes[0].find(file), std::string::npos) << again->notes[0];
    EXPECT_TRUE(torch::equal(again->age, lessons->age));
    EXPECT_TRUE(torch::equal(again->female, lessons->female));
    EXPECT_EQ(*ReadFile(file, 1 << 24), whole);
  };
  for (const size_t at : {size_t{70}, whole.size() / 2, whole.size() - 2}) {
    std::vector<uint8_t> bytes = whole;
    bytes[at] ^= 4;
    expect_asked(bytes);
  }
  expect_asked({whole.begin(), whole.end() - 408});
  expect_asked({});
}

// Of each picture speaks the net that has not learnt its label.
TEST_F(TeachingTest, FoldsSpeakOfWhatTheyHaveNotSeen) {
  const TrainingData data = ToyData(settings_);
  const std::string whole[2] = {WriteTeacher("first", 1), WriteTeacher("second", 0.5)};
  const std::string parts[2] = {WriteTeacher("first-fold", 1, true, 2, 1),
                                WriteTeacher("second-fold", 0.5, true, 2, 2)};
  Lessons alone[2];
  for (int i = 0; i < 2; ++i) {
    settings_.teachers = {whole[i]};
    alone[i] = *Prepare(data);
  }
  settings_.teachers = {parts[1], parts[0]};
  const StatusOr<Lessons> both = Prepare(data);
  ASSERT_TRUE(both.ok()) << both.status().message();
  // With one that has seen everything, both count the same.
  settings_.teachers = {parts[0], whole[1], parts[1]};
  const StatusOr<Lessons> mixed = Prepare(data);
  ASSERT_TRUE(mixed.ok()) << mixed.status().message();
  EXPECT_FALSE(both->reused);
  EXPECT_TRUE(mixed->reused);  // each was asked before
  const std::vector<int> folds = FoldsOf(data, 2);
  int of_fold[2] = {0, 0};
  for (size_t i = 0; i < data.train.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const int fold = folds[data.train[i].crop] - 1;
    ++of_fold[fold];
    const torch::Tensor expected = alone[fold].age[row];
    EXPECT_LT((both->age[row] - expected).abs().max().item<double>(), 1e-6) << i;
    EXPECT_NEAR(both->female[row].item<double>(), alone[fold].female[row].item<double>(), 1e-6);
    EXPECT_LT((mixed->age[row] - (expected + alone[1].age[row]) / 2).abs().max().item<double>(),
              1e-6);
  }
  EXPECT_GT(of_fold[0], 0);
  EXPECT_GT(of_fold[1], 0);

  settings_.teachers = {parts[0]};
  EXPECT_NE(CheckTeachers(settings_).message().find("fold 2 of 2"), std::string::npos)
      << CheckTeachers(settings_).message();
  EXPECT_EQ(Prepare(data).status().code(), Code::kInvalidArgument);
  settings_.teachers = {parts[0], whole[0]};
  EXPECT_TRUE(CheckTeachers(settings_).ok());
  // Other clusters would be other folds.
  settings_.duplicate_correlation = 0.9;
  EXPECT_NE(CheckTeachers(settings_).message().find("--duplicate-correlation"), std::string::npos);
  settings_.teachers = {whole[0]};
  EXPECT_TRUE(CheckTeachers(settings_).ok());

  // A fold begins with what has not seen it.
  settings_.teachers.clear();
  settings_.folds = 2;
  settings_.fold = 1;
  settings_.init = parts[0];
  EXPECT_TRUE(CheckFoldsStart(settings_).ok());
  settings_.init = parts[1];
  EXPECT_FALSE(CheckFoldsStart(settings_).ok());
  settings_.init = whole[0];
  EXPECT_NE(CheckFoldsStart(settings_).message().find(whole[0]), std::string::npos);
  settings_.folds = settings_.fold = 0;
  EXPECT_TRUE(CheckFoldsStart(settings_).ok());
}

// What went with its data and its start is nothing to those whom it teaches.
TEST_F(TeachingTest, TeachersOfAnyShares) {
  const TrainingData data = ToyData(settings_);
  settings_.dataset_weights = {2, 1};
  settings_.duplicate_features = 0.9;
  const std::string teacher = WriteTeacher("of-two-sets", 1);
  settings_.dataset_weights.clear();
  settings_.duplicate_features = 0;
  settings_.teachers = {teacher};
  EXPECT_TRUE(Prepare(data).ok()) << Prepare(data).status().message();
}

// A picture and the same a few pixels further on, whose thumbnails are not alike enough, stay on
// one side of the split by what the net of --init sees in them.
TEST_F(TeachingTest, FeaturesFindWhatThumbnailsDoNot) {
  settings_.init = WriteTeacher("first", 1);
  ASSERT_FALSE(ToyData(settings_).samples.empty());
  const auto bytes_of = [](const std::filesystem::path& path) {
    return *ReadFile(path.string(), size_t{1} << 24);
  };
  std::filesystem::path original;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.data.front())) {
    original = entry.path();
    break;
  }
  Image picture = DecodeImage(bytes_of(original))->image;
  const std::string name = original.stem().string() + "1.bmp";
  for (int y = 0; y < picture.height; ++y) {
    std::rotate(picture.at(0, y), picture.at(picture.width / 16, y),
                picture.at(0, y) + 3 * picture.width);
  }
  ASSERT_TRUE(WriteFileAtomically((original.parent_path() / name).string(),
                                  std::span<const uint8_t>(ag::test::MakeBmp(picture)))
                  .ok());

  const auto together = [&](double correlation, double features) {
    settings_.duplicate_correlation = correlation;
    settings_.duplicate_features = features;
    const StatusOr<TrainingData> data = PrepareData(settings_, {}, nullptr);
    EXPECT_TRUE(data.ok()) << data.status().message();
    std::optional<uint32_t> first, second;
    for (size_t i = 0; i < data->samples.size(); ++i) {
      const std::string file = std::filesystem::path(data->samples[i].file).filename().string();
      if (file == original.filename().string()) first = data->cluster[i];
      if (file == name) second = data->cluster[i];
    }
    EXPECT_TRUE(first && second);
    return first == second;
  };
  EXPECT_FALSE(together(0.99, 0));
  EXPECT_TRUE(together(0, 0.9));
  EXPECT_TRUE(together(0.99, 0.9));
  EXPECT_TRUE(together(0.99, 0.9));  // from the cache
  EXPECT_FALSE(together(0, 1));

  settings_.init.clear();
  settings_.duplicate_features = 0.9;
  EXPECT_EQ(CheckSettings(settings_).code(), Code::kInvalidArgument);
}

TEST_F(TeachingTest, RefusesWhatCannotTeach) {
  const TrainingData data = ToyData(settings_);
  for (const std::string& path :
       {WriteTeacher("without-recipe", 1, false), std::string("/nonexistent.agm")}) {
    settings_.teachers = {path};
    const StatusOr<Lessons> lessons = Prepare(data);
    ASSERT_FALSE(lessons.ok()) << path;
    EXPECT_NE(lessons.status().message().find(path), std::string::npos)
        << lessons.status().message();
  }
  settings_.arch = "notebook";
  EXPECT_FALSE(CheckSettings(settings_).ok());
}

TEST_F(TeachingTest, AStudentComesNearerToItsTeacher) {
  settings_.teachers = {WriteTeacher("teacher", 1)};
  settings_.distillation_weight = 1;
  settings_.augment = false;
  settings_.learning_rate = 2e-3;
  settings_.seed = 77;
  const TrainingData data = ToyData(settings_);
  const StatusOr<Lessons> lessons = Prepare(data);
  ASSERT_TRUE(lessons.ok()) << lessons.status().message();
  Trainer trainer(settings_, data, torch::kCPU, *lessons);
  const DrawPlan plan(data, settings_);
  double first = 0, last = 0;
  for (int step = 0; step < 60; ++step) {
    const int64_t per_epoch = trainer.steps_per_epoch();
    const Batch batch = TrainingBatch(data, settings_, plan.Epoch(step / per_epoch),
                                      step / per_epoch, step % per_epoch);
    const double loss = *trainer.Step(batch);
    if (step < 5) first += loss / 5;
    if (step >= 55) last += loss / 5;
  }
  // What is left at best is the entropy of what the teacher says.
  const torch::Tensor& p = lessons->age;
  const torch::Tensor& f = lessons->female;
  const double least =
      (-(p * p.clamp_min(1e-12).log()).sum(1) - f * f.log() - (1 - f) * (1 - f).log())
          .mean()
          .item<double>();
  std::printf("loss above what is possible: %.3f at first, %.3f at last\n", first - least,
              last - least);
  EXPECT_LT(last - least, 0.7 * (first - least));
}

TEST_F(TeachingTest, DoubtsAreNamedWithTheirReason) {
  TrainingData data = ToyData(settings_);
  ASSERT_GE(data.train.size(), 4u);
  Lessons lessons;
  const auto pictures = static_cast<int64_t>(data.train.size());
  lessons.age = torch::zeros({pictures, kAgeBins});
  lessons.age.select(1, 30).fill_(1);
  lessons.female = torch::full({pictures}, 0.5f);
  for (Example& example : data.train) example.age_lo = example.age_hi = 31;
  data.train[1].age_lo = data.train[1].age_hi = 5;
  data.train[2].gender = 0;
  lessons.female[2] = 0.999f;
  // A range that reaches near enough, and an infant whose gender nobody knows.
  data.train[3].age_lo = 0;
  data.train[3].age_hi = 22;
  const std::vector<Doubt> doubts = FindDoubts(data, lessons);
  ASSERT_EQ(doubts.size(), 2u);
  EXPECT_EQ(doubts[0].picture, 1u);
  EXPECT_EQ(doubts[0].reason, "age 5: the teachers say 30 (30 to 30)");
  EXPECT_EQ(doubts[1].picture, 2u);
  EXPECT_NE(doubts[1].reason.find("gender male"), std::string::npos);
  const std::string csv = ReviewCsv(data, doubts);
  EXPECT_NE(csv.find(data.hashes[data.train[1].crop]), std::string::npos);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
}

}  // namespace
}  // namespace ag::train
