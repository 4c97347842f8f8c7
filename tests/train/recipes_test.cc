// Recipes as files, the time budget, early stopping, and the variations of pictures that a recipe
// can ask for.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "native/train/data/batches.h"
#include "native/train/data/degrade.h"
#include "native/train/data/known_hashes.h"
#include "native/train/data/random.h"
#include "native/train/loop/trainer.h"
#include "native/train/recipe/config_file.h"
#include "native/train/recipe/options.h"
#include "native/train/run/benchmark.h"
#include "tests/cli/cli_support.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;
using ag::test::ReadText;
using ag::test::TemporaryFolder;
using ag::test::WriteText;

StatusOr<ParsedOptions> Parse(std::vector<std::string> arguments) {
  std::vector<const char*> pointers = {"ag_native-train"};
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  return ParseOptions(static_cast<int>(pointers.size()), pointers.data());
}

TEST(Config, GivesTheRecipeBackThatWroteIt) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "config.toml").string();
  for (const char* arch : {"compact", "notebook", "teacher", "student"}) {
    SCOPED_TRACE(arch);
    Settings settings = *RecipeFor(arch, false);
    settings.data = {"d"};
    settings.learning_rate = 1.0 / 3;
    settings.seed = 0xfedcba9876543210u;
    settings.cosine = !settings.cosine;
    settings.augment = !settings.augment;
    settings.keep_best = !settings.keep_best;
    settings.dataset_weights = {2.5};
    settings.epoch_pictures = 123456;
    settings.mixup = 0.25;
    settings.storage = "int8";
    settings.name = "a \"name\"";
    WriteText(path, ConfigToml(settings));
    const StatusOr<ParsedOptions> parsed = Parse({"--config", path, "--data", "d"});
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    const Settings& back = parsed->request.settings;
    EXPECT_EQ(RecipeToJson(back), RecipeToJson(settings));
    EXPECT_EQ(back.storage, settings.storage);
    EXPECT_EQ(back.name, settings.name);
  }
}

TEST(Config, TheCommandLineWinsAndMistakesAreNamed) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "config.toml").string();
  WriteText(path, "# mine\narch = \"student\"\nepochs = 7\nbatch = 16\n");
  const StatusOr<ParsedOptions> parsed = Parse({"--config", path, "--data", "d", "--batch", "32"});
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->request.settings.arch, "student");
  EXPECT_EQ(parsed->request.settings.epochs, 7);
  EXPECT_EQ(parsed->request.settings.batch, 32);
  EXPECT_EQ(parsed->request.settings.last_block, "conv128_2");  // the recipe's

  WriteText(path, "epochz = 7\n");
  const StatusOr<ParsedOptions> unknown = Parse({"--config", path, "--data", "d"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.status().message().find("epochz"), std::string::npos)
      << unknown.status().message();
  for (const char* broken : {"epochs = \"many\"\n", "epochs = [\n", "[section]\nepochs = 3\n"}) {
    WriteText(path, broken);
    const StatusOr<ParsedOptions> parsed_broken = Parse({"--config", path, "--data", "d"});
    ASSERT_FALSE(parsed_broken.ok()) << broken;
    EXPECT_NE(parsed_broken.status().message().find(path), std::string::npos)
        << parsed_broken.status().message();
  }
  EXPECT_FALSE(Parse({"--config", "/nonexistent.toml", "--data", "d"}).ok());
}

TEST(Config, TheRecipesOfTheRepositoryAreRead) {
  size_t recipes = 0;
  for (const auto& entry :
       fs::directory_iterator(fs::path(AG_SOURCE_DIR) / "native/train/recipes")) {
    SCOPED_TRACE(entry.path().string());
    // All of them start from another net: careful.toml asks for one, for its features.
    const StatusOr<ParsedOptions> parsed =
        Parse({"--config", entry.path().string(), "--init", "net", "--data", "d"});
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_NE(parsed->request.settings.arch, "compact") << "arch was not read";
    ++recipes;
  }
  EXPECT_GE(recipes, 2u);
}

TEST(TimeBudget, HasUnits) {
  const auto minutes = [](const char* text) {
    return Parse({"--data", "d", "--time-budget", text})->request.settings.time_budget_minutes;
  };
  EXPECT_DOUBLE_EQ(minutes("90m"), 90);
  EXPECT_DOUBLE_EQ(minutes("2h"), 120);
  EXPECT_DOUBLE_EQ(minutes("30s"), 0.5);
  EXPECT_DOUBLE_EQ(minutes("45"), 45);
  EXPECT_FALSE(Parse({"--data", "d", "--time-budget", "2 weeks"}).ok());
}

TEST(TimeBudget, FitsEpochsIntoIt) {
  Settings settings = *RecipeFor("compact", true);
  settings.batch = 4;
  settings.precision = "float32";
  const Plan hours = FitIntoTime(settings, torch::kCPU, 36000, 40, 10);
  EXPECT_GT(hours.step_seconds, 0);
  EXPECT_GT(hours.epochs, 3);
  EXPECT_EQ(hours.epoch_pictures, 0);
  // A data set that no epoch of fits: three short ones. The time that they take by the plan's own
  // step is within the budget.
  const double budget = 20;
  const Plan short_ones = FitIntoTime(settings, torch::kCPU, budget, 10'000'000, 0);
  EXPECT_EQ(short_ones.epochs, 3);
  EXPECT_GT(short_ones.epoch_pictures, settings.batch);
  const double steps = 3.0 * static_cast<double>(short_ones.epoch_pictures) / settings.batch;
  EXPECT_LE(steps * short_ones.step_seconds, budget);
  EXPECT_GE(steps * short_ones.step_seconds, 0.9 * budget);
  // Nothing left: the least there is.
  EXPECT_EQ(FitIntoTime(settings, torch::kCPU, -5, 1000, 10).epoch_pictures, settings.batch);
}

TEST(Draws, AnEpochCanBeShorterOrLonger) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 40);
  const TrainingData data = ToyData(settings);
  const size_t size = data.train.size();
  settings.epoch_pictures = static_cast<int64_t>(size / 2);
  const DrawPlan half(data, settings);
  // Two halves are all pictures once, as far as they are even.
  std::set<uint32_t> seen;
  for (const int64_t epoch : {0, 1}) {
    const std::vector<Draw> draws = half.Epoch(epoch);
    EXPECT_EQ(draws.size(), size / 2);
    for (const Draw& draw : draws) EXPECT_TRUE(seen.insert(draw.index).second);
  }
  settings.epoch_pictures = static_cast<int64_t>(2 * size);
  std::vector<int> times(size, 0);
  for (const Draw& draw : DrawPlan(data, settings).Epoch(0)) ++times[draw.index];
  EXPECT_EQ(std::count(times.begin(), times.end(), 2), static_cast<long>(size));
}

TEST(Training, StopsWhenNothingGetsBetterAndKeepsTheBest) {
  const TemporaryFolder folder;
  // A learning rate of zero and no batch norm: every epoch's validation is the same.
  Settings settings = ToySettings("notebook", folder.path().string(), 40);
  settings.run = folder.path().string() + "/run";
  fs::create_directories(settings.run);
  settings.learning_rate = 0;
  settings.epochs = 9;
  settings.batch = 8;
  settings.patience = 2;
  settings.keep_best = true;
  settings.validation_split = 0.3;
  const TrainingData data = ToyData(settings);
  ASSERT_FALSE(data.val.empty());
  Trainer trainer(settings, data, torch::kCPU);
  const torch::Tensor before = trainer.net().parameters()[0].detach().clone();
  const std::atomic<bool> stop = false;
  Progress progress(false);
  const Status status = trainer.Run(stop, &progress);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(trainer.position().epoch, 3);
  EXPECT_EQ(trainer.position().best_epoch, 1);
  // Whatever the last epoch left, the best one's weights come back.
  {
    const torch::NoGradGuard no_grad;
    trainer.net().parameters()[0].fill_(7);
  }
  ASSERT_TRUE(trainer.UseBest().ok());
  EXPECT_TRUE(torch::equal(trainer.net().parameters()[0], before));

  // One line an epoch in the log, each a JSON object.
  const std::string log = ReadText(settings.run + "/log.jsonl");
  size_t epochs = 0;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(entry.is_object()) << line;
    EXPECT_TRUE(entry.contains("time"));
    epochs += entry.at("event") == "epoch";
  }
  EXPECT_EQ(epochs, 3u);
}

TEST(Mixup, DependsOnTheStepAlone) {
  Settings settings = *RecipeFor("compact", false);
  EXPECT_EQ(DrawMixup(settings, 3, 8).share, 1);  // off
  settings.mixup = 0.4;
  const MixupDraw draw = DrawMixup(settings, 3, 8), again = DrawMixup(settings, 3, 8);
  EXPECT_EQ(draw.share, again.share);
  EXPECT_EQ(draw.partner, again.partner);
  EXPECT_NE(draw.share, DrawMixup(settings, 4, 8).share);
  double sum = 0, squares = 0;
  constexpr int kDraws = 4000;
  Random random(uint64_t{9});
  for (int i = 0; i < kDraws; ++i) {
    const double share = random.SymmetricBeta(0.4);
    ASSERT_TRUE(share >= 0 && share <= 1);
    sum += share;
    squares += (share - 0.5) * (share - 0.5);
  }
  // Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)) = 0.1389.
  EXPECT_NEAR(sum / kDraws, 0.5, 0.03);
  EXPECT_NEAR(squares / kDraws, 0.1389, 0.01);
  std::vector<int64_t> sorted = draw.partner;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> all(8);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
}

TEST(KnownHashes, ForgetWhatHasChanged) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string(), file = dir + "/a picture.jpg";
  const auto age = [&](const std::string& path, int seconds) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
  };
  const std::string digest(64, 'a');
  WriteText(file, "first");
  {
    KnownHashes known(dir);
    // It may change again within the same tick: not remembered yet.
    known.Add(file, StampOf(file), digest);
    EXPECT_EQ(known.Find(file, StampOf(file)), "");
    age(file, 60);
    known.Add(file, StampOf(file), digest);
    ASSERT_TRUE(known.Save().ok());
  }
  EXPECT_EQ(KnownHashes(dir).Find(file, StampOf(file)), digest);
  // The same size, another time.
  age(file, 30);
  EXPECT_EQ(KnownHashes(dir).Find(file, StampOf(file)), "");
  fs::remove(file);
  EXPECT_EQ(KnownHashes(dir).Find(file, StampOf(file)), "");
  // A damaged memory is none: no byte of it may give another digest, or that of another file.
  WriteText(file, "first");
  age(file, 60);
  const FileStamp stamp = StampOf(file);
  {
    KnownHashes known(dir);
    known.Add(file, stamp, digest);
    ASSERT_TRUE(known.Save().ok());
  }
  const std::string whole = ReadText(dir + "/hashes.txt");
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string text = whole;
    text[at] = static_cast<char>(text[at] ^ 1);
    WriteText(dir + "/hashes.txt", text);
    const KnownHashes known(dir);
    ASSERT_EQ(known.Find(file, stamp), "") << at;
    // The first words alone may be those of another version.
    EXPECT_TRUE(known.damaged() || at < 12) << at;
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteText(dir + "/hashes.txt", whole.substr(0, size));
    ASSERT_EQ(KnownHashes(dir).Find(file, stamp), "") << size;
  }
  // An earlier version's, without a digest.
  WriteText(dir + "/hashes.txt", digest + " 5 6 " + file + "\n");
  EXPECT_EQ(KnownHashes(dir).Find(file, {5, 6}), "");
  EXPECT_FALSE(KnownHashes(dir).damaged());
}

std::vector<uint8_t> Stripes(int side, int channels) {
  std::vector<uint8_t> pixels(static_cast<size_t>(side) * side * channels);
  for (size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = (i / static_cast<size_t>(channels)) % 2 == 0 ? 60 : 190;
  }
  return pixels;
}

// Mean of |difference of neighbours| along rows.
double Detail(const std::vector<uint8_t>& pixels, int channels) {
  double sum = 0;
  const size_t step = static_cast<size_t>(channels);
  for (size_t i = step; i < pixels.size(); ++i) {
    sum += std::abs(int{pixels[i]} - int{pixels[i - step]});
  }
  return sum / static_cast<double>(pixels.size());
}

TEST(Degrade, LosesDetailAndNothingElse) {
  for (const int channels : {1, 3}) {
    constexpr int kSide = 45;
    const std::vector<uint8_t> sharp = Stripes(kSide, channels);
    std::vector<uint8_t> same = sharp;
    Random never(uint64_t{1});
    Degrade(never, 0, kSide, channels, same);
    EXPECT_EQ(same, sharp);

    std::vector<uint8_t> first = sharp, second = sharp;
    Random a(uint64_t{1}), b(uint64_t{1});
    Degrade(a, 1, kSide, channels, first);
    Degrade(b, 1, kSide, channels, second);
    EXPECT_EQ(first, second);
    EXPECT_LT(Detail(first, channels), 0.5 * Detail(sharp, channels));

    // A plain picture stays one: no border, no seams. Mid-gray, whose blocks have no mean to round.
    for (uint64_t seed = 0; seed < 20; ++seed) {
      std::vector<uint8_t> plain(sharp.size(), 128);
      Random random(seed);
      Degrade(random, 1, kSide, channels, plain);
      const auto [least, most] = std::minmax_element(plain.begin(), plain.end());
      EXPECT_GE(*least, 127) << seed;
      EXPECT_LE(*most, 129) << seed;
      // Of another gray the mean of a block is rounded to the table's step, as JPEG does: at the
      // worst quality to a multiple of 53 / 8.
      std::vector<uint8_t> dark(sharp.size(), 101);
      Random again(seed);
      Degrade(again, 1, kSide, channels, dark);
      for (const uint8_t value : dark) ASSERT_NEAR(value, 101, 4) << seed;
    }
  }
}

}  // namespace
}  // namespace ag::train
