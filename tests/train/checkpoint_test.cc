// What a run writes and reads back: checkpoints that were damaged or made up are refused, and a run
// that has diverged leaves nothing that is not finite.
#include "native/train/nets/checkpoint.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native/tensors/tensor_file.h"
#include "native/train/loop/trainer.h"
#include "native/train/recipe/run_folder.h"
#include "native/train/run/export.h"
#include "shared/base/bytes.h"
#include "shared/base/file.h"
#include "tests/cli/cli_support.h"
#include "tests/support/long_run.h"
#include "tests/support/random.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

using ag::test::Count;
using ag::test::Random;
using ag::test::ReadText;
using ag::test::TemporaryFolder;
using Bytes = std::vector<uint8_t>;

Bytes Read(const std::string& path) {
  const StatusOr<Bytes> bytes = ReadFile(path, size_t{1} << 28);
  EXPECT_TRUE(bytes.ok()) << bytes.status().message();
  return bytes.ok() ? *bytes : Bytes{};
}

// Without the flush of a real one: hundreds are written here.
void Write(const std::string& path, std::span<const uint8_t> bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// A small net (a checkpoint of 1 MB) on 48 drawn faces.
class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() : settings_(ToySettings("student", folder_.path().string(), 48)) {
    settings_.last_block = "conv32_1";
    settings_.input_side = 67;
    settings_.cache_side = 75;
    settings_.duplicate_correlation = 0;
    settings_.test_split = 0;
    settings_.validation_split = 0.3;
    settings_.batch = 8;
    settings_.epochs = 2;
    std::filesystem::create_directories(settings_.run);
    data_.emplace(ToyData(settings_));
  }

  // Trains; `stopped`: for one step.
  Status Train(Trainer* trainer, bool stopped = false) {
    const std::atomic<bool> stop = stopped;
    Progress progress(false);
    return trainer->Run(stop, &progress);
  }
  // A whole run; its checkpoint and that of its best epoch are there.
  void TrainToTheEnd() {
    Trainer trainer(settings_, *data_, torch::kCPU);
    const Status status = Train(&trainer);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_GT(trainer.position().best_epoch, 0);
  }
  Status Resume() {
    Trainer trainer(settings_, *data_, torch::kCPU);
    return ResumeWith(&trainer);
  }
  static Status ResumeWith(Trainer* trainer) {
    std::vector<std::string> notes;
    return trainer->Resume(&notes);
  }
  // What a Trainer says of the file at `path` (checkpoint or best) with these bytes in place of its
  // own.
  Status ResumeFrom(Trainer* trainer, const std::string& path, std::span<const uint8_t> bytes) {
    const Bytes kept = Read(path);
    Write(path, bytes);
    const Status status = ResumeWith(trainer);
    Write(path, kept);
    return status;
  }

  std::string checkpoint() const { return CheckpointPath(settings_.run); }
  std::string best() const { return BestPath(settings_.run); }

  const TemporaryFolder folder_;
  Settings settings_;
  std::optional<TrainingData> data_;
};

// Bytes of every part of the file, at places that are always the same.
TEST_F(CheckpointTest, FlippedBytesAreRefused) {
  TrainToTheEnd();
  ASSERT_TRUE(Resume().ok());
  Trainer fresh(settings_, *data_, torch::kCPU);
  const torch::Tensor before = fresh.net().parameters()[0].detach().clone();
  Random random(7);
  for (const std::string& path : {checkpoint(), best()}) {
    const Bytes whole = Read(path);
    for (int i = 0; i < Count(200, 2000); ++i) {
      Bytes bytes = whole;
      // Every fourth in the header and the text, which are small.
      const size_t part = i % 4 == 0 ? std::min<size_t>(bytes.size(), 4096) : bytes.size();
      const size_t at = random.Below(static_cast<uint32_t>(part));
      bytes[at] ^= static_cast<uint8_t>(1 + random.Below(255));
      const Status status = ResumeFrom(&fresh, path, bytes);
      ASSERT_FALSE(status.ok()) << path << ": byte " << at;
      ASSERT_NE(status.message().find(path), std::string::npos) << status.message();
    }
    for (int i = 0; i < Count(60, 600); ++i) {
      const size_t size =
          i < 30 ? static_cast<size_t>(i) * 8 : random.Below(static_cast<uint32_t>(whole.size()));
      ASSERT_FALSE(ResumeFrom(&fresh, path, std::span(whole).first(size)).ok()) << size << " bytes";
    }
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(ResumeFrom(&fresh, path, longer).ok());
    // 4 KB of zeros, as a lost page leaves them.
    for (size_t at = 0; at + 4096 <= whole.size(); at += whole.size() / 8) {
      Bytes bytes = whole;
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 4096, uint8_t{0});
      EXPECT_FALSE(ResumeFrom(&fresh, path, bytes).ok()) << "zeros at " << at;
    }
    if (path == checkpoint()) {
      EXPECT_TRUE(torch::equal(fresh.net().parameters()[0], before)) << "half read";
    }
  }
  EXPECT_TRUE(ResumeWith(&fresh).ok());
}

// The file of these tensors and this JSON, edited.
struct Edited {
  nlohmann::json meta;
  std::vector<StoredTensor> tensors;
};
Bytes Edit(const Bytes& file, const std::function<void(Edited*)>& edit) {
  const StatusOr<TensorFile> read = ReadTensorFile(file);
  EXPECT_TRUE(read.ok()) << read.status().message();
  Edited edited{read->meta, read->tensors};
  edit(&edited);
  const StatusOr<Bytes> made = MakeTensorFile(edited.meta, edited.tensors);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return *made;
}

// `file` with `value` in the middle of each float32 tensor in turn, its checksum right again.
std::vector<std::pair<std::string, Bytes>> WithValue(const Bytes& file, float value) {
  std::vector<std::pair<std::string, Bytes>> made;
  const StatusOr<TensorFile> read = ReadTensorFile(file);
  for (const StoredTensor& tensor : read->tensors) {
    if (tensor.type != TensorType::kFloat32) continue;
    Bytes bytes = file;
    const auto at = static_cast<size_t>(tensor.bytes.data() - file.data());
    StoreFloat(&bytes[at + tensor.bytes.size() / 8 * 4], value);
    SealTensorFile(bytes);
    made.emplace_back(tensor.name, std::move(bytes));
  }
  return made;
}

TEST_F(CheckpointTest, NumbersThatAreNoneAreRefusedByName) {
  TrainToTheEnd();
  Trainer fresh(settings_, *data_, torch::kCPU);
  size_t refused = 0;
  for (const std::string& path : {checkpoint(), best()}) {
    const Bytes whole = Read(path);
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      for (const auto& [name, bytes] : WithValue(whole, bad)) {
        const Status status = ResumeFrom(&fresh, path, bytes);
        ASSERT_EQ(status.code(), Code::kModelNonFinite) << name << ": " << status.message();
        ASSERT_NE(status.message().find(name), std::string::npos) << status.message();
        ++refused;
      }
    }
    // Roots are taken of these.
    for (const auto& [name, bytes] : WithValue(whole, -1)) {
      const bool is_square = name.starts_with("second_moment/") || name.ends_with("running_var");
      EXPECT_EQ(ResumeFrom(&fresh, path, bytes).ok(), !is_square) << name;
    }
  }
  EXPECT_GT(refused, 100u);
}

TEST_F(CheckpointTest, OtherTensorsAreRefused) {
  TrainToTheEnd();
  Trainer fresh(settings_, *data_, torch::kCPU);
  const Bytes whole = Read(checkpoint());
  const auto refusal = [&](const std::function<void(Edited*)>& edit) {
    const Status status = ResumeFrom(&fresh, checkpoint(), Edit(whole, edit));
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    return status.message();
  };
  const std::string missing = refusal([](Edited* e) { e->tensors.pop_back(); });
  EXPECT_NE(missing.find("has no tensor"), std::string::npos) << missing;
  const Bytes four(4, 0);
  const std::string extra = refusal([&](Edited* e) {
    e->tensors.push_back({"payload", TensorType::kFloat32, {1}, four});
  });
  EXPECT_NE(extra.find("'payload'"), std::string::npos) << extra;
  const std::string shape = refusal([](Edited* e) { e->tensors[0].shape.push_back(1); });
  EXPECT_NE(shape.find("expected float32"), std::string::npos) << shape;
  const std::string name = refusal([](Edited* e) { e->tensors[0].name += "x"; });
  EXPECT_NE(name.find("has no tensor"), std::string::npos) << name;
  // Of the best epoch alone: no optimiser in it.
  EXPECT_FALSE(ResumeFrom(&fresh, checkpoint(), Read(best())).ok());
}

TEST_F(CheckpointTest, PositionsThatNoRunComesToAreRefused) {
  TrainToTheEnd();
  Trainer fresh(settings_, *data_, torch::kCPU);
  const Bytes whole = Read(checkpoint());
  const std::vector<std::pair<const char*, nlohmann::json>> edits = {
      {"epoch", -1},
      {"epoch", 3},
      {"epoch", 1},  // with a history of two
      {"epoch", 1.5},
      {"epoch", "2"},
      {"step", -1},
      {"step", 1000000},
      {"optimiser_steps", uint64_t{1} << 63},
      {"skipped_steps", 21},
      {"seconds", nullptr},
      {"best_epoch", 3},
      {"best_epoch", 0},  // with a best loss
      {"best_loss", "nan"},
      {"sums", {1, 2, 3}},
      {"sums", {1, 2, 3, 4, 5, nullptr}},
      {"sums", 6},
      {"history", nlohmann::json::array()},
      {"history", {{2, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0, 0, 0}}},
      {"history", {1, 2}},
      {"recipe", nlohmann::json::object()},
      {"data_hash", ""},
      {"crops", ""},
      {"teachers", "x"},
      {"machine", {{"abacus", 1}}}};
  for (const auto& [key, value] : edits) {
    const Bytes bytes = Edit(whole, [&](Edited* e) { e->meta[key] = value; });
    const Status status = ResumeFrom(&fresh, checkpoint(), bytes);
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << key << " " << value;
  }
  for (const char* key : {"epoch", "recipe", "machine", "sums", "history", "best_loss"}) {
    const Bytes bytes = Edit(whole, [&](Edited* e) { e->meta.erase(key); });
    EXPECT_EQ(ResumeFrom(&fresh, checkpoint(), bytes).code(), Code::kInvalidArgument) << key;
  }
}

TEST_F(CheckpointTest, TheBestEpochIsThereWhenTheRunGoesOn) {
  TrainToTheEnd();
  Trainer fresh(settings_, *data_, torch::kCPU);
  const Bytes whole = Read(best());
  const Bytes other = Edit(whole, [](Edited* e) { e->meta["epoch"] = 77; });
  EXPECT_EQ(ResumeFrom(&fresh, best(), other).code(), Code::kInvalidArgument);
  // Killed before the checkpoint that counts the best epoch: that one comes again.
  const Bytes next = Edit(whole, [](Edited* e) { e->meta["epoch"] = 3; });
  EXPECT_TRUE(ResumeFrom(&fresh, best(), next).ok());
  EXPECT_EQ(fresh.position().best_epoch, 0);
  std::filesystem::remove(best());
  EXPECT_EQ(Resume().code(), Code::kNotFound);
}

// A weight that is no number: nothing is written any more, what was written stays, nothing is
// exported.
TEST_F(CheckpointTest, WhatHasDivergedIsNotKept) {
  TrainToTheEnd();
  const Bytes good = Read(checkpoint()), good_best = Read(best());
  settings_.epochs = 5;
  for (const std::string where : {"weight", "statistics", "large weight"}) {
    Trainer trainer(settings_, *data_, torch::kCPU);
    ASSERT_EQ(Train(&trainer, /*stopped=*/true).code(), Code::kInterrupted);
    Write(checkpoint(), good);
    {
      const torch::NoGradGuard no_grad;
      const float nan = std::numeric_limits<float>::quiet_NaN();
      if (where == "weight") trainer.net().parameters()[0].view(-1)[3] = nan;
      if (where == "statistics") trainer.net().buffers()[0].view(-1)[0] = nan;
      if (where == "large weight") trainer.net().parameters()[0].view(-1)[3] = 3e38f;
    }
    const Status status = Train(&trainer);
    EXPECT_EQ(status.code(), Code::kInternal) << where << ": " << status.message();
    EXPECT_NE(status.message().find("diverged in epoch 1, step"), std::string::npos)
        << status.message();
    EXPECT_NE(status.message().find("last good checkpoint is " + checkpoint()), std::string::npos)
        << status.message();
    EXPECT_EQ(Read(checkpoint()), good) << where;
    EXPECT_EQ(Read(best()), good_best) << where;
  }
  Trainer trainer(settings_, *data_, torch::kCPU);
  Predictions predictions;
  const StatusOr<ErrorSums> sums = trainer.Evaluate(data_->val, &predictions);
  ASSERT_TRUE(sums.ok());
  ASSERT_TRUE(trainer.CheckResult(*sums, predictions).ok());
  ErrorSums bad_sums = *sums;
  bad_sums.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(trainer.CheckResult(bad_sums, predictions).code(), Code::kInternal);
  Predictions bad = predictions;
  bad.age.back() = std::numeric_limits<float>::infinity();
  EXPECT_EQ(trainer.CheckResult(*sums, bad).code(), Code::kInternal);
  const StatusOr<Model> model = ExportNet(trainer.net(), Storage::kFloat32);
  ASSERT_TRUE(model.ok());
  {
    const torch::NoGradGuard no_grad;
    trainer.net().parameters()[0].view(-1)[0] = std::numeric_limits<float>::quiet_NaN();
  }
  EXPECT_EQ(trainer.CheckResult(*sums, predictions).code(), Code::kInternal);
  // Not even where the exported model is sound.
  trainer.net().eval();
  EXPECT_FALSE(CompareWithEngine(settings_, *data_, data_->val, 4, trainer.net(), *model).ok());
}

// One batch that is beyond numbers is left out; many in a row end the run.
TEST_F(CheckpointTest, ABadBatchChangesNothing) {
  settings_.epochs = 10;
  Trainer trainer(settings_, *data_, torch::kCPU);
  const std::vector<Draw> draws = DrawPlan(*data_, settings_).Epoch(0);
  Batch batch = TrainingBatch(*data_, settings_, draws, 0, 0);
  ASSERT_TRUE(trainer.Step(batch).ok());
  const double pictures = trainer.position().sums.pictures;
  const torch::Tensor before = trainer.net().parameters()[0].detach().clone();
  batch.age_lo[0] = batch.age_hi[0] = std::numeric_limits<float>::quiet_NaN();
  for (int i = 0; i < 19; ++i) ASSERT_TRUE(trainer.Step(batch).ok()) << i;
  EXPECT_TRUE(torch::equal(trainer.net().parameters()[0], before));
  EXPECT_EQ(trainer.position().sums.pictures, pictures);
  EXPECT_TRUE(std::isfinite(trainer.position().sums.mean_loss()));
  const Status status = trainer.Step(batch).status();
  EXPECT_EQ(status.code(), Code::kInternal);
  EXPECT_NE(status.message().find("20 losses or gradients in a row"), std::string::npos)
      << status.message();
  EXPECT_NE(status.message().find("no checkpoint yet"), std::string::npos) << status.message();
}

// The settings are read back too.
TEST(RunSettings, AreAsTheRunWroteThem) {
  const TemporaryFolder folder;
  Settings settings = *RecipeFor("compact", false);
  settings.run = folder.path().string();
  settings.data = {"there"};
  ASSERT_TRUE(WriteSettings(settings).ok());
  const StatusOr<Settings> read = ReadSettings(settings.run);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(SettingsToJson(*read), SettingsToJson(settings));
  const std::string path = settings.run + "/settings.json", whole = ReadText(path);
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    // A blank between two values is none of them.
    if (whole[at] == ' ' || whole[at] == '\n') continue;
    std::string text = whole;
    text[at] = static_cast<char>(text[at] ^ 1);
    ag::test::WriteText(path, text);
    ASSERT_FALSE(ReadSettings(settings.run).ok()) << at << ": " << text.substr(at, 20);
    ++refused;
  }
  EXPECT_GT(refused, 1000u);
  ag::test::WriteText(path, whole);
  for (const char* old : {"checkpoint.pt", "best.pt"}) {
    ag::test::WriteText(settings.run + "/" + old, "old");
    const Status status = ReadSettings(settings.run).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_NE(status.message().find(old), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("version 0.1"), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("begin anew"), std::string::npos) << status.message();
    std::filesystem::remove(settings.run + "/" + old);
  }
}

}  // namespace
}  // namespace ag::train
