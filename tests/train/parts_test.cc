// The trainer's parts that need no LibTorch: settings, options, random numbers, augmentation, the
// cache of crops, the drawn faces, the tables of a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "native/train/data/augment.h"
#include "native/train/data/batches.h"
#include "native/train/data/checksum.h"
#include "native/train/data/crop_maker.h"
#include "native/train/data/near_duplicates.h"
#include "native/train/data/random.h"
#include "native/train/data/toy_faces.h"
#include "native/train/loop/history.h"
#include "native/train/loop/progress.h"
#include "native/train/recipe/options.h"
#include "native/train/recipe/run_folder.h"
#include "shared/base/file.h"
#include "shared/face/align.h"
#include "tests/cli/cli_support.h"
#include "tests/support/long_run.h"
#include "tests/support/random.h"
#include "tests/train/train_support.h"

namespace ag::train {
namespace {

using ag::test::ReadText;
using ag::test::TemporaryFolder;
using ag::test::WriteText;

StatusOr<ParsedOptions> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ag_native-train");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Settings, NotebookRecipeIsTheNotebooks) {
  const Settings s = *RecipeFor("notebook", false);
  EXPECT_TRUE(s.gray);
  EXPECT_EQ(s.input_side, 128);
  EXPECT_EQ(s.batch, 32);
  EXPECT_EQ(s.epochs, 30);
  EXPECT_DOUBLE_EQ(s.learning_rate, 1e-3);
  EXPECT_DOUBLE_EQ(s.epsilon, 1e-7);
  EXPECT_DOUBLE_EQ(s.validation_split, 0.2);
  EXPECT_DOUBLE_EQ(s.dropout, 0.4);
  EXPECT_EQ(s.weight_decay, 0);
  EXPECT_EQ(s.ema_decay, 0);
  EXPECT_FALSE(s.augment);
}

TEST(Settings, JsonKeepsEveryField) {
  Settings s = *RecipeFor("notebook", false);
  s.data = {"some \"folder\"", "another"};
  s.seed = 0xfedcba9876543210u;
  s.learning_rate = 1.0 / 3.0;
  const nlohmann::json json = nlohmann::json::parse(SettingsToJson(s).dump());
  const StatusOr<Settings> back = SettingsFromJson(json);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(SettingsToJson(*back), SettingsToJson(s));
}

TEST(Settings, JsonErrorsNameTheKey) {
  nlohmann::json json = SettingsToJson(*RecipeFor("compact", false));
  json.erase("batch");
  EXPECT_NE(SettingsFromJson(json).status().message().find("'batch'"), std::string::npos);
  json["batch"] = "many";
  EXPECT_NE(SettingsFromJson(json).status().message().find("'batch'"), std::string::npos);
  json["batch"] = -5;
  EXPECT_NE(SettingsFromJson(json).status().message().find("--batch"), std::string::npos);
  EXPECT_FALSE(SettingsFromJson(nlohmann::json::array()).ok());

  // A run of a version that did not know it goes on as it began.
  nlohmann::json older = SettingsToJson(Settings());
  older.erase("duplicate_features");
  older.erase("gender_weight");
  const StatusOr<Settings> read = SettingsFromJson(older);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->duplicate_features, 0);
  EXPECT_EQ(read->gender_weight, 1);
  for (const char* later : {"duplicate_features", "gender_weight"}) {
    EXPECT_FALSE(RecipeToJson(Settings()).contains(later)) << later;
  }
}

// A choice that did not exist when a run began is the one that it made.
TEST(Settings, AgeHeadsOfEarlierRuns) {
  for (const char* arch : {"compact", "notebook", "student"}) {
    SCOPED_TRACE(arch);
    const Settings now = *RecipeFor(arch, false);
    EXPECT_FALSE(RecipeToJson(now).contains("age_head"));  // an earlier checkpoint's recipe
    nlohmann::json older = SettingsToJson(now);
    older.erase("age_head");
    const StatusOr<Settings> read = SettingsFromJson(older);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->age_head, now.age_head);
  }
  Settings value = *RecipeFor("student", false);
  value.age_head = "value";
  EXPECT_TRUE(CheckSettings(value).ok());
  EXPECT_EQ(RecipeToJson(value).at("age_head"), "value");
  EXPECT_EQ(RecipeDifferences(*RecipeFor("student", false), value),
            std::vector<std::string>{"age_head"});
  EXPECT_EQ(RecipeDifferences(value, *RecipeFor("student", false)),
            std::vector<std::string>{"age_head"});
  value.age_head = "bins";
  EXPECT_NE(CheckSettings(value).message().find("--age-head"), std::string::npos);
  Settings notebook = *RecipeFor("notebook", false);
  notebook.age_head = "distribution";
  EXPECT_NE(CheckSettings(notebook).message().find("--age-head"), std::string::npos);
}

TEST(Settings, RecipeLeavesPlacesAndMachineOut) {
  Settings a = *RecipeFor("compact", false);
  Settings b = a;
  b.run = "elsewhere";
  b.threads = 7;
  b.precision = "float32";
  EXPECT_TRUE(RecipeDifferences(a, b).empty());
  b.batch = 64;
  EXPECT_EQ(RecipeDifferences(a, b), std::vector<std::string>{"batch"});
}

TEST(Options, OverrideARecipe) {
  const auto parsed = Parse({"--arch", "notebook", "--data", "d", "--epochs", "3", "--seed", "9",
                             "--learning-rate", "0.5", "--augment"});
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const Settings& s = parsed->request.settings;
  EXPECT_EQ(s.arch, "notebook");
  EXPECT_EQ(s.run, "runs/notebook");
  EXPECT_EQ(s.epochs, 3);
  EXPECT_EQ(s.seed, 9u);
  EXPECT_DOUBLE_EQ(s.learning_rate, 0.5);
  EXPECT_TRUE(s.augment);
  EXPECT_EQ(s.batch, 32);  // the recipe's
}

// A switch that is not given leaves the recipe's value.
TEST(Options, SwitchesThatAreNotGivenChangeNothing) {
  const Settings compact = Parse({"--data", "d"})->request.settings;
  EXPECT_TRUE(compact.augment);
  EXPECT_TRUE(compact.cosine);
  const Settings off = Parse({"--data", "d", "--no-augment", "--no-cosine"})->request.settings;
  EXPECT_FALSE(off.augment);
  EXPECT_FALSE(off.cosine);
  const Settings notebook = Parse({"--data", "d", "--arch", "notebook"})->request.settings;
  EXPECT_FALSE(notebook.augment);
  EXPECT_FALSE(notebook.cosine);
  // Nothing given: the recipe, but for the data.
  Settings recipe = *RecipeFor("compact", false);
  recipe.data = {"d"};
  EXPECT_EQ(SettingsToJson(compact), SettingsToJson(recipe));
}

TEST(Options, WrongUsage) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{},
                                             {"--data", "d", "--toy"},
                                             {"--data", "d", "--arch", "resnet"},
                                             {"--data", "d", "--epochs", "0"},
                                             {"--data", "d", "--epochs", "many"},
                                             {"--data", "d", "--learning-rate", "nan"},
                                             {"--data", "d", "--precision", "float8"},
                                             {"--data", "d", "--colour"},
                                             {"--data", "d", "--resume", "--overwrite"},
                                             {"--resume", "--run", "/nonexistent/run"}}) {
    const auto parsed = Parse(arguments);
    EXPECT_EQ(parsed.status().code(), Code::kInvalidArgument);
    EXPECT_FALSE(parsed.status().message().empty());
  }
}

TEST(Options, HelpIsNoError) {
  const auto parsed = Parse({"--help"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_NE(parsed->help.find("--resume"), std::string::npos);
}

TEST(Options, ResumeTakesTheRunsSettingsAndRefusesOthers) {
  const TemporaryFolder folder;
  Settings begun = *RecipeFor("compact", false);
  begun.data = {"there"};
  begun.run = folder.path().string();
  begun.seed = 77;
  ASSERT_TRUE(WriteSettings(begun).ok());
  const std::string run = folder.path().string();
  auto parsed = Parse({"--resume", "--run", run.c_str(), "--threads", "3"});
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->request.settings.seed, 77u);
  EXPECT_EQ(parsed->request.settings.threads, 3);
  parsed = Parse({"--resume", "--run", run.c_str(), "--batch", "8"});
  EXPECT_NE(parsed.status().message().find("batch"), std::string::npos);
  parsed = Parse({"--resume", "--run", run.c_str(), "--arch", "notebook"});
  EXPECT_EQ(parsed.status().code(), Code::kInvalidArgument);
}

TEST(RunFolder, IsNotTakenOverByAccident) {
  const TemporaryFolder folder;
  Request request;
  request.settings = *RecipeFor("compact", true);
  request.settings.run = folder / "run";
  // What was made and never begun is gone again.
  { ASSERT_TRUE(RunFolder::Claim(request).ok()); }
  EXPECT_FALSE(std::filesystem::exists(request.settings.run));
  {
    auto folder_of_run = RunFolder::Claim(request);
    ASSERT_TRUE(folder_of_run.ok());
    EXPECT_FALSE(folder_of_run->begun());
    ASSERT_TRUE(folder_of_run->Begin(request.settings).ok());
    EXPECT_TRUE(folder_of_run->begun());
  }
  WriteText(request.settings.run + "/notes.txt", "mine");
  const Status refused = RunFolder::Claim(request).status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_NE(refused.message().find("--overwrite"), std::string::npos);
  request.resume = true;
  EXPECT_TRUE(RunFolder::Claim(request).ok());
  request.resume = false;
  request.overwrite = true;
  WriteText(request.settings.run + "/model.agm", "good");
  // Not before the new run begins does the old one go.
  auto over = RunFolder::Claim(request);
  ASSERT_TRUE(over.ok());
  EXPECT_TRUE(std::filesystem::exists(request.settings.run + "/model.agm"));
  ASSERT_TRUE(over->Begin(request.settings).ok());
  EXPECT_FALSE(std::filesystem::exists(request.settings.run + "/model.agm"));
  EXPECT_TRUE(std::filesystem::exists(request.settings.run + "/settings.json"));
  EXPECT_TRUE(std::filesystem::exists(request.settings.run + "/notes.txt"));
}

TEST(RunFolder, IsHeldByOne) {
  const TemporaryFolder folder;
  Request request;
  request.settings = *RecipeFor("compact", true);
  request.settings.run = folder / "run";
  std::filesystem::create_directory_symlink(folder.path(), folder / "link");
  {
    auto first = RunFolder::Claim(request);
    ASSERT_TRUE(first.ok()) << first.status().message();
    for (const std::string& path : {folder / "run", folder / "link/run"}) {
      Request second = request;
      second.settings.run = path;
      for (const bool resume : {false, true}) {
        second.resume = resume;
        second.overwrite = !resume;
        const Status status = RunFolder::Claim(second).status();
        EXPECT_EQ(status.code(), Code::kInvalidArgument);
        EXPECT_NE(status.message().find(path + ": another training"), std::string::npos)
            << status.message();
      }
    }
    ASSERT_TRUE(first->Begin(request.settings).ok());
  }
  // Settings that changed between their reading and the lock.
  request.resume = true;
  request.begun = request.settings;
  EXPECT_TRUE(RunFolder::Claim(request).ok());
  request.begun->seed += 1;
  const Status changed = RunFolder::Claim(request).status();
  EXPECT_EQ(changed.code(), Code::kInvalidArgument);
  EXPECT_NE(changed.message().find("start again"), std::string::npos) << changed.message();
}

// Labels alone, as the plan of an epoch wants them: `ages` of each set.
TrainingData LabelsOnly(CropsCache crops, const std::vector<std::vector<float>>& ages) {
  TrainingData data(std::move(crops));
  for (size_t set = 0; set < ages.size(); ++set) {
    for (const float age : ages[set]) {
      Example example;
      example.age_lo = example.age_hi = age;
      example.set = static_cast<uint32_t>(set);
      data.train.push_back(example);
    }
  }
  return data;
}

// A cache of one drawn picture, where a TrainingData must have one.
CropsCache AnyCrops(const std::string& folder) {
  Settings settings = ToySettings("compact", folder, 40);
  return ToyData(settings).crops;
}

std::vector<uint32_t> Indices(const std::vector<Draw>& draws) {
  std::vector<uint32_t> indices;
  for (const Draw& draw : draws) indices.push_back(draw.index);
  return indices;
}

TEST(Draws, OneSetIsAPermutationOfItsOwnPerEpoch) {
  const TemporaryFolder folder;
  const TrainingData data =
      LabelsOnly(AnyCrops(folder.path().string()), {std::vector<float>(1000, 30.0f)});
  Settings settings;
  const DrawPlan plan(data, settings);
  const std::vector<uint32_t> first = Indices(plan.Epoch(0));
  EXPECT_EQ(first.size(), 1000u);
  EXPECT_EQ(std::set<uint32_t>(first.begin(), first.end()).size(), 1000u);
  EXPECT_EQ(plan.Epoch(0), DrawPlan(data, settings).Epoch(0));
  EXPECT_NE(Indices(plan.Epoch(1)), first);
  settings.seed = 2;
  EXPECT_NE(Indices(DrawPlan(data, settings).Epoch(0)), first);
}

TEST(Draws, SetsShareEveryBatch) {
  const TemporaryFolder folder;
  const TrainingData data =
      LabelsOnly(AnyCrops(folder.path().string()),
                 {std::vector<float>(100, 30.0f), std::vector<float>(500, 30.0f)});
  Settings settings;
  const std::vector<Draw> equal = DrawPlan(data, settings).Epoch(3);
  ASSERT_EQ(equal.size(), 600u);
  for (size_t begin = 0; begin < equal.size(); begin += 20) {
    int of_first = 0;
    for (size_t i = begin; i < begin + 20; ++i) of_first += equal[i].index < 100;
    EXPECT_EQ(of_first, 10) << "from draw " << begin;
  }
  // The small set comes three times: each repetition is told apart.
  std::set<std::pair<uint32_t, uint32_t>> small;
  for (const Draw& draw : equal) {
    if (draw.index < 100) small.insert({draw.index, draw.repetition});
  }
  EXPECT_EQ(small.size(), 300u);
  settings.dataset_weights = {1, 5};
  int of_first = 0;
  for (const Draw& draw : DrawPlan(data, settings).Epoch(0)) of_first += draw.index < 100;
  EXPECT_EQ(of_first, 100);
}

TEST(Draws, NoPictureIsForgottenOverEpochs) {
  const TemporaryFolder folder;
  const TrainingData data =
      LabelsOnly(AnyCrops(folder.path().string()),
                 {std::vector<float>(70, 30.0f), std::vector<float>(130, 30.0f)});
  const DrawPlan plan(data, Settings{});
  std::vector<int> times(200, 0);
  for (int epoch = 0; epoch < 13; ++epoch) {
    for (const Draw& draw : plan.Epoch(epoch)) ++times[draw.index];
  }
  // 1,300 draws of each set: passes follow one another without a gap between epochs.
  for (size_t i = 0; i < 70; ++i) EXPECT_NEAR(times[i], 1300 / 70.0, 1) << i;
  for (size_t i = 70; i < 200; ++i) EXPECT_EQ(times[i], 10) << i;
}

TEST(Draws, RareAgesComeMoreOften) {
  const TemporaryFolder folder;
  std::vector<float> ages(900, 25.0f);
  ages.insert(ages.end(), 100, 80.0f);
  const TrainingData data = LabelsOnly(AnyCrops(folder.path().string()), {ages});
  Settings settings;
  const auto share_of_old = [&] {
    int old = 0;
    for (const Draw& draw : DrawPlan(data, settings).Epoch(0)) old += draw.index >= 900;
    return old / 1000.0;
  };
  EXPECT_DOUBLE_EQ(share_of_old(), 0.1);
  // Mean frequency (0.9 * 900 + 0.1 * 100) / frequency 100 = 8.2: its square root is 2.86.
  settings.age_balance = 0.5;
  EXPECT_NEAR(share_of_old(), 286.0 / (900 + 286), 0.03);
  settings.age_balance = 1;  // 8.2 is above the cap of 4
  EXPECT_NEAR(share_of_old(), 400.0 / (900 + 400), 0.02);
}

// They are neither rare nor frequent, and make no age more frequent.
TEST(Draws, UnknownAgesTakeNoPartInTheBalance) {
  const TemporaryFolder folder;
  std::vector<float> ages(900, 30.0f);
  ages.insert(ages.end(), 100, 80.0f);
  ages.insert(ages.end(), 1000, 0.0f);
  TrainingData data = LabelsOnly(AnyCrops(folder.path().string()), {ages});
  for (size_t i = 1000; i < 2000; ++i) data.train[i].age_hi = static_cast<float>(kMaxAgeYears);
  Settings settings;
  settings.age_balance = 0.5;
  settings.epoch_pictures = 40000;
  std::array<double, 3> drawn{};
  for (const Draw& draw : DrawPlan(data, settings).Epoch(0)) {
    ++drawn[draw.index < 900 ? 0 : draw.index < 1000 ? 1 : 2];
  }
  // As above: the old 2.86 times, all others once.
  EXPECT_NEAR(drawn[1] / drawn[0], 286.0 / 900, 0.04);
  EXPECT_NEAR(drawn[2] / drawn[0], 1000.0 / 900, 0.02);
}

TEST(Batches, StepsLeaveNoSinglePictureBehind) {
  EXPECT_EQ(StepsPerEpoch(64, 32), 2);
  EXPECT_EQ(StepsPerEpoch(65, 32), 2);  // one picture: left out
  EXPECT_EQ(StepsPerEpoch(66, 32), 3);
  EXPECT_EQ(StepsPerEpoch(5, 32), 1);
}

// However many threads make them, and wherever a run that was cut off goes on.
TEST(Batches, ComeInOrderFromAnyNumberOfThreads) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 60);
  settings.batch = 4;
  settings.epoch_pictures = 41;  // the last picture is left out
  const TrainingData data = ToyData(settings);
  const DrawPlan plan(data, settings);
  const std::vector<Draw> draws = plan.Epoch(2);
  const int64_t steps = StepsPerEpoch(settings.epoch_pictures, settings.batch);
  ASSERT_EQ(steps, 10);
  for (const int workers : {1, 4}) {
    for (const int64_t first : {int64_t{0}, int64_t{3}}) {
      BatchLoader loader(data, settings, plan, 2, first, workers);
      for (int64_t step = first; step < steps; ++step) {
        const Batch expected = TrainingBatch(data, settings, draws, 2, step);
        const Batch batch = loader.Next();
        ASSERT_EQ(batch.index, expected.index) << workers << " threads, step " << step;
        ASSERT_EQ(batch.pixels, expected.pixels) << workers << " threads, step " << step;
      }
    }
    // Left in the middle of an epoch.
    BatchLoader left(data, settings, plan, 0, 0, workers);
    EXPECT_EQ(left.Next().size, 4);
  }
}

TEST(Augmentation, DependsOnSeedEpochAndIndexAlone) {
  const CropGeometry geometry{112, 128};
  const Image crop =
      WarpSimilarity(DrawToyFace(1, 3).picture, CentreTransform(160, 160, 112, 112), 128, 128);
  std::vector<uint8_t> a(112 * 112 * 3), b(a.size());
  RandomView(crop.pixels, geometry, false, 1, 2, 3, a);
  RandomView(crop.pixels, geometry, false, 1, 2, 3, b);
  EXPECT_EQ(a, b);
  RandomView(crop.pixels, geometry, false, 1, 3, 3, b);
  EXPECT_NE(a, b);
  RandomView(crop.pixels, geometry, false, 1, 2, 4, b);
  EXPECT_NE(a, b);
}

// A view is the crop, moved and recoloured a little: on the mean over many it lies at the same
// place.
TEST(Augmentation, IsCentred) {
  const CropGeometry geometry{112, 128};
  Image crop(128, 128);
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; ++x) {
      std::fill_n(crop.at(x, y), 3,
                  static_cast<uint8_t>(x >= 54 && x < 74 && y >= 34 && y < 54 ? 255 : 0));
    }
  }
  std::vector<uint8_t> view(112 * 112);
  double sum = 0, sum_x = 0, sum_y = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    RandomView(crop.pixels, geometry, true, 1, 0, i, view);
    for (int y = 0; y < 112; ++y) {
      for (int x = 0; x < 112; ++x) {
        // Only the square: brightness lifts the black.
        const double value = view[static_cast<size_t>(y * 112 + x)] > 128 ? 1 : 0;
        sum += value;
        sum_x += value * (x + 0.5);
        sum_y += value * (y + 0.5);
      }
    }
  }
  EXPECT_NEAR(sum_x / sum, 56, 1.5);    // the square's middle lies on the axis
  EXPECT_NEAR(sum_y / sum, 44 - 8, 3);  // and 20 pixels above the crop's middle
}

TEST(Augmentation, CentreViewIsTheMiddleAndTheEnginesGray) {
  const CropGeometry geometry{112, 128};
  const Image crop =
      WarpSimilarity(DrawToyFace(1, 3).picture, CentreTransform(160, 160, 112, 112), 128, 128);
  std::vector<uint8_t> colour(112 * 112 * 3), gray(112 * 112);
  CentreView(crop.pixels, geometry, false, colour);
  CentreView(crop.pixels, geometry, true, gray);
  EXPECT_EQ(CropCentre(crop, 112, 112).pixels, colour);
  InputContract contract;
  contract.height = contract.width = 112;
  contract.colour = Colour::kGray;
  contract.mean = {0};
  contract.scale = {1};
  Image view(112, 112);
  view.pixels = colour;
  std::vector<float> engine(gray.size());
  ASSERT_TRUE(NormalizePixels(contract, view, engine).ok());
  for (size_t i = 0; i < gray.size(); ++i) ASSERT_EQ(engine[i], gray[i]) << i;
}

// The margin shows more around it; the net's view of it is what prediction cuts out.
TEST(CropMaker, MiddleOfTheLargerCropIsTheNetsCrop) {
  const Image picture = DrawToyFace(5, 1).picture;
  StatusOr<CropMaker> large = CropMaker::Create(nullptr, {112, 128});
  StatusOr<CropMaker> small = CropMaker::Create(nullptr, {112, 112});
  ASSERT_TRUE(large.ok() && small.ok());
  const StatusOr<Crop> with_margin = large->Make(picture);
  const StatusOr<Crop> without = small->Make(picture);
  ASSERT_TRUE(with_margin.ok() && without.ok());
  EXPECT_EQ(CropCentre(with_margin->image, 112, 112).pixels, without->image.pixels);
  EXPECT_FALSE(without->aligned);
}

class CropsCacheTest : public ::testing::Test {
 protected:
  CropsCacheTest() : settings_(ToySettings("compact", folder_.path().string(), 40)) {
    EXPECT_TRUE(WriteToyFaces(settings_.data.front(), 1, 0, 40).ok());
  }
  TemporaryFolder folder_;
  Settings settings_;
};

TEST_F(CropsCacheTest, IsFoundAgainAndListsWhatItCannotRead) {
  WriteText(settings_.data.front() + "/30_1_2_20170101000000000.jpg", "no picture");
  WriteText(settings_.data.front() + "/31_1_2_20170101000000000.jpg", "");
  WriteText(settings_.data.front() + "/what.jpg", "no label");
  WriteText(settings_.data.front() + "/200_1_2_20170101000000000.jpg", "no age");
  const TrainingData data = ToyData(settings_);
  EXPECT_FALSE(data.crops.reused());
  EXPECT_EQ(data.train.size() + data.val.size(), 40u);
  EXPECT_EQ(data.centred, 40u);
  ASSERT_EQ(data.skipped.size(), 4u);
  for (const SkippedFile& skipped : data.skipped)
    EXPECT_FALSE(skipped.reason.empty()) << skipped.file;

  const TrainingData again = ToyData(settings_);
  EXPECT_TRUE(again.crops.reused());
  EXPECT_EQ(again.data_hash, data.data_hash);
  EXPECT_EQ(again.skipped.size(), 4u);
  for (size_t i = 0; i < data.crops.size(); ++i) {
    EXPECT_TRUE(std::ranges::equal(data.crops.pixels(i), again.crops.pixels(i)));
  }
}

TEST_F(CropsCacheTest, OtherContentOrGeometryIsAnotherCache) {
  const TrainingData data = ToyData(settings_);
  Settings notebook = ToySettings("notebook", folder_.path().string(), 40);
  EXPECT_NE(ToyData(notebook).crops.key(), data.crops.key());
  EXPECT_TRUE(WriteToyFaces(settings_.data.front(), 1, 40, 1).ok());
  EXPECT_NE(ToyData(settings_).crops.key(), data.crops.key());
}

TEST_F(CropsCacheTest, BuildThatWasCutOffGoesOn) {
  std::string name;
  std::vector<uint8_t> whole;
  {
    const TrainingData data = ToyData(settings_);
    name = settings_.cache + "/crops-" + data.crops.key().substr(0, 32) + ".bin";
    whole = *ReadFile(name, size_t{1} << 30);
  }
  // As a kill leaves it: half of the records made, one of them torn.
  std::vector<uint8_t> half = whole;
  std::fill(half.begin() + 4096 + 20 * 128, half.begin() + 4096 + 40 * 128, 0);
  half.back() ^= 1;
  half[half.size() - 39 * 128 * 128 * 3 - 5] ^= 1;
  std::filesystem::remove(name);
  ASSERT_TRUE(WriteFileAtomically(name + ".part", half).ok());
  const TrainingData data = ToyData(settings_);
  EXPECT_FALSE(data.crops.reused());
  EXPECT_EQ(*ReadFile(name, size_t{1} << 30), whole);
  EXPECT_FALSE(std::filesystem::exists(name + ".part"));
}

// Whatever is damaged: the same crops come of it, and it is said.
TEST_F(CropsCacheTest, WhatIsDamagedIsMadeAnew) {
  std::string name;
  {
    const TrainingData data = ToyData(settings_);
    EXPECT_TRUE(data.notes.empty());
    name = settings_.cache + "/crops-" + data.crops.key().substr(0, 32) + ".bin";
  }
  const std::vector<uint8_t> whole = *ReadFile(name, size_t{1} << 30);
  const auto expect_mended = [&](const std::vector<uint8_t>& bytes, const std::string& what) {
    ASSERT_TRUE(WriteFileAtomically(name, bytes).ok());
    const TrainingData data = ToyData(settings_);
    ASSERT_EQ(data.notes.size(), 1u) << what;
    EXPECT_NE(data.notes[0].find("made anew"), std::string::npos) << data.notes[0];
    EXPECT_FALSE(data.crops.reused()) << what;
    ASSERT_TRUE(*ReadFile(name, size_t{1} << 30) == whole) << what;
    ASSERT_TRUE(data.crops.Check().ok());
  };
  ag::test::Random random(3);
  for (int i = 0; i < ag::test::Count(12, 300); ++i) {
    // Header, records and pixels in turn; nothing is said between the header and its page's end.
    const size_t part = i % 3 == 0 ? 24 : i % 3 == 1 ? 40 * 128 : whole.size() - 3 * 4096;
    const size_t first = i % 3 == 0 ? 0 : i % 3 == 1 ? 4096 : 3 * 4096;
    const size_t at = first + random.Below(static_cast<uint32_t>(part));
    std::vector<uint8_t> bytes = whole;
    bytes[at] ^= static_cast<uint8_t>(1 + random.Below(255));
    expect_mended(bytes, "byte " + std::to_string(at));
  }
  // The highest bits of two words, which a plain product would not tell from none.
  std::vector<uint8_t> bits = whole;
  bits[3 * 4096 + 7] ^= 0x80;
  bits[3 * 4096 + 39] ^= 0x80;
  expect_mended(bits, "two bits");
  std::vector<uint8_t> zeroed = whole;
  std::fill(zeroed.begin() + 4096, zeroed.begin() + (1 << 20), uint8_t{0});
  expect_mended(zeroed, "zeroed");
  // Two crops, with their records, in each other's places.
  std::vector<uint8_t> swapped = whole;
  std::swap_ranges(swapped.begin() + 4096, swapped.begin() + 4096 + 128,
                   swapped.begin() + 4096 + 128);
  const size_t crop = 128 * 128 * 3;
  std::swap_ranges(swapped.begin() + 3 * 4096, swapped.begin() + 3 * 4096 + crop,
                   swapped.begin() + 3 * 4096 + crop);
  expect_mended(swapped, "swapped");
  expect_mended({whole.begin(), whole.end() - 1}, "cut off");
  expect_mended({}, "empty");
}

TEST_F(CropsCacheTest, WhatChangesWhileItIsReadIsSeen) {
  const TrainingData data = ToyData(settings_);
  const std::string name = settings_.cache + "/crops-" + data.crops.key().substr(0, 32) + ".bin";
  std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1000, std::ios::end);
  file.put('x').put('y').flush();
  ASSERT_TRUE(file.good());
  [[maybe_unused]] const auto first = data.crops.pixels(0);
  EXPECT_TRUE(data.crops.Check().ok());
  [[maybe_unused]] const auto last = data.crops.pixels(data.crops.size() - 1);
  const Status status = data.crops.Check();
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
}

// Two runs that want the same crops: one makes them, the other waits.
TEST_F(CropsCacheTest, TwoBuildersWaitForEachOther) {
  const int runs = 4;
  std::vector<std::vector<uint8_t>> crops(runs);
  std::vector<std::thread> threads;
  for (int run = 0; run < runs; ++run) {
    threads.emplace_back([&, run] {
      StatusOr<TrainingData> data = PrepareData(settings_, {}, nullptr);
      ASSERT_TRUE(data.ok()) << data.status().message();
      for (size_t i = 0; i < data->crops.size(); ++i) {
        const auto pixels = data->crops.pixels(i);
        crops[static_cast<size_t>(run)].insert(crops[static_cast<size_t>(run)].end(),
                                               pixels.begin(), pixels.end());
      }
      EXPECT_TRUE(data->crops.Check().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int run = 1; run < runs; ++run) EXPECT_TRUE(crops[static_cast<size_t>(run)] == crops[0]);
  for (const auto& entry : std::filesystem::directory_iterator(settings_.cache)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name.ends_with(".bin") || name == "hashes.txt") << name;
  }
}

TEST(Checksum, SeesSmallChanges) {
  std::vector<uint8_t> bytes(133, 0);
  std::set<uint64_t> seen = {Checksum(bytes)};
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_TRUE(seen.insert(Checksum(bytes)).second) << at << " " << bit;
      bytes[at] = 0;
    }
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(seen.insert(Checksum(std::span(bytes).first(size))).second) << size;
  }
}

TEST_F(CropsCacheTest, StopsWhenAsked) {
  const std::atomic<bool> stop{true};
  EXPECT_EQ(PrepareData(settings_, {}, &stop).status().code(), Code::kInterrupted);
}

TEST_F(CropsCacheTest, SplitAndTablesAreTheSameOnEveryRun) {
  const std::string first = folder_ / "a", second = folder_ / "b";
  std::filesystem::create_directories(first);
  std::filesystem::create_directories(second);
  ASSERT_TRUE(WriteDataTables(ToyData(settings_), first).ok());
  ASSERT_TRUE(WriteDataTables(ToyData(settings_), second).ok());
  for (const char* file : {"/split.csv", "/data.csv", "/skipped.csv"}) {
    EXPECT_EQ(ReadText(first + file), ReadText(second + file)) << file;
  }
  const StatusOr<std::vector<SplitEntry>> split = ReadSplit(first + "/split.csv");
  ASSERT_TRUE(split.ok()) << split.status().message();
  EXPECT_EQ(split->size(), 40u);
  const auto validation = std::count_if(split->begin(), split->end(),
                                        [](const SplitEntry& e) { return e.part == "val"; });
  EXPECT_GT(validation, 0);
  EXPECT_LT(validation, 20);
}

// Names are bytes: what a run writes of its pictures is read back as the same ones.
TEST_F(CropsCacheTest, TablesAndSettingsKeepTheBytesOfNames) {
  const std::string data = folder_ / "d\xFC";
  std::filesystem::create_directories(data);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.data.front())) {
    // Two names that have one text where broken bytes are replaced.
    const char* number = names.size() % 2 == 0 ? "\xFC" : "\xF6";
    names.push_back("20_0_1_" + std::to_string(names.size() / 2) + number + ".png");
    std::filesystem::copy_file(entry.path(), data + "/" + names.back());
  }
  std::sort(names.begin(), names.end());
  settings_.data = {data};
  settings_.run = folder_ / "r\xE9";
  std::filesystem::create_directories(settings_.run);
  const StatusOr<TrainingData> prepared = PrepareData(settings_, {}, nullptr);
  ASSERT_TRUE(prepared.ok()) << prepared.status().message();
  ASSERT_TRUE(WriteDataTables(*prepared, settings_.run).ok());
  const StatusOr<std::vector<SplitEntry>> split = ReadSplit(settings_.run + "/split.csv");
  ASSERT_TRUE(split.ok()) << split.status().message();
  std::vector<std::string> split_names;
  for (const SplitEntry& entry : *split) {
    split_names.push_back(entry.file);
  }
  std::sort(split_names.begin(), split_names.end());
  EXPECT_EQ(split_names, names);
  const std::string table = ReadText(settings_.run + "/data.csv");
  EXPECT_TRUE(table.starts_with("path,file_encoding,age,")) << table.substr(0, 100);
  EXPECT_NE(table.find("%FC/20_0_1_0%F6.png,percent,20,"), std::string::npos);

  settings_.data.push_back("plain");
  ASSERT_TRUE(WriteSettings(settings_).ok());
  const std::string json = ReadText(settings_.run + "/settings.json");
  const StatusOr<Settings> read = SettingsFromJson(nlohmann::json::parse(json));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->run, settings_.run);
  EXPECT_EQ(read->data, settings_.data);
}

TEST_F(CropsCacheTest, TooFewPicturesAreAccountedFor) {
  const std::filesystem::path first = *std::filesystem::directory_iterator(settings_.data.front());
  const std::string data = folder_ / "few";
  std::filesystem::create_directories(data);
  std::filesystem::copy_file(first, data + "/20_0_1_1.png");
  settings_.data = {data};
  settings_.validation_split = 0;
  std::string message = PrepareData(settings_, {}, nullptr).status().message();
  EXPECT_NE(message.find("1 labelled picture was read and 0 skipped, which leaves 1 to train on: "
                         "at least 2 are needed"),
            std::string::npos)
      << message;
  WriteText(data + "/30_1_2_2.png", "no picture");
  settings_.validation_split = 1;
  message = PrepareData(settings_, {}, nullptr).status().message();
  EXPECT_NE(message.find("1 labelled picture was read and 1 skipped, which leaves 0 to train on "
                         "(1 to validate with)"),
            std::string::npos)
      << message;
}

// The folds are parts of the training pictures; the other parts stay as they are.
TEST_F(CropsCacheTest, EveryPictureIsLeftOutByOneFold) {
  const TrainingData whole = ToyData(settings_);
  settings_.folds = 3;
  std::map<uint32_t, int> left_out;
  for (int fold = 1; fold <= 3; ++fold) {
    settings_.fold = fold;
    const TrainingData data = ToyData(settings_);
    EXPECT_EQ(data.train.size() + data.left_out.size(), whole.train.size());
    EXPECT_EQ(data.val.size(), whole.val.size());
    EXPECT_GT(data.left_out.size(), 0u);
    const std::vector<int> folds = FoldsOf(data, 3);
    for (const Example& example : data.left_out) {
      ++left_out[example.crop];
      EXPECT_EQ(folds[example.crop], fold);
    }
    for (const Example& example : data.train) EXPECT_NE(folds[example.crop], fold);
    // What is left out is training's all the same: no other run may test on it.
    const std::string run = folder_ / ("fold" + std::to_string(fold));
    std::filesystem::create_directories(run);
    ASSERT_TRUE(WriteDataTables(data, run).ok());
    const std::vector<SplitEntry> split = *ReadSplit(run + "/split.csv");
    EXPECT_EQ(std::count_if(split.begin(), split.end(),
                            [](const SplitEntry& e) { return e.part == "train"; }),
              static_cast<std::ptrdiff_t>(whole.train.size()));
  }
  EXPECT_EQ(left_out.size(), whole.train.size());
  for (const auto& [crop, times] : left_out) EXPECT_EQ(times, 1) << crop;
}

TEST(Settings, FoldsAreCheckedAndLaterThanEarlierRuns) {
  Settings settings = *RecipeFor("teacher", false);
  EXPECT_FALSE(RecipeToJson(settings).contains("folds"));
  settings.folds = 4;
  EXPECT_NE(CheckSettings(settings).message().find("--fold:"), std::string::npos);
  settings.fold = 5;
  EXPECT_NE(CheckSettings(settings).message().find("--fold:"), std::string::npos);
  settings.fold = 4;
  EXPECT_TRUE(CheckSettings(settings).ok());
  EXPECT_EQ(RecipeToJson(settings).at("fold"), 4);
  const nlohmann::json recipe = nlohmann::json::parse(SettingsToJson(settings).dump());
  EXPECT_EQ(SettingsFromJson(recipe)->folds, 4);
  settings.folds = 1;
  EXPECT_NE(CheckSettings(settings).message().find("--folds: expected 0 or 2"), std::string::npos);
  settings.folds = 0;
  EXPECT_NE(CheckSettings(settings).message().find("--fold: expected --folds beside it"),
            std::string::npos);
}

// The views would reach beyond the crops.
TEST(Settings, ACropIsNoSmallerThanItsView) {
  Settings settings = *RecipeFor("teacher", false);
  settings.input_side = settings.cache_side + 1;
  EXPECT_EQ(CheckSettings(settings).message(),
            "--cache-side: expected --input-side (150) to 1024, found 149");
  settings.cache_side = settings.input_side;
  EXPECT_TRUE(CheckSettings(settings).ok());
}

TEST_F(CropsCacheTest, ManifestWithRangesAndUnknownGenders) {
  std::string csv = "file,age_lo,age_hi,gender,weight\n";
  int row = 0;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.data.front())) {
    csv += "toy/" + entry.path().filename().string() + (row % 2 == 0 ? ",20,29," : ",3,9,") +
           (row % 3 == 0 ? "" : "female") + ",0.5\n";
    ++row;
  }
  settings_.data = {folder_ / "list.csv"};
  WriteText(settings_.data.front(), csv);
  const StatusOr<TrainingData> data = PrepareData(settings_, {}, nullptr);
  ASSERT_TRUE(data.ok()) << data.status().message();
  EXPECT_EQ(data->train.size() + data->val.size(), 40u);
  bool unknown = false;
  for (const Example& example : data->train) {
    EXPECT_LT(example.age_lo, example.age_hi);
    EXPECT_FLOAT_EQ(example.weight, 0.5f);
    unknown = unknown || example.gender == -1;
  }
  EXPECT_TRUE(unknown);
}

TEST(TrainingData, NearDuplicatesStayOnOneSide) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 60);
  settings.validation_split = 0.3;
  settings.test_split = 0.2;
  settings.duplicate_correlation = 0.99;
  ASSERT_FALSE(ToyData(settings).samples.empty());
  // Copies in which single bytes after the picture differ: other digests, the same pixels.
  int copies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(settings.data.front())) {
    if (copies == 20) break;
    if (entry.path().filename().string().find("copy") != std::string::npos) continue;
    StatusOr<std::vector<uint8_t>> bytes = ReadFile(entry.path().string(), size_t{1} << 24);
    ASSERT_TRUE(bytes.ok());
    bytes->push_back(static_cast<uint8_t>(copies));
    const std::string name =
        entry.path().stem().string() + "copy" + entry.path().extension().string();
    ASSERT_TRUE(WriteFileAtomically((entry.path().parent_path() / name).string(), *bytes).ok());
    ++copies;
  }
  const StatusOr<TrainingData> data = PrepareData(settings, {}, nullptr);
  ASSERT_TRUE(data.ok()) << data.status().message();
  ASSERT_EQ(data->cluster.size(), 80u);
  EXPECT_GE(data->clusters, 1u);
  EXPECT_GE(data->in_clusters, 40u);
  std::map<uint32_t, std::set<std::string>> parts;
  std::map<std::string, std::string> part_of;  // of each digest
  const auto add = [&](const std::vector<Example>& part, const std::string& name) {
    for (const Example& example : part) {
      parts[data->cluster[example.crop]].insert(name);
      part_of[data->hashes[example.crop]] = name;
    }
  };
  add(data->train, "train");
  add(data->val, "val");
  add(data->test, "test");
  EXPECT_GT(data->val.size(), 0u);
  EXPECT_GT(data->test.size(), 0u);
  for (const auto& [cluster, names] : parts) EXPECT_EQ(names.size(), 1u) << cluster;
  const std::vector<int> folds = FoldsOf(*data, 4);
  for (size_t i = 0; i < folds.size(); ++i) EXPECT_EQ(folds[i], folds[data->cluster[i]]) << i;

  // Other names and another order: the same split.
  Settings renamed = settings;
  renamed.data = {folder / "renamed"};
  renamed.cache = folder / "another cache";
  std::filesystem::create_directories(renamed.data.front());
  size_t number = 0;
  for (const Sample& sample : data->samples) {
    const std::string file = std::filesystem::path(sample.path).filename().string();
    // The date field decides the order within an age: turned round.
    const std::string other = file.substr(0, file.find_last_of('_') + 1) +
                              std::to_string(90000 - number++) +
                              std::filesystem::path(file).extension().string();
    std::filesystem::copy_file(sample.path, renamed.data.front() + "/" + other);
  }
  const StatusOr<TrainingData> again = PrepareData(renamed, {}, nullptr);
  ASSERT_TRUE(again.ok()) << again.status().message();
  size_t compared = 0;
  const auto compare = [&](const std::vector<Example>& part, const std::string& name) {
    for (const Example& example : part) {
      EXPECT_EQ(part_of[again->hashes[example.crop]], name);
      ++compared;
    }
  };
  compare(again->train, "train");
  compare(again->val, "val");
  compare(again->test, "test");
  EXPECT_EQ(compared, 80u);

  ASSERT_TRUE(WriteDataTables(*data, folder.path().string()).ok());
  const StatusOr<std::vector<SplitEntry>> split = ReadSplit(folder / "split.csv");
  ASSERT_TRUE(split.ok()) << split.status().message();
  EXPECT_EQ(split->size(), 80u);
  EXPECT_TRUE(std::filesystem::exists(folder / "clusters.csv"));

  // The split of an earlier run that knew the originals alone: they stay where they were whatever
  // the hashes say, and the copies, which it does not name, follow them.
  std::vector<SplitEntry> originals;
  for (const SplitEntry& entry : *split) {
    if (entry.file.find("copy") == std::string::npos) originals.push_back(entry);
  }
  ASSERT_EQ(originals.size(), 60u);
  Settings kept = settings;
  kept.validation_split = 0.05;
  kept.test_split = 0;
  kept.split = folder / "earlier.csv";
  ASSERT_TRUE(WriteSplit(kept.split, originals).ok());
  const StatusOr<TrainingData> as_before = PrepareData(kept, {}, nullptr);
  ASSERT_TRUE(as_before.ok()) << as_before.status().message();
  EXPECT_EQ(as_before->train.size(), data->train.size());
  EXPECT_EQ(as_before->test.size(), data->test.size());
  const auto compare_kept = [&](const std::vector<Example>& part, const std::string& name) {
    for (const Example& example : part) {
      EXPECT_EQ(part_of[as_before->hashes[example.crop]], name);
    }
  };
  compare_kept(as_before->train, "train");
  compare_kept(as_before->val, "val");
  compare_kept(as_before->test, "test");

  // An earlier run that did not look for near-duplicates, and had some on two sides: what has been
  // learnt stays, what it would have been tested on stands aside, nothing else moves.
  std::vector<SplitEntry> careless = *split;
  for (SplitEntry& entry : careless) {
    const bool is_copy = entry.file.find("copy") != std::string::npos;
    if (is_copy) entry.part = entry.part == "train" ? "test" : entry.part == "val" ? "test" : "val";
  }
  kept.split = folder / "careless.csv";
  ASSERT_TRUE(WriteSplit(kept.split, careless).ok());
  const StatusOr<TrainingData> careful = PrepareData(kept, {}, nullptr);
  ASSERT_TRUE(careful.ok()) << careful.status().message();
  std::map<std::string, std::string> careless_part;
  for (const SplitEntry& entry : careless) careless_part[entry.sha256] = entry.part;
  const std::map<std::string, int> use = {{"train", 0}, {"val", 1}, {"test", 2}};
  std::map<uint32_t, std::string> most_used;
  for (size_t i = 0; i < careful->hashes.size(); ++i) {
    const std::string& part = careless_part.at(careful->hashes[i]);
    const auto [known, is_new] = most_used.emplace(careful->cluster[i], part);
    if (!is_new && use.at(part) < use.at(known->second)) known->second = part;
  }
  const auto check = [&](const std::vector<Example>& part, const std::string& name) {
    for (const Example& example : part) {
      const std::string& was = careless_part.at(careful->hashes[example.crop]);
      const std::string& best = most_used.at(careful->cluster[example.crop]);
      EXPECT_EQ(name, was == best ? was : "aside") << careful->samples[example.crop].file;
    }
  };
  check(careful->train, "train");
  check(careful->val, "val");
  check(careful->test, "test");
  check(careful->aside, "aside");
  EXPECT_GE(careful->aside.size(), 20u);
  EXPECT_EQ(
      careful->train.size() + careful->val.size() + careful->test.size() + careful->aside.size(),
      80u);

  // It is written, read again, and stays so.
  ASSERT_TRUE(WriteDataTables(*careful, folder.path().string()).ok());
  kept.split = folder / "split.csv";
  kept.duplicate_correlation = 0;
  const StatusOr<TrainingData> afterwards = PrepareData(kept, {}, nullptr);
  ASSERT_TRUE(afterwards.ok()) << afterwards.status().message();
  kept.duplicate_correlation = settings.duplicate_correlation;
  const StatusOr<TrainingData> once_more = PrepareData(kept, {}, nullptr);
  ASSERT_TRUE(once_more.ok()) << once_more.status().message();
  const auto digests = [](const TrainingData& of, const std::vector<Example>& part) {
    std::set<std::string> all;
    for (const Example& example : part) all.insert(of.hashes[example.crop]);
    return all;
  };
  for (const TrainingData* later : {&*afterwards, &*once_more}) {
    EXPECT_EQ(digests(*later, later->train), digests(*careful, careful->train));
    EXPECT_EQ(digests(*later, later->val), digests(*careful, careful->val));
    EXPECT_EQ(digests(*later, later->test), digests(*careful, careful->test));
    EXPECT_EQ(digests(*later, later->aside), digests(*careful, careful->aside));
  }

  // A split that does not name one of such a cluster: the picture goes where the cluster is.
  std::vector<SplitEntry> partly;
  std::set<std::string> unnamed;
  for (const SplitEntry& entry : careless) {
    const bool leave_out = entry.file.find("copy") == std::string::npos && unnamed.size() < 5;
    (leave_out ? (void)unnamed.insert(entry.sha256) : partly.push_back(entry));
  }
  kept.split = folder / "partly.csv";
  ASSERT_TRUE(WriteSplit(kept.split, partly).ok());
  const StatusOr<TrainingData> filled = PrepareData(kept, {}, nullptr);
  ASSERT_TRUE(filled.ok()) << filled.status().message();
  std::map<uint32_t, std::string> named_part;  // the most used one of each cluster
  for (size_t i = 0; i < filled->hashes.size(); ++i) {
    if (unnamed.contains(filled->hashes[i])) continue;
    const std::string& part = careless_part.at(filled->hashes[i]);
    const auto [known, is_new] = named_part.emplace(filled->cluster[i], part);
    if (!is_new && use.at(part) < use.at(known->second)) known->second = part;
  }
  size_t followed = 0;
  const auto follows = [&](const std::vector<Example>& part, const std::string& name) {
    for (const Example& example : part) {
      if (!unnamed.contains(filled->hashes[example.crop])) continue;
      const auto known = named_part.find(filled->cluster[example.crop]);
      if (known == named_part.end()) continue;
      EXPECT_EQ(name, known->second);
      ++followed;
    }
  };
  follows(filled->train, "train");
  follows(filled->val, "val");
  follows(filled->test, "test");
  follows(filled->aside, "aside");
  EXPECT_GT(followed, 0u);

  kept.split = folder / "missing.csv";
  EXPECT_NE(PrepareData(kept, {}, nullptr).status().message().find("missing.csv"),
            std::string::npos);
}

// What thumbnails take for one photograph, features must not speak against.
TEST(NearDuplicates, ThumbnailsProposeAndFeaturesConfirm) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 60);
  ASSERT_FALSE(ToyData(settings).samples.empty());
  const std::filesystem::path toy = settings.data.front();
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(toy)) {
    names.push_back(entry.path().filename().string());
  }
  // Three copies, the same pixels, and how alike the net of the features finds each.
  const std::array<float, 3> cosines = {0.5f, 0.85f, 0.97f};
  const auto copy_of = [](const std::string& name) {
    const std::filesystem::path path(name);
    return path.stem().string() + "copy" + path.extension().string();
  };
  for (size_t i = 0; i < cosines.size(); ++i) {
    StatusOr<std::vector<uint8_t>> bytes = ReadFile((toy / names[i]).string(), size_t{1} << 24);
    ASSERT_TRUE(bytes.ok());
    bytes->push_back(1);
    ASSERT_TRUE(WriteFileAtomically((toy / copy_of(names[i])).string(), *bytes).ok());
  }
  const StatusOr<TrainingData> data = PrepareData(settings, {}, nullptr);
  ASSERT_TRUE(data.ok()) << data.status().message();
  const size_t count = data->samples.size();
  const auto index_of = [&](const std::string& name) {
    size_t i = 0;
    while (i < count && std::filesystem::path(data->samples[i].file).filename() != name) ++i;
    EXPECT_LT(i, count) << name;
    return i;
  };
  // Every picture in a direction of its own; a copy's is turned towards its original's.
  std::vector<float> features(count * count, 0.0f);
  for (size_t i = 0; i < count; ++i) features[i * count + i] = 1;
  std::array<std::pair<size_t, size_t>, 3> pairs;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const size_t original = index_of(names[i]), copy = index_of(copy_of(names[i]));
    pairs[i] = {original, copy};
    features[copy * count + original] = cosines[i];
    features[copy * count + copy] = std::sqrt(1 - cosines[i] * cosines[i]);
  }

  const auto joined = [&](double correlation, double least_cosine) {
    DuplicateRules rules;
    rules.correlation = correlation;
    rules.features = least_cosine;
    rules.features_key = "made up";
    rules.make_features = [&]() -> StatusOr<std::vector<float>> { return features; };
    const StatusOr<std::vector<uint32_t>> clusters =
        FindNearDuplicates(data->crops, rules, settings.cache, nullptr);
    EXPECT_TRUE(clusters.ok()) << clusters.status().message();
    std::vector<bool> together;
    for (const auto& [a, b] : pairs) together.push_back((*clusters)[a] == (*clusters)[b]);
    return together;
  };
  EXPECT_EQ(joined(0.99, 0), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(joined(0, 0.94), (std::vector<bool>{false, false, true}));
  EXPECT_EQ(joined(0.99, 0.94), (std::vector<bool>{false, true, true}));
}

TEST(NearDuplicates, ADamagedAnswerIsMadeAnew) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 40);
  settings.duplicate_correlation = 0.9;
  const TrainingData data = ToyData(settings);
  EXPECT_TRUE(data.notes.empty());
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(settings.cache)) {
    if (entry.path().filename().string().starts_with("clusters-")) file = entry.path().string();
  }
  const std::vector<uint8_t> whole = *ReadFile(file, 1 << 24);
  for (const size_t at : {size_t{40}, whole.size() / 2, whole.size() - 8}) {
    std::vector<uint8_t> bytes = whole;
    bytes[at] ^= 1;
    ASSERT_TRUE(WriteFileAtomically(file, bytes).ok());
    const TrainingData again = ToyData(settings);
    EXPECT_EQ(again.cluster, data.cluster);
    ASSERT_EQ(again.notes.size(), 1u);
    EXPECT_NE(again.notes[0].find("looked for anew"), std::string::npos) << again.notes[0];
    EXPECT_EQ(*ReadFile(file, 1 << 24), whole);
  }
  EXPECT_TRUE(ToyData(settings).notes.empty());
}

TEST(TrainingData, ASplitThatWasDamagedIsNoticed) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 40);
  const std::string run = folder.path().string();
  ASSERT_TRUE(WriteDataTables(ToyData(settings), run).ok());
  settings.split = run + "/split.csv";
  EXPECT_TRUE(ToyData(settings).notes.empty());
  std::vector<SplitEntry> entries = *ReadSplit(settings.split);
  // Another digest: it names a picture that nobody has.
  std::vector<SplitEntry> other = entries;
  other[3].sha256[5] = other[3].sha256[5] == '0' ? '1' : '0';
  ASSERT_TRUE(WriteSplit(settings.split, other).ok());
  const TrainingData data = ToyData(settings);
  ASSERT_EQ(data.notes.size(), 1u);
  EXPECT_NE(data.notes[0].find("1 of the 40 pictures that it names are not among those of --data"),
            std::string::npos)
      << data.notes[0];
  // One picture in two parts.
  entries.push_back(entries.front());
  entries.back().part = entries.front().part == "train" ? "val" : "train";
  ASSERT_TRUE(WriteSplit(settings.split, entries).ok());
  const Status status = PrepareData(settings, {}, nullptr).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("in two parts"), std::string::npos) << status.message();
}

TEST(TrainingData, SeveralSets) {
  const TemporaryFolder first, second;
  Settings settings = ToySettings("compact", first.path().string(), 40);
  ASSERT_FALSE(ToyData(settings).samples.empty());
  Settings other = ToySettings("compact", second.path().string(), 40);
  other.seed = settings.seed + 1;
  ASSERT_FALSE(ToyData(other).samples.empty());
  settings.data.push_back(other.data.front());
  const StatusOr<TrainingData> data = PrepareData(settings, {}, nullptr);
  ASSERT_TRUE(data.ok()) << data.status().message();
  EXPECT_EQ(data->train.size() + data->val.size(), 80u);
  for (const Example& example : data->train) {
    const std::string& path = data->samples[example.crop].path;
    EXPECT_EQ(path.starts_with(settings.data[example.set]), true) << path;
  }
  std::set<std::string> names;
  for (const Sample& sample : data->samples) names.insert(sample.file);
  EXPECT_EQ(names.size(), 80u);
}

TEST(TrainingData, EmptyFolderSaysWhatWasLookedFor) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 40);
  std::filesystem::create_directories(settings.data.front());
  const StatusOr<TrainingData> data = PrepareData(settings, {}, nullptr);
  EXPECT_EQ(data.status().code(), Code::kEmpty);
  EXPECT_NE(data.status().message().find("AGE_GENDER_RACE"), std::string::npos)
      << data.status().message();
}

TEST(ToyFaces, SameSeedSameFace) {
  EXPECT_EQ(DrawToyFace(1, 7).picture.pixels, DrawToyFace(1, 7).picture.pixels);
  EXPECT_NE(DrawToyFace(1, 7).picture.pixels, DrawToyFace(1, 8).picture.pixels);
  EXPECT_NE(DrawToyFace(1, 7).picture.pixels, DrawToyFace(2, 7).picture.pixels);
}

TEST(History, JsonAndCsv) {
  EpochRow row;
  row.epoch = 3;
  row.loss = 1.0 / 3.0;
  row.val_loss = std::numeric_limits<double>::quiet_NaN();
  const std::vector<EpochRow> back =
      HistoryFromJson(nlohmann::json::parse(HistoryToJson({row}).dump()));
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].epoch, 3);
  EXPECT_EQ(back[0].loss, row.loss);
  EXPECT_TRUE(std::isnan(back[0].val_loss));
  const std::string csv = HistoryCsv(back);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
}

TEST(History, DrawsEveryEpochThatIsKnown) {
  std::vector<EpochRow> rows(3);
  for (int i = 0; i < 3; ++i)
    rows[static_cast<size_t>(i)] = {i + 1, 1, 1, 3.0 - i, 0.5, 9, 3, 0.5, 9};
  rows[1].val_loss = std::nan("");
  const std::string svg = DrawHistory(rows, "it's <odd>");
  const auto count = [&](const std::string& part) {
    size_t found = 0;
    for (size_t at = svg.find(part); at != std::string::npos; at = svg.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("it&#39;s &lt;odd&gt;"), 1u);
  EXPECT_EQ(count("class=\"line training\""), 3u);
  EXPECT_EQ(count("class=\"line validation\""), 3u);
  EXPECT_EQ(count("<circle"), 8u) << "two losses, three of each other";
  EXPECT_EQ(count("nan") + count("inf"), 0u);
  // Without a validation part, and before the first epoch.
  for (EpochRow& row : rows)
    row.val_loss = row.val_gender_accuracy = row.val_age_mae = std::nan("");
  const std::string alone = DrawHistory(rows, "");
  EXPECT_EQ(alone.find("line validation"), std::string::npos);
  EXPECT_EQ(DrawHistory({}, "").find("nan"), std::string::npos);
}

TEST(ProgressText, Durations) {
  EXPECT_EQ(DurationText(65), "1:05");
  EXPECT_EQ(DurationText(3725), "1:02:05");
  EXPECT_EQ(DurationText(-1), "?");
}

}  // namespace
}  // namespace ag::train
