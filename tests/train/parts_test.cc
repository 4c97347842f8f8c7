// The trainer's parts that need no LibTorch: settings, options, random numbers, augmentation, the
// cache of crops, the drawn faces, the tables of a run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "native/train/augment.h"
#include "native/train/batches.h"
#include "native/train/crop_maker.h"
#include "native/train/history.h"
#include "native/train/options.h"
#include "native/train/progress.h"
#include "native/train/random.h"
#include "native/train/run_folder.h"
#include "native/train/toy_faces.h"
#include "shared/base/file.h"
#include "shared/face/align.h"
#include "tests/cli/cli_support.h"
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
  s.data = "some \"folder\"";
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
  recipe.data = "d";
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
  begun.data = "there";
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
  ASSERT_TRUE(ClaimRunFolder(request).ok());
  ASSERT_TRUE(WriteSettings(request.settings).ok());
  WriteText(request.settings.run + "/notes.txt", "mine");
  const Status refused = ClaimRunFolder(request);
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_NE(refused.message().find("--overwrite"), std::string::npos);
  request.resume = true;
  EXPECT_TRUE(ClaimRunFolder(request).ok());
  request.resume = false;
  request.overwrite = true;
  EXPECT_TRUE(ClaimRunFolder(request).ok());
  EXPECT_FALSE(std::filesystem::exists(request.settings.run + "/settings.json"));
  EXPECT_TRUE(std::filesystem::exists(request.settings.run + "/notes.txt"));
}

TEST(RandomNumbers, OrderIsAPermutationOfItsOwnPerEpoch) {
  const std::vector<uint32_t> first = EpochOrder(1, 0, 1000);
  EXPECT_EQ(std::set<uint32_t>(first.begin(), first.end()).size(), 1000u);
  EXPECT_EQ(first, EpochOrder(1, 0, 1000));
  EXPECT_NE(first, EpochOrder(1, 1, 1000));
  EXPECT_NE(first, EpochOrder(2, 0, 1000));
}

TEST(Batches, StepsLeaveNoSinglePictureBehind) {
  EXPECT_EQ(StepsPerEpoch(64, 32), 2);
  EXPECT_EQ(StepsPerEpoch(65, 32), 2);  // one picture: left out
  EXPECT_EQ(StepsPerEpoch(66, 32), 3);
  EXPECT_EQ(StepsPerEpoch(5, 32), 1);
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
    EXPECT_TRUE(WriteToyFaces(settings_.data, 1, 0, 40).ok());
  }
  TemporaryFolder folder_;
  Settings settings_;
};

TEST_F(CropsCacheTest, IsFoundAgainAndListsWhatItCannotRead) {
  WriteText(settings_.data + "/30_1_2_20170101000000000.jpg", "no picture");
  WriteText(settings_.data + "/31_1_2_20170101000000000.jpg", "");
  WriteText(settings_.data + "/what.jpg", "no label");
  WriteText(settings_.data + "/200_1_2_20170101000000000.jpg", "no age");
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
  EXPECT_TRUE(WriteToyFaces(settings_.data, 1, 40, 1).ok());
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

TEST_F(CropsCacheTest, ManifestWithRangesAndUnknownGenders) {
  std::string csv = "file,age_lo,age_hi,gender,weight\n";
  int row = 0;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.data)) {
    csv += "toy/" + entry.path().filename().string() + (row % 2 == 0 ? ",20,29," : ",3,9,") +
           (row % 3 == 0 ? "" : "female") + ",0.5\n";
    ++row;
  }
  settings_.data = folder_ / "list.csv";
  WriteText(settings_.data, csv);
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

TEST(TrainingData, EmptyFolderSaysWhatWasLookedFor) {
  const TemporaryFolder folder;
  Settings settings = ToySettings("compact", folder.path().string(), 40);
  std::filesystem::create_directories(settings.data);
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

TEST(History, PlotOrAWordAboutGnuplot) {
  const TemporaryFolder folder;
  const std::string run = folder / "it's `odd`";
  std::filesystem::create_directories(run);
  std::vector<EpochRow> rows(3);
  for (int i = 0; i < 3; ++i)
    rows[static_cast<size_t>(i)] = {i + 1, 1, 1, 3.0 - i, 0.5, 9, 3, 0.5, 9};
  const Status status = PlotHistory(rows, run, "it's `odd`");
  if (status.code() == Code::kUnavailable) GTEST_SKIP() << status.message();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_GT(std::filesystem::file_size(run + "/history.svg"), 1000u);
  EXPECT_GT(std::filesystem::file_size(run + "/history.png"), 1000u);
}

TEST(ProgressText, Durations) {
  EXPECT_EQ(DurationText(65), "1:05");
  EXPECT_EQ(DurationText(3725), "1:02:05");
  EXPECT_EQ(DurationText(-1), "?");
}

}  // namespace
}  // namespace ag::train
