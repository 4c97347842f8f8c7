// ag_native calibrate: the file that it writes, against what the library makes of eval's
// predictions.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "native/calibrate/calibration.h"
#include "native/data/dataset.h"
#include "shared/base/bytes.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/infer/load_model.h"
#include "tests/cli/cli_support.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kPictures = 300;

Model ReadModelFile(const std::string& path) {
  const auto bytes = ReadFile(path, 1 << 24);
  EXPECT_TRUE(bytes.ok()) << path;
  StatusOr<Model> model = LoadModel(*bytes);
  EXPECT_TRUE(model.ok()) << model.status().message();
  return model.ok() ? *std::move(model) : Model();
}

double MetricOf(const Model& model, const std::string& name) {
  for (const Metric& metric : model.provenance.metrics) {
    if (metric.name == name) return metric.value;
  }
  ADD_FAILURE() << "no metric " << name;
  return std::nan("");
}

class CalibrateTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
    net_ = folder_ / "models/age_gender.agm";
    WriteData();
  }

  // A random net with the gender logits spread * (logit - middle), and a calibration that is wrong.
  static Model WrongNet(double spread, double middle) {
    Model model = SmallAgeGenderModel(8, 101);
    for (const Op& op : model.ops) {
      if (op.output != model.age_gender->gender_value) continue;
      for (const uint32_t tensor : op.tensors) {
        std::vector<uint8_t>& data = model.tensors[tensor].data;
        const bool bias = tensor == op.tensors[1];
        for (size_t i = 0; i + 4 <= data.size(); i += 4) {
          const double value = double{LoadFloat(&data[i])} - (bias ? middle : 0);
          StoreFloat(&data[i], static_cast<float>(spread * value));
        }
      }
    }
    model.age_gender->gender_temperature = 4;
    model.age_gender->age_interval = {{50, 3, -3}};
    model.provenance.recipe = "{\"recipe\": \"kept\"}";
    return model;
  }

  // What the net says without its calibration: age and p_female of each picture.
  std::vector<std::pair<double, double>> BarePredictions(const Model& net) {
    Model bare = net;
    bare.age_gender = WithoutCalibration(*bare.age_gender);
    WriteModel(folder_ / "bare.agm", bare);
    const RunResult eval =
        RunNative({"eval", "--crop", "as-is", "--data", folder_ / "data/unlabelled.csv", "--model",
                   folder_ / "bare.agm", "--predictions", folder_ / "p.csv"},
                  options_);
    EXPECT_EQ(eval.code, 0) << eval.err;
    std::vector<std::pair<double, double>> said;
    for (const std::string& row : Lines(ReadText(folder_ / "p.csv"))) {
      double age = 0, p_female = 0;
      if (std::sscanf(row.c_str(), "p%*u.png,1,male,%lf,%lf", &age, &p_female) == 2) {
        said.emplace_back(age, p_female);
      }
    }
    EXPECT_EQ(said.size(), kPictures);
    return said;
  }

  // Pictures, and labels that the net could have: ages near what it says, genders of which it gets
  // some wrong.
  void WriteData() {
    std::string manifest = "file,age,gender\n";
    for (size_t i = 0; i < kPictures; ++i) {
      const std::string name = "p" + std::to_string(i) + ".png";
      WritePicture(folder_ / ("data/" + name), 40, 40, i);
      manifest += name + ",1,male\n";
    }
    WriteText(folder_ / "data/unlabelled.csv", manifest);
    double sum = 0, squares = 0;
    for (const auto& [age, p_female] : BarePredictions(WrongNet(1, 0))) {
      const double logit = std::log(p_female / (1 - p_female));
      sum += logit / kPictures;
      squares += logit * logit / kPictures;
    }
    const Model net = WrongNet(2.5 / std::sqrt(squares - sum * sum), sum);
    WriteModel(net_, net);
    Random random(1);
    manifest = "file,age,gender\n";
    for (const auto& [age, p_female] : BarePredictions(net)) {
      // All in one range of true ages (41 to 60): this net does not tell them apart.
      label_age_.push_back(std::clamp(age + random.Uniform(-6, 6), 41.0, 60.0));
      female_.push_back(random.Chance(p_female));
      manifest += Row(label_age_.size() - 1);
    }
    WriteText(Data(), manifest);
  }

  std::string Row(size_t i) const {
    return "p" + std::to_string(i) + ".png," + std::to_string(label_age_[i]) + "," +
           (female_[i] ? "female" : "male") + "\n";
  }
  std::string Data() const { return folder_ / "data/labels.csv"; }
  std::string Out() const { return folder_ / "out.agm"; }

  RunResult Calibrate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"calibrate", "--crop", "as-is"});
    return RunNative(arguments, options_);
  }

  TemporaryFolder folder_;
  RunOptions options_;
  std::string net_;
  std::vector<double> label_age_;
  std::vector<bool> female_;
};

TEST_F(CalibrateTest, WritesTheSameNetWithHonestIntervals) {
  const RunResult result = Calibrate({"--model", net_, "--data", Data(), "--out", Out()});
  ASSERT_EQ(result.code, 0) << result.err;
  const Model before = ReadModelFile(net_), after = ReadModelFile(Out());
  ASSERT_EQ(after.tensors.size(), before.tensors.size());
  for (size_t i = 0; i < after.tensors.size(); ++i) {
    EXPECT_EQ(after.tensors[i].data, before.tensors[i].data);
  }
  EXPECT_EQ(after.ops.size(), before.ops.size());
  EXPECT_EQ(after.provenance.recipe, "{\"recipe\": \"kept\"}");
  EXPECT_EQ(MetricOf(after, "calibration_ages"), kPictures);
  EXPECT_EQ(MetricOf(after, "calibration_genders"), kPictures);
  ASSERT_FALSE(after.age_gender->age_interval.empty());
  EXPECT_EQ(MetricOf(after, "calibration_gender_temperature"),
            double{after.age_gender->gender_temperature});
  // The labels were drawn from the probabilities at temperature 1.
  EXPECT_NEAR(after.age_gender->gender_temperature, 1, 0.35);
  EXPECT_LE(MetricOf(after, "calibration_gender_loss"),
            MetricOf(after, "calibration_gender_loss_before") + 0.01);

  // What eval finds with the written file: 90 % of these very pictures, and a few more.
  const auto eval = [&](const std::string& model) {
    const RunResult run = RunNative({"eval", "--crop", "as-is", "--data", Data(), "--model", model,
                                     "--json", folder_ / "e.json"},
                                    options_);
    EXPECT_EQ(run.code, 0) << run.err;
    return Json::parse(ReadText(folder_ / "e.json"))["overall"];
  };
  const Json calibrated = eval(Out()), bare = eval(folder_ / "bare.agm");
  EXPECT_GE(calibrated["interval_coverage"].get<double>(), 0.9);
  EXPECT_LE(calibrated["interval_coverage"].get<double>(), 0.93);
  EXPECT_NEAR(MetricOf(after, "calibration_coverage_before"),
              bare["interval_coverage"].get<double>(), 1e-9);
  EXPECT_NEAR(MetricOf(after, "calibration_width_before"), bare["interval_width"].get<double>(),
              1e-6);
  EXPECT_NEAR(MetricOf(after, "calibration_coverage"),
              calibrated["interval_coverage"].get<double>(), 0.04);
  EXPECT_EQ(calibrated["mae"], bare["mae"]);
  EXPECT_EQ(calibrated["gender_accuracy"], bare["gender_accuracy"]);

  for (const char* text : {"300 pictures with an exact age", "300 labelled pictures; temperature",
                           "predicted age", "300 read, 0 failed", "perceived", "written"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << " in\n" << result.out;
  }
  EXPECT_NE(result.err.find("without --split"), std::string::npos) << result.err;

  // A file that is calibrated already gives the same table: it is not corrected twice.
  const RunResult again =
      Calibrate({"--model", Out(), "--data", Data(), "--out", folder_ / "twice.agm"});
  ASSERT_EQ(again.code, 0) << again.err;
  const Model twice = ReadModelFile(folder_ / "twice.agm");
  ASSERT_EQ(twice.age_gender->age_interval.size(), after.age_gender->age_interval.size());
  for (size_t i = 0; i < after.age_gender->age_interval.size(); ++i) {
    EXPECT_EQ(twice.age_gender->age_interval[i].lower, after.age_gender->age_interval[i].lower);
    EXPECT_EQ(twice.age_gender->age_interval[i].upper, after.age_gender->age_interval[i].upper);
  }
  EXPECT_EQ(twice.provenance.metrics.size(), after.provenance.metrics.size());
}

// Labels fifteen years below what the net says: the bins move there, and the file's age with them.
TEST_F(CalibrateTest, BinsMoveWhereAsked) {
  for (double& age : label_age_) age = std::max(0.0, age - 15);
  std::string manifest = "file,age,gender\n";
  for (size_t i = 0; i < kPictures; ++i) manifest += Row(i);
  WriteText(Data(), manifest);
  const auto mae = [&](const std::string& model) {
    const RunResult run = RunNative({"eval", "--crop", "as-is", "--data", Data(), "--model", model,
                                     "--json", folder_ / "e.json"},
                                    options_);
    EXPECT_EQ(run.code, 0) << run.err;
    return Json::parse(ReadText(folder_ / "e.json"))["overall"]["mae"].get<double>();
  };
  const RunResult plain = Calibrate({"--model", net_, "--data", Data(), "--out", Out()});
  ASSERT_EQ(plain.code, 0) << plain.err;
  EXPECT_EQ(ReadModelFile(Out()).age_gender->age_bins, ReadModelFile(net_).age_gender->age_bins);
  EXPECT_EQ(plain.out.find("bins"), std::string::npos) << plain.out;
  const double before = mae(Out());

  const RunResult result =
      Calibrate({"--model", net_, "--data", Data(), "--age-bins", "--out", Out()});
  ASSERT_EQ(result.code, 0) << result.err;
  const Model model = ReadModelFile(Out());
  EXPECT_NE(model.age_gender->age_bins, ReadModelFile(net_).age_gender->age_bins);
  EXPECT_NEAR(MetricOf(model, "calibration_mae_before"), before, 1e-3);
  EXPECT_LT(mae(Out()), 0.6 * before);
  EXPECT_NEAR(mae(Out()), MetricOf(model, "calibration_mae"), 0.3);
  EXPECT_NE(result.out.find("bins      moved; mean error"), std::string::npos) << result.out;
  // The interval was fitted to the ages as they are now.
  EXPECT_GE(MetricOf(model, "calibration_coverage"), 0.85);
}

TEST_F(CalibrateTest, InfoShowsTableAndTemperature) {
  ASSERT_EQ(Calibrate({"--model", net_, "--data", Data(), "--out", Out()}).code, 0);
  const Model model = ReadModelFile(Out());
  const RunResult json = RunNative({"info", "--json", Out()}, options_);
  ASSERT_EQ(json.code, 0) << json.err;
  const Json output = Json::parse(json.out)["output"];
  EXPECT_EQ(output["gender_temperature"].get<float>(), model.age_gender->gender_temperature);
  ASSERT_EQ(output["age_interval"].size(), model.age_gender->age_interval.size());
  EXPECT_EQ(output["age_interval"][0]["upper"].get<float>(),
            model.age_gender->age_interval[0].upper);
  const RunResult text = RunNative({"info", Out()}, options_);
  EXPECT_NE(text.out.find("temperature:   age 1, gender "), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("interval:      predicted"), std::string::npos) << text.out;
}

TEST_F(CalibrateTest, OnlyThePartOfTheSplit) {
  std::vector<SplitEntry> entries;
  size_t val = 0;
  for (size_t i = 0; i < kPictures; ++i) {
    const std::string file = "p" + std::to_string(i) + ".png";
    const auto bytes = ReadFile(folder_ / ("data/" + file), 1 << 20);
    ASSERT_TRUE(bytes.ok());
    const char* part = i % 2 == 0 ? "val" : "train";
    val += i % 2 == 0;
    entries.push_back({file, HexString(HashSha256(*bytes)), part});
  }
  ASSERT_TRUE(WriteSplit(folder_ / "split.csv", entries).ok());
  const RunResult result = Calibrate(
      {"--model", net_, "--data", Data(), "--split", folder_ / "split.csv", "--out", Out()});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(MetricOf(ReadModelFile(Out()), "calibration_ages"), static_cast<double>(val));
  EXPECT_EQ(result.err.find("without --split"), std::string::npos);
  // With detection, which finds nothing at this score: the centre is what "as-is" takes, too.
  const RunResult detected = RunNative(
      {"calibrate", "--min-score", "1", "--detect-size", "64", "--no-rotate", "--model", net_,
       "--data", Data(), "--split", folder_ / "split.csv", "--out", folder_ / "detected.agm"},
      options_);
  ASSERT_EQ(detected.code, 0) << detected.err;
  EXPECT_NE(detected.out.find("no face found in 150, their centre was taken"), std::string::npos)
      << detected.out;
  EXPECT_EQ(ReadText(folder_ / "detected.agm"), ReadText(Out()));
  // What the net has learnt says nothing of its errors elsewhere.
  const RunResult train =
      Calibrate({"--model", net_, "--data", Data(), "--split", folder_ / "split.csv", "--part",
                 "train", "--out", folder_ / "train.agm"});
  EXPECT_EQ(train.code, 2);
  EXPECT_FALSE(fs::exists(folder_ / "train.agm"));
}

TEST_F(CalibrateTest, RangesOfAgesCalibrateTheGenderAlone) {
  std::string manifest = "file,age_lo,age_hi,gender\n";
  for (size_t i = 0; i < kPictures; ++i) {
    manifest += "p" + std::to_string(i) + ".png,20,29," + (female_[i] ? "female" : "male") + "\n";
  }
  WriteText(folder_ / "data/ranges.csv", manifest);
  const RunResult result =
      Calibrate({"--model", net_, "--data", folder_ / "data/ranges.csv", "--out", Out()});
  ASSERT_EQ(result.code, 0) << result.err;
  const Model after = ReadModelFile(Out());
  ASSERT_EQ(after.age_gender->age_interval.size(), 1u) << "stays as it was";
  EXPECT_EQ(after.age_gender->age_interval[0].lower, 3);
  EXPECT_NE(after.age_gender->gender_temperature, 4);
  EXPECT_NE(result.out.find("age       not calibrated: 0 pictures"), std::string::npos)
      << result.out;
}

TEST_F(CalibrateTest, UnreadablePicturesAreNamedAndTheRestCounts) {
  WriteText(folder_ / "data/broken.png", "no picture");
  WriteText(Data(), ReadText(Data()) + "broken.png,30,male\n");
  const RunResult result = Calibrate({"--model", net_, "--data", Data(), "--out", Out()});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("ag_native: " + folder_ / "data/broken.png" + ": "), std::string::npos)
      << result.err;
  EXPECT_EQ(MetricOf(ReadModelFile(Out()), "calibration_ages"), kPictures);
}

TEST_F(CalibrateTest, WhatCannotBeDoneIsTwoAndWritesNothing) {
  std::string few = "file,age,gender\n";
  for (size_t i = 0; i < kMinRangePictures - 1; ++i) few += Row(i);
  WriteText(folder_ / "data/few.csv", few);
  WriteText(Out(), "what was there before");
  const struct {
    std::vector<std::string> arguments;
    std::string says;
  } cases[] = {
      {{"--model", net_, "--data", folder_ / "data/few.csv", "--out", Out()}, "too few pictures"},
      {{"--model", net_, "--data", folder_ / "absent", "--out", Out()}, "absent"},
      {{"--model", folder_ / "absent.agm", "--data", Data(), "--out", Out()}, "absent.agm"},
      {{"--model", folder_ / "models/face_detector.agm", "--data", Data(), "--out", Out()},
       "not an age/gender model"},
      {{"--model", net_, "--data", Data(), "--out", folder_ / "absent/o.agm"}, "absent/o.agm"},
      {{"--data", Data(), "--out", Out()}, "--model"},
      {{"--model", net_, "--data", Data()}, "--out"},
      {{"--model", net_, "--out", Out()}, "--data"},
  };
  for (auto [arguments, says] : cases) {
    arguments.push_back("--overwrite");
    const RunResult result = Calibrate(arguments);
    EXPECT_EQ(result.code, 2) << says;
    EXPECT_TRUE(result.err.find(says) != std::string::npos) << result.err;
    EXPECT_EQ(ReadText(Out()), "what was there before");
  }
}

}  // namespace
}  // namespace ag::test
