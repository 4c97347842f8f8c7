// ag_native eval: its numbers, recomputed here from the predictions that it writes.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "native/data/known_set.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/infer/load_model.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Prediction {
  std::string file, age, gender;
  double age_predicted = 0, p_female = 0;
};

std::vector<Prediction> ReadPredictions(const std::string& path) {
  const std::string text = ReadText(path);
  CsvReader reader(text);
  CsvRow row;
  EXPECT_TRUE(reader.Next(&row));
  EXPECT_EQ(row.fields,
            (std::vector<std::string>{"file", "age", "gender", "age_predicted", "p_female"}));
  std::vector<Prediction> predictions;
  while (reader.Next(&row)) {
    EXPECT_EQ(row.fields.size(), 5u);
    predictions.push_back({row.fields[0], row.fields[1], row.fields[2],
                           std::strtod(row.fields[3].c_str(), nullptr),
                           std::strtod(row.fields[4].c_str(), nullptr)});
  }
  return predictions;
}

// The numbers of one cell, from predictions of exact ages.
struct Expected {
  size_t count = 0, within_5 = 0, correct = 0;
  double error = 0;

  void Add(const Prediction& prediction) {
    const double difference =
        std::abs(prediction.age_predicted - std::strtod(prediction.age.c_str(), nullptr));
    ++count;
    error += difference;
    within_5 += difference <= 5;
    correct += (prediction.p_female >= 0.5) == (prediction.gender == "female");
  }
};

void ExpectCell(const Json& cell, const Expected& expected) {
  EXPECT_EQ(cell["count"], expected.count);
  EXPECT_EQ(cell["age_count"], expected.count);
  if (expected.count == 0) {
    EXPECT_TRUE(cell["mae"].is_null() && cell["gender_accuracy"].is_null());
    return;
  }
  const double count = static_cast<double>(expected.count);
  EXPECT_NEAR(cell["mae"].get<double>(), expected.error / count, 1e-3);
  EXPECT_NEAR(cell["within_5"].get<double>(), static_cast<double>(expected.within_5) / count, 1e-9);
  EXPECT_NEAR(cell["gender_accuracy"].get<double>(), static_cast<double>(expected.correct) / count,
              1e-9);
}

std::string RangeOf(double age) {
  const std::vector<std::pair<double, std::string>> ranges = {
      {4, "0-3"},    {9, "4-8"},    {19, "9-18"},  {29, "19-28"},
      {41, "29-40"}, {61, "41-60"}, {81, "61-80"}, {1e9, "81+"}};
  for (const auto& [end, name] : ranges) {
    if (age < end) return name;
  }
  return "";
}

class EvalTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }

  // Faces-to-be of every age range, both genders, three groups and none.
  void WriteFaces() {
    const int ages[] = {0, 3, 4, 8, 9, 18, 19, 28, 29, 40, 41, 60, 61, 80, 81, 116};
    int serial = 0;
    for (const int age : ages) {
      for (int gender = 0; gender < 2; ++gender) {
        const std::string race = serial / 2 % 4 == 3 ? "" : std::to_string(serial / 2 % 4) + "_";
        const std::string name = std::to_string(age) + "_" + std::to_string(gender) + "_" + race +
                                 std::to_string(20170101000000000 + serial) + ".jpg.chip.jpg";
        WritePicture(folder_ / ("faces/" + name), 40, 40, static_cast<uint64_t>(serial++));
      }
    }
  }

  RunResult Eval(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"eval", "--min-score", "1", "--detect-size", "64", "--no-rotate"});
    return RunNative(arguments, options_);
  }

  Json ReadJson(const std::string& name) { return Json::parse(ReadText(folder_ / name)); }

  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(EvalTest, NumbersFollowFromThePredictions) {
  WriteFaces();
  const RunResult result = Eval({"--data", folder_ / "faces", "--json", folder_ / "e.json",
                                 "--predictions", folder_ / "p.csv"});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::vector<Prediction> predictions = ReadPredictions(folder_ / "p.csv");
  ASSERT_EQ(predictions.size(), 32u);
  Expected all;
  std::map<std::string, Expected> by_age, by_group;
  for (const Prediction& prediction : predictions) {
    const StatusOr<Sample> sample = kUtkfaceSet.label_of_name(prediction.file);
    ASSERT_TRUE(sample.ok());
    EXPECT_EQ(prediction.age, std::to_string(static_cast<int>(sample->age_lo)));
    EXPECT_EQ(prediction.gender, sample->gender == Gender::kFemale ? "female" : "male");
    all.Add(prediction);
    by_age[RangeOf(sample->age_lo)].Add(prediction);
    by_group[sample->group + "/" + prediction.gender].Add(prediction);
  }
  const Json json = ReadJson("e.json");
  EXPECT_EQ(json["evaluated"], 32);
  ExpectCell(json["overall"], all);
  ASSERT_EQ(json["by_age"].size(), 8u);
  for (const Json& cell : json["by_age"]) {
    EXPECT_EQ(cell["count"], 4);
    ExpectCell(cell, by_age[cell["range"]]);
  }
  ASSERT_EQ(json["by_group"].size(), by_group.size());
  for (const Json& cell : json["by_group"]) {
    const std::string key =
        cell["group"].get<std::string>() + "/" + cell["gender"].get<std::string>();
    ExpectCell(cell, by_group[key]);
  }
  // At --min-score 1 no face is found: all are listed.
  EXPECT_EQ(json["centre_crops"]["count"], 32);
  EXPECT_EQ(json["centre_crops"]["files"].size(), 32u);
  for (const char* text :
       {"32 evaluated", "no face found in 32", "age 81+", "White female", "perceived"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << " in\n" << result.out;
  }
}

TEST_F(EvalTest, AsIsIsTheCentreAndCountsNoFallback) {
  WriteFaces();
  ASSERT_EQ(Eval({"--data", folder_ / "faces", "--predictions", folder_ / "d.csv"}).code, 0);
  ASSERT_EQ(Eval({"--data", folder_ / "faces", "--crop", "as-is", "--predictions",
                  folder_ / "a.csv", "--json", folder_ / "a.json"})
                .code,
            0);
  EXPECT_EQ(ReadText(folder_ / "d.csv"), ReadText(folder_ / "a.csv"));
  EXPECT_EQ(ReadJson("a.json")["centre_crops"]["count"], 0);
}

TEST_F(EvalTest, ThreadsChangeNothing) {
  WriteFaces();
  const RunResult one = Eval({"--data", folder_ / "faces", "--threads", "1"});
  const RunResult four = Eval({"--data", folder_ / "faces", "--threads", "4"});
  EXPECT_EQ(one.code, 0);
  EXPECT_EQ(one.out, four.out);
}

TEST_F(EvalTest, UnreadablePicturesAreNamedAndTheRestIsMeasured) {
  WriteFaces();
  WriteText(folder_ / "faces/50_1_2_20180101000000000.jpg", "no picture");
  WriteText(folder_ / "faces/portrait.jpg", "a name without labels");
  const RunResult result = Eval({"--data", folder_ / "faces", "--json", folder_ / "e.json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("ag_native: " + folder_ / "faces/50_1_2_20180101000000000.jpg" + ": "),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("skipped portrait.jpg"), std::string::npos) << result.err;
  const Json json = ReadJson("e.json");
  EXPECT_EQ(json["evaluated"], 32);
  ASSERT_EQ(json["failed"].size(), 1u);
  EXPECT_EQ(json["failed"][0]["file"], "50_1_2_20180101000000000.jpg");
  ASSERT_EQ(json["skipped"].size(), 1u);
  EXPECT_EQ(json["skipped"][0]["file"], "portrait.jpg");
}

TEST_F(EvalTest, AgeRangesCountInsteadOfErrors) {
  std::string manifest = "file,age_lo,age_hi,gender,group\n";
  for (int i = 0; i < 20; ++i) {
    const std::string name = "m/" + std::to_string(i) + ".png";
    WritePicture(folder_ / name, 40, 40, static_cast<uint64_t>(i));
    // Around the middle of 0..100, where a net with random weights predicts.
    manifest += std::to_string(i) + ".png," + std::to_string(40 + i) + "," +
                std::to_string(41 + i) + "," + (i % 2 == 0 ? "male" : "") + ",\"a, b\"\n";
  }
  WriteText(folder_ / "m/labels.csv", manifest);
  const RunResult result = Eval({"--data", folder_ / "m/labels.csv", "--json", folder_ / "e.json",
                                 "--predictions", folder_ / "p.csv"});
  ASSERT_EQ(result.code, 0) << result.err;
  size_t within = 0;
  const std::vector<Prediction> predictions = ReadPredictions(folder_ / "p.csv");
  ASSERT_EQ(predictions.size(), 20u);
  for (size_t i = 0; i < predictions.size(); ++i) {
    const double low = 40 + static_cast<double>(i);
    EXPECT_EQ(predictions[i].age, std::to_string(40 + i) + "-" + std::to_string(41 + i));
    EXPECT_EQ(predictions[i].gender, i % 2 == 0 ? "male" : "");
    within += low <= predictions[i].age_predicted && predictions[i].age_predicted < low + 2;
  }
  const Json overall = ReadJson("e.json")["overall"];
  EXPECT_EQ(overall["range_count"], 20);
  EXPECT_NEAR(overall["within_range"].get<double>(), static_cast<double>(within) / 20, 1e-9);
  EXPECT_EQ(overall["age_count"], 0);
  EXPECT_TRUE(overall["mae"].is_null());
  EXPECT_EQ(overall["gender_count"], 10);
}

// As LFW's labels are: a gender and no age.
TEST_F(EvalTest, GendersWithoutAges) {
  std::string manifest = "file,gender\n";
  for (int i = 0; i < 20; ++i) {
    const std::string name = "m/" + std::to_string(i) + ".png";
    // Each face once as a man's and once as a woman's: half are wrong.
    WritePicture(folder_ / name, 40, 40, static_cast<uint64_t>(i / 2));
    manifest += std::to_string(i) + (i % 2 == 0 ? ".png,male\n" : ".png,female\n");
  }
  WriteText(folder_ / "m/labels.csv", manifest);
  const RunResult result =
      Eval({"--data", folder_ / "m/labels.csv", "--json", folder_ / "e.json", "--predictions",
            folder_ / "p.csv", "--report", folder_ / "report"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = ReadJson("e.json");
  EXPECT_EQ(json["overall"]["count"], 20);
  EXPECT_EQ(json["overall"]["age_count"], 0);
  EXPECT_EQ(json["overall"]["range_count"], 0) << "an age that nobody knows is no range";
  EXPECT_TRUE(json["overall"]["within_range"].is_null());
  EXPECT_EQ(json["overall"]["gender_count"], 20);
  size_t correct = 0;
  for (const Prediction& p : ReadPredictions(folder_ / "p.csv")) {
    EXPECT_EQ(p.age, "0-120");
    correct += (p.p_female >= 0.5) == (p.gender == "female");
  }
  EXPECT_EQ(correct, 10u);
  EXPECT_NEAR(json["overall"]["gender_accuracy"].get<double>(), 0.5, 1e-9);
  for (const Json& row : json["by_age"]) EXPECT_EQ(row["count"], 0) << row.dump();

  const Json report = Json::parse(ReadText(folder_ / "report/report.json"));
  for (const char* figure : {"mae", "within_range", "interval_coverage", "minors_as_adults"}) {
    EXPECT_TRUE(report["overall"][figure].is_null()) << report["overall"].dump();
  }
  EXPECT_NEAR(report["overall"]["gender_accuracy"]["value"].get<double>(), 0.5, 1e-9);
  const std::string page = ReadText(folder_ / "report/index.html");
  EXPECT_EQ(page.find("0–120"), std::string::npos);
  EXPECT_NE(page.find("age not given"), std::string::npos) << "of the wrong one of each two";
  EXPECT_EQ(page.find("age age"), std::string::npos);
  EXPECT_NE(result.err.find("20 of 20 pictures are labelled with no age"), std::string::npos)
      << result.err;
}

TEST_F(EvalTest, SplitSelectsByNameAndByContent) {
  WriteFaces();
  const StatusOr<Dataset> dataset = ListDataset(folder_ / "faces");
  ASSERT_TRUE(dataset.ok());
  std::vector<SplitEntry> entries;
  std::vector<std::string> expected;
  for (const Sample& sample : dataset->samples) {
    const auto bytes = ReadFile(sample.path, 1 << 20);
    ASSERT_TRUE(bytes.ok());
    const size_t third = entries.size() % 3;
    const bool validation = third == 0;
    entries.push_back({sample.file, HexString(HashSha256(*bytes)),
                       validation   ? "val"
                       : third == 1 ? "train"
                                    : "aside"});
    if (validation) expected.push_back(sample.file);
  }
  ASSERT_TRUE(WriteSplit(folder_ / "split.csv", entries).ok());
  const auto files = [&](const std::string& data) {
    const RunResult result = Eval(
        {"--data", data, "--split", folder_ / "split.csv", "--predictions", folder_ / "p.csv"});
    EXPECT_EQ(result.code, 0) << result.err;
    std::vector<std::string> names;
    for (const Prediction& p : ReadPredictions(folder_ / "p.csv")) names.push_back(p.file);
    return names;
  };
  EXPECT_EQ(files(folder_ / "faces"), expected);
  // One folder higher every name differs; the content decides.
  for (std::string& file : expected) file = "faces/" + file;
  EXPECT_EQ(files(folder_.path().string()), expected);

  // A file that has changed under its name is named, not measured.
  WritePicture(folder_ / expected[0], 44, 44, 999);
  const RunResult changed =
      Eval({"--data", folder_ / "faces", "--split", folder_ / "split.csv", "--part", "val"});
  EXPECT_EQ(changed.code, 1);
  EXPECT_NE(changed.err.find(expected[0]), std::string::npos) << changed.err;

  // Data of which nothing is in the split.
  WritePicture(folder_ / "other/20_1_1_20180101000000000.png", 40, 40, 5000);
  const RunResult other = Eval({"--data", folder_ / "other", "--split", folder_ / "split.csv"});
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("split.csv"), std::string::npos) << other.err;
}

// Two sets with one file name in common; the split was made of both, in other folders' names.
TEST_F(EvalTest, SeveralSetsAndTheirPart) {
  std::vector<SplitEntry> entries;
  std::vector<std::string> expected;
  int serial = 0;
  for (const std::string set : {"a", "b"}) {
    const std::vector<std::string> names = {
        "20_0_1_20170101000000001.png", "30_1_2_20170101000000002.png",
        set == "a" ? "40_0_3_20170101000000031.png" : "40_0_3_20170101000000032.png"};
    for (const std::string& name : names) {
      const std::string file = set + "/" + name;
      WritePicture(folder_ / file, 40, 40, static_cast<uint64_t>(serial));
      const auto bytes = ReadFile(folder_ / file, 1 << 20);
      ASSERT_TRUE(bytes.ok());
      const bool validation = serial++ % 2 == 0;
      entries.push_back(
          {"elsewhere/" + file, HexString(HashSha256(*bytes)), validation ? "val" : "train"});
      const bool both = !name.starts_with("40");
      if (validation) expected.push_back(both ? folder_ / file : name);
    }
  }
  ASSERT_TRUE(WriteSplit(folder_ / "split.csv", entries).ok());
  const RunResult result =
      Eval({"--data", folder_ / "a", "--data", folder_ / "b", "--split", folder_ / "split.csv",
            "--predictions", folder_ / "p.csv", "--json", folder_ / "e.json"});
  ASSERT_EQ(result.code, 0) << result.err;
  std::vector<std::string> files;
  for (const Prediction& p : ReadPredictions(folder_ / "p.csv")) files.push_back(p.file);
  EXPECT_EQ(files, expected);
  const Json json = ReadJson("e.json");
  EXPECT_EQ(json["data"], Json::array({folder_ / "a", folder_ / "b"}));
  EXPECT_EQ(json["missing_from_data"], 0);
  EXPECT_NE(result.out.find(folder_ / "a" + ", " + folder_ / "b"), std::string::npos) << result.out;
  // One that is not there stops all.
  EXPECT_EQ(Eval({"--data", folder_ / "a", "--data", folder_ / "absent"}).code, 2);
}

TEST_F(EvalTest, IntervalsAndMinorsAreCounted) {
  WriteFaces();
  const RunResult result = Eval({"--data", folder_ / "faces", "--json", folder_ / "e.json",
                                 "--predictions", folder_ / "p.csv"});
  ASSERT_EQ(result.code, 0) << result.err;
  size_t minors = 0, called = 0;
  std::map<std::string, size_t> by_predicted;
  for (const Prediction& p : ReadPredictions(folder_ / "p.csv")) {
    const double age = std::strtod(p.age.c_str(), nullptr);
    minors += age < 18;
    called += age < 18 && p.age_predicted >= 21;
    ++by_predicted[RangeOf(p.age_predicted)];
  }
  ASSERT_GT(called, 0u);
  const Json json = ReadJson("e.json");
  EXPECT_EQ(json["overall"]["minor_count"], minors);
  EXPECT_NEAR(json["overall"]["minors_called_adult"].get<double>(),
              static_cast<double>(called) / static_cast<double>(minors), 1e-9);
  EXPECT_NE(result.out.find("minors    " + std::to_string(minors) + " under 18, " +
                            std::to_string(called) + " of them called 21 or older"),
            std::string::npos)
      << result.out;
  EXPECT_TRUE(json["by_age"][7]["minors_called_adult"].is_null());
  ASSERT_EQ(json["by_predicted_age"].size(), 8u);
  for (const Json& cell : json["by_predicted_age"]) {
    EXPECT_EQ(cell["count"], by_predicted[cell["range"]]);
  }

  // Intervals that hold every age, and one that ends at the predicted age.
  StatusOr<Model> model = LoadModel(*ReadFile(folder_ / "models/age_gender.agm", 1 << 24));
  ASSERT_TRUE(model.ok());
  model->age_gender->age_interval = {{50, -200, 200}};
  WriteModel(folder_ / "wide.agm", *model);
  ASSERT_EQ(Eval({"--data", folder_ / "faces", "--model", folder_ / "wide.agm", "--json",
                  folder_ / "w.json"})
                .code,
            0);
  const Json wide = ReadJson("w.json");
  EXPECT_EQ(wide["overall"]["interval_coverage"], 1.0);
  EXPECT_NEAR(wide["overall"]["interval_width"].get<double>(), 120, 1e-6)
      << "all that people reach";
  model->age_gender->age_interval = {{50, 200, -200}};
  WriteModel(folder_ / "none.agm", *model);
  ASSERT_EQ(Eval({"--data", folder_ / "faces", "--model", folder_ / "none.agm", "--json",
                  folder_ / "n.json"})
                .code,
            0);
  const Json none = ReadJson("n.json");
  EXPECT_EQ(none["overall"]["interval_coverage"], 0.0);
  EXPECT_NEAR(none["overall"]["interval_width"].get<double>(), 0, 1e-9);
}

// The names that `eval --json` and report.json have for one thing.
struct SharedName {
  const char* json;
  const char* report;
  bool count;
};
constexpr SharedName kSharedNames[] = {{"mae", "mae", false},
                                       {"age_count", "mae", true},
                                       {"within_5", "cs_5", false},
                                       {"within_range", "within_range", false},
                                       {"range_count", "within_range", true},
                                       {"gender_accuracy", "gender_accuracy", false},
                                       {"gender_count", "gender_accuracy", true},
                                       {"interval_coverage", "interval_coverage", false},
                                       {"interval_count", "interval_coverage", true},
                                       {"interval_width", "interval_width", false},
                                       {"interval_count", "interval_width", true},
                                       {"minors_called_adult", "minors_as_adults", false},
                                       {"minor_count", "minors_as_adults", true}};

void ExpectSameCell(const Json& json, const Json& report, const std::string& where) {
  EXPECT_EQ(json["count"], report["pictures"]) << where;
  for (const SharedName& name : kSharedNames) {
    const Json& figure = report[name.report];
    const std::string what = where + " " + name.json;
    if (name.count) {
      EXPECT_EQ(json[name.json], figure.is_null() ? Json(0) : figure["count"]) << what;
    } else if (figure.is_null()) {
      EXPECT_TRUE(json[name.json].is_null()) << what;
    } else {
      // The report rounds to six decimals.
      EXPECT_NEAR(json[name.json].get<double>(), figure["value"].get<double>(), 5.1e-7) << what;
    }
  }
}

// Every cell of the one is in the other, but for ranges without a picture.
void ExpectSameRows(const Json& rows, const Json& cells, const std::string& where,
                    const std::function<std::string(const Json&)>& label_of) {
  std::map<std::string, Json> by_label;
  for (const Json& cell : cells) by_label[cell["label"]] = cell;
  size_t found = 0;
  for (const Json& row : rows) {
    const auto cell = by_label.find(label_of(row));
    if (cell == by_label.end()) {
      EXPECT_EQ(row["count"], 0) << where << row.dump();
      continue;
    }
    ++found;
    ExpectSameCell(row, cell->second, where + " " + cell->first);
  }
  EXPECT_EQ(found, by_label.size()) << where;
}

// Exact ages, ranges on both sides of 18 and across it, no age, no gender, weights: whatever the
// labels are, the text, --json and the report say the same.
TEST_F(EvalTest, JsonAndReportAreOfOneMind) {
  const char* const ages[] = {"3-9", "10-19", "0-2", "10-17", "20-29", "70+", "17", "30", "", "5"};
  const char* const genders[] = {"male", "female", ""};
  std::string ranges = "file,age,gender,group,weight\n", mixed = ranges;
  size_t minors_of_ranges = 0, minors_of_mixed = 0;
  for (int i = 0; i < 30; ++i) {
    const std::string name = std::to_string(i) + ".png";
    WritePicture(folder_ / ("m/" + name), 40, 40, static_cast<uint64_t>(i));
    // A picture needs one of the two.
    const std::string gender = i % 10 == 8 ? "female" : genders[i % 3];
    const std::string rest = "," + gender + "," +
                             (i % 4 == 3   ? ""
                              : i % 4 == 0 ? "B"
                                           : "\"a, c\"") +
                             "," + std::to_string(1 + i % 5) + "\n";
    const char* const range = ages[i % 6];
    ranges += name + "," + range + rest;
    minors_of_ranges += i % 6 == 0 || i % 6 == 2 || i % 6 == 3;
    mixed += name + "," + ages[i % 10] + rest;
    minors_of_mixed += i % 10 == 0 || i % 10 == 2 || i % 10 == 3 || i % 10 == 6 || i % 10 == 9;
  }
  WriteText(folder_ / "m/ranges.csv", ranges);
  WriteText(folder_ / "m/mixed.csv", mixed);
  for (const std::string set : {"ranges", "mixed"}) {
    const RunResult result =
        Eval({"--data", folder_ / ("m/" + set + ".csv"), "--json", folder_ / (set + ".json"),
              "--report", folder_ / set, "--resamples", "100", "--worst", "0"});
    ASSERT_EQ(result.code, 0) << result.err;
    ASSERT_NE(result.out.find("30 evaluated"), std::string::npos) << result.out;
    const Json json = ReadJson(set + ".json"), report = ReadJson(set + "/report.json");
    ExpectSameCell(json["overall"], report["overall"], set);
    const auto range_of = [](const Json& row) { return row["range"].get<std::string>(); };
    for (const char* name : {"by_age", "by_predicted_age"}) {
      ExpectSameRows(json[name], report["breakdowns"][name], set + " " + name, range_of);
    }
    ExpectSameRows(json["by_group"], report["breakdowns"]["by_group"], set + " by_group",
                   [](const Json& row) {
                     const std::string group = row["group"], gender = row["gender"];
                     return (group.empty() ? "group not given" : group) + " " +
                            (gender.empty() ? "gender not given" : gender);
                   });
    const bool exact = set == "mixed";
    const size_t minors = exact ? minors_of_mixed : minors_of_ranges;
    EXPECT_EQ(json["overall"]["minor_count"], minors);
    EXPECT_NE(result.out.find("minors    " + std::to_string(minors) + " under 18, "),
              std::string::npos)
        << result.out;
    // Ranges alone tell nothing of the interval's ends.
    EXPECT_EQ(json["overall"]["interval_width"].is_null(), !exact);
    EXPECT_EQ(json["overall"]["interval_count"], exact ? 9 : 0);

    // And without a report, whose bootstrap is then not drawn, nothing else comes out.
    const RunResult alone = Eval(
        {"--data", folder_ / ("m/" + set + ".csv"), "--json", folder_ / (set + "_alone.json")});
    EXPECT_EQ(alone.out, result.out);
    EXPECT_EQ(ReadText(folder_ / (set + "_alone.json")), ReadText(folder_ / (set + ".json")));
  }
}

TEST_F(EvalTest, WhatCannotBeginIsTwo) {
  WriteFaces();
  const std::string faces = folder_ / "faces";
  WriteText(folder_ / "bad.csv", "file,age\n");
  WriteText(folder_ / "empty/readme.txt", "");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--data", folder_ / "absent"},
           {"--data", folder_ / "empty"},
           {"--data", folder_ / "bad.csv"},
           {"--data", faces, "--split", folder_ / "absent.csv"},
           {"--data", faces, "--split", folder_ / "bad.csv"},
           {"--data", faces, "--predictions", folder_ / "absent/p.csv"},
           {"--data", faces, "--json", folder_ / "absent/e.json"},
           {"--data", faces, "--model", folder_ / "models/face_detector.agm"}}) {
    const RunResult result = Eval(arguments);
    EXPECT_EQ(result.code, 2) << arguments.back();
    EXPECT_TRUE(result.err.starts_with("ag_native: ")) << result.err;
  }
}

TEST_F(EvalTest, FullDiskKeepsOldPredictions) {
  WriteFaces();
  WriteText(folder_ / "out/p.csv", "what was there before");
  options_.file_limit = 500;
  const RunResult result =
      Eval({"--data", folder_ / "faces", "--predictions", folder_ / "out/p.csv", "--overwrite"});
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.err.find("cannot write"), std::string::npos) << result.err;
  EXPECT_EQ(ReadText(folder_ / "out/p.csv"), "what was there before");
  EXPECT_FALSE(fs::exists(folder_ / "e.json"));
}

}  // namespace
}  // namespace ag::test
