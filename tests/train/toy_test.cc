// Training on drawn faces, and the engine against LibTorch on the weights that come of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "native/train/data/random.h"
#include "native/train/loop/allocator.h"
#include "native/train/loop/precision.h"
#include "native/train/loop/step_time.h"
#include "native/train/loop/trainer.h"
#include "native/train/run/export.h"
#include "shared/infer/load_model.h"
#include "tests/cli/cli_support.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

using ag::test::TemporaryFolder;

// A recipe that trains in the fastest way that this machine has: evaluation, export and comparison
// are float32 in any case.
Settings FastToySettings(const std::string& arch, const TemporaryFolder& folder, int pictures) {
  AvoidBrokenAmx();
  KeepFreedMemory();
  Settings settings = ToySettings(arch, folder.path().string(), pictures);
  if (CpuHasBfloat16()) settings.precision = "bfloat16";
  return settings;
}

// Trains for `steps` steps without checkpoints; returns mean losses of the first and the last
// tenth.
struct LossFall {
  double first = 0, last = 0;
};
LossFall TrainSteps(Trainer* trainer, const TrainingData& data, const Settings& settings,
                    int64_t steps) {
  // As the program does; LibTorch starts with one thread.
  at::set_num_threads(settings.threads);
  KeepFreedMemory();
  LossFall fall;
  const int64_t per_epoch = trainer->steps_per_epoch();
  for (int64_t done = 0; done < steps; ++done) {
    const int64_t epoch = done / per_epoch;
    const std::vector<Draw> draws = DrawPlan(data, settings).Epoch(epoch);
    const StatusOr<double> loss =
        trainer->Step(TrainingBatch(data, settings, draws, epoch, done % per_epoch));
    EXPECT_TRUE(loss.ok()) << loss.status().message();
    if (!loss.ok()) break;
    if (done < steps / 10) fall.first += *loss / static_cast<double>(steps / 10);
    if (done >= steps - steps / 10) fall.last += *loss / static_cast<double>(steps / 10);
  }
  return fall;
}

// The exported file on the shared engine against LibTorch in evaluation mode.
void ExpectParity(Trainer* trainer, const TrainingData& data, const Settings& settings) {
  trainer->Finish();
  const struct {
    Storage storage;
    double years, probability;
  } cases[] = {{Storage::kFloat32, kMaxAgeDifference, kMaxFemaleDifference},
               {Storage::kFloat16, 0.2, 0.01},
               {Storage::kInt8PerChannel, 3, 0.2}};
  for (const auto& c : cases) {
    const StatusOr<Model> model = ExportNet(trainer->net(), c.storage);
    ASSERT_TRUE(model.ok()) << model.status().message();
    const StatusOr<std::vector<uint8_t>> file = SaveModel(*model);
    ASSERT_TRUE(file.ok()) << file.status().message();
    const StatusOr<Model> read = LoadModel(*file);
    ASSERT_TRUE(read.ok()) << read.status().message();
    const StatusOr<Parity> parity =
        CompareWithEngine(settings, data, data.val, 64, trainer->net(), *read);
    ASSERT_TRUE(parity.ok()) << parity.status().message();
    std::printf("%s, storage %d: %zu pictures, %.3g years, %.3g probability\n",
                settings.arch.c_str(), static_cast<int>(c.storage), parity->pictures,
                parity->age_years, parity->p_female);
    EXPECT_GE(parity->pictures, 40u);
    EXPECT_LE(parity->age_years, c.years);
    EXPECT_LE(parity->p_female, c.probability);
  }
}

// Gender above 90 % after a stated number of steps.
TEST(ToyTraining, CompactLearnsGenderIn320Steps) {
  const TemporaryFolder folder;
  Settings settings = FastToySettings("compact", folder, 480);
  settings.epochs = 27;  // of 12 steps: the learning rate ends at zero
  const TrainingData data = ToyData(settings);
  Trainer trainer(settings, data, torch::kCPU);
  const LossFall fall = TrainSteps(&trainer, data, settings, 320);
  EXPECT_LT(fall.last, fall.first * 0.8);
  const StatusOr<ErrorSums> sums = trainer.Evaluate(data.val, nullptr);
  ASSERT_TRUE(sums.ok());
  std::printf("compact: loss %.3f to %.3f, gender %.4f, age MAE %.2f on %zu pictures\n", fall.first,
              fall.last, sums->gender_accuracy(), sums->age_mae(), data.val.size());
  EXPECT_GT(sums->gender_accuracy(), 0.9);
  ExpectParity(&trainer, data, settings);
}

// Plain regression in place of a distribution: it learns, and the engine reads the exported number.
TEST(ToyTraining, AgeAsANumber) {
  const TemporaryFolder folder;
  Settings settings = FastToySettings("compact", folder, 240);
  settings.age_head = "value";
  settings.epochs = 30;
  const TrainingData data = ToyData(settings);
  Trainer trainer(settings, data, torch::kCPU);
  const LossFall fall = TrainSteps(&trainer, data, settings, 150);
  EXPECT_LT(fall.last, fall.first * 0.8);
  Predictions predictions;
  ASSERT_TRUE(trainer.Evaluate(data.val, &predictions).ok());
  // Not one number for all.
  const auto [least, most] = std::minmax_element(predictions.age.begin(), predictions.age.end());
  EXPECT_GT(*most - *least, 10);
  ExpectParity(&trainer, data, settings);
}

// Its age output is a ReLU, which can die: with the default seed it lives.
TEST(ToyTraining, NotebookLearnsWithItsDefaultSeed) {
  const TemporaryFolder folder;
  Settings settings = FastToySettings("notebook", folder, 240);
  settings.batch = 16;
  const TrainingData data = ToyData(settings);
  Trainer trainer(settings, data, torch::kCPU);
  const LossFall fall = TrainSteps(&trainer, data, settings, 100);
  EXPECT_LT(fall.last, fall.first * 0.8);
  Predictions predictions;
  const StatusOr<ErrorSums> sums = trainer.Evaluate(data.val, &predictions);
  ASSERT_TRUE(sums.ok());
  std::printf("notebook: loss %.3f to %.3f, gender %.4f, age MAE %.2f on %zu pictures\n",
              fall.first, fall.last, sums->gender_accuracy(), sums->age_mae(), data.val.size());
  EXPECT_GT(*std::max_element(predictions.age.begin(), predictions.age.end()), 0);
  ExpectParity(&trainer, data, settings);
}

// Timing both precisions must not change what is learnt.
TEST(Precision, ChoosingItLeavesNothingBehind) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 40);
  settings.batch = 8;
  const TrainingData data = ToyData(settings);
  const auto train = [&](bool choose) {
    std::string report;
    if (choose) {
      const std::string chosen = ChoosePrecision(settings, torch::kCPU, &report);
      EXPECT_TRUE(chosen == "float32" || chosen == "bfloat16");
    }
    Trainer trainer(settings, data, torch::kCPU);
    TrainSteps(&trainer, data, settings, 10);
    return trainer.net().parameters()[3].detach().clone();
  };
  EXPECT_TRUE(torch::equal(train(false), train(true)));
}

}  // namespace
}  // namespace ag::train
