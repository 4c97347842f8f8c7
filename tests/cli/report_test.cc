// ag_native eval --report, and ag_native card from what it writes.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kHostileName[] = "33_1_2_<img src=x onerror=alert(1)>&\"'.png";

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }

  // Pictures of no face, with UTKFace's names.
  void WriteFaces(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = std::to_string(1 + i * 83 / count) + "_" + std::to_string(i % 2) +
                               "_" + std::to_string(i % 3) + "_" +
                               std::to_string(20170101000000000 + i) + ".png";
      WritePicture(folder_ / ("faces/" + name), 40 + i % 3 * 30, 50, static_cast<uint64_t>(i));
    }
  }

  RunResult Report(std::vector<std::string> more, const std::string& data = "faces") {
    std::vector<std::string> arguments = {
        "eval",   "--min-score",  "1",        "--detect-size",    "64",          "--no-rotate",
        "--data", folder_ / data, "--report", folder_ / "report", "--resamples", "200"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunNative(arguments, options_);
  }

  Json ReadReport() { return Json::parse(ReadText(folder_ / "report/report.json")); }

  std::vector<std::vector<std::string>> ReadTable() {
    const std::string text = ReadText(folder_ / "report/predictions.csv");
    CsvReader reader(text);
    CsvRow row;
    std::vector<std::vector<std::string>> rows;
    while (reader.Next(&row)) rows.push_back(row.fields);
    return rows;
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

double Number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

TEST_F(ReportTest, FiguresFollowFromTheTable) {
  WriteFaces(40);
  const RunResult result = Report({});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto rows = ReadTable();
  ASSERT_EQ(rows.size(), 41u);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"file", "age", "gender", "group", "age_predicted",
                                               "age_low", "age_high", "p_female", "picture_side",
                                               "eye_distance", "cluster"}));
  double error = 0, bias = 0, correct = 0, covered = 0, minors = 0, called = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    const double age = Number(rows[i][1]), predicted = Number(rows[i][4]);
    error += std::abs(predicted - age) / 40;
    bias += (predicted - age) / 40;
    correct += ((Number(rows[i][7]) >= 0.5) == (rows[i][2] == "female")) / 40.0;
    covered += (Number(rows[i][5]) <= age && age <= Number(rows[i][6])) / 40.0;
    minors += age < 18;
    called += age < 18 && predicted >= 21;
  }
  const Json report = ReadReport();
  const Json& all = report["overall"];
  EXPECT_EQ(all["pictures"], 40);
  EXPECT_NEAR(all["mae"]["value"].get<double>(), error, 1e-3);
  EXPECT_NEAR(all["bias"]["value"].get<double>(), bias, 1e-3);
  EXPECT_NEAR(all["gender_accuracy"]["value"].get<double>(), correct, 1e-6);
  EXPECT_NEAR(all["interval_coverage"]["value"].get<double>(), covered, 1e-6);
  EXPECT_EQ(all["minors_as_adults"]["count"], minors);
  EXPECT_NEAR(all["minors_as_adults"]["value"].get<double>(), called / minors, 1e-6);
  EXPECT_TRUE(all["within_range"].is_null());
  EXPECT_LT(all["mae"]["low"].get<double>(), error);
  EXPECT_GT(all["mae"]["high"].get<double>(), error);

  const auto model = ReadFile(folder_ / "models/age_gender.agm", 1 << 26);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(report["model"]["sha256"], HexString(HashSha256(*model)));
  EXPECT_EQ(report["data"]["name"], "faces");
  EXPECT_EQ(report["bootstrap"]["unit"], "picture");
  EXPECT_EQ(report["bootstrap"]["units"], 40);
  for (const char* breakdown :
       {"by_age", "by_predicted_age", "by_group", "by_gender", "by_picture_size", "by_face_size"}) {
    size_t sum = 0;
    for (const Json& row : report["breakdowns"][breakdown]) sum += row["pictures"].get<size_t>();
    EXPECT_EQ(sum, 40u) << breakdown;
  }
  EXPECT_EQ(report["breakdowns"]["by_face_size"][0]["label"], "no face found");
  EXPECT_EQ(report["breakdowns"]["by_picture_size"][0]["label"], "below 64");

  const std::string page = ReadText(folder_ / "report/index.html");
  EXPECT_TRUE(Contains(page, "must not be published"));
  EXPECT_TRUE(Contains(page, "data:image/jpeg;base64,"));
  for (const char* outside : {"http://", "https://", "<script", "url("}) {
    EXPECT_FALSE(Contains(page, outside)) << outside;
  }
}

TEST_F(ReportTest, TheSameSeedGivesTheSameReportOnAnyThreads) {
  WriteFaces(20);
  ASSERT_EQ(Report({"--threads", "1"}).code, 0);
  const std::string json = ReadText(folder_ / "report/report.json");
  const std::string page = ReadText(folder_ / "report/index.html");
  ASSERT_EQ(Report({"--threads", "3"}).code, 0);
  EXPECT_EQ(json, ReadText(folder_ / "report/report.json"));
  EXPECT_EQ(page, ReadText(folder_ / "report/index.html"));
  ASSERT_EQ(Report({"--seed", "2"}).code, 0);
  EXPECT_NE(json, ReadText(folder_ / "report/report.json"));
}

TEST_F(ReportTest, ProtocolKeepsItsAges) {
  WriteFaces(40);
  const RunResult result = Report({"--protocol", "21-60"});
  ASSERT_EQ(result.code, 0) << result.err;
  size_t inside = 0;
  const auto rows = ReadTable();
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_GE(Number(rows[i][1]), 21);
    EXPECT_LE(Number(rows[i][1]), 60);
    ++inside;
  }
  const Json report = ReadReport();
  EXPECT_EQ(report["data"]["protocol"], "21-60");
  EXPECT_EQ(report["data"]["evaluated"], inside);
  EXPECT_EQ(report["data"]["outside_protocol"], 40 - inside);
  EXPECT_TRUE(report["overall"]["minors_as_adults"].is_null());
  for (const char* wrong : {"21", "60-21", "a-b", "21-60x", "-5-60"}) {
    const RunResult refused = Report({std::string("--protocol=") + wrong});
    EXPECT_EQ(refused.code, 2) << wrong;
    EXPECT_TRUE(Contains(refused.err, "--protocol")) << refused.err;
  }
  const RunResult none = Report({"--protocol", "110-120"});
  EXPECT_EQ(none.code, 2);
  EXPECT_TRUE(Contains(none.err, "110-120")) << none.err;
}

TEST_F(ReportTest, ClustersAreDrawnTogether) {
  WriteFaces(12);
  std::string clusters = "cluster,file,age,gender,sha256\n";
  int number = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "faces")) {
    const auto bytes = ReadFile(entry.path().string(), 1 << 20);
    ASSERT_TRUE(bytes.ok());
    // Three clusters of two; six pictures stay alone.
    if (number < 6) {
      clusters +=
          std::to_string(1 + number / 2) + ",x,1,male," + HexString(HashSha256(*bytes)) + "\n";
    }
    ++number;
  }
  WriteText(folder_ / "clusters.csv", clusters);
  const RunResult result = Report({"--clusters", folder_ / "clusters.csv"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json report = ReadReport();
  EXPECT_EQ(report["bootstrap"]["unit"], "cluster");
  EXPECT_EQ(report["bootstrap"]["units"], 9);

  WriteText(folder_ / "clusters.csv", "a,b\n1,2\n");
  const RunResult wrong = Report({"--clusters", folder_ / "clusters.csv"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(Contains(wrong.err, "clusters.csv")) << wrong.err;
}

TEST_F(ReportTest, RangesCountByTheirShareInside) {
  std::string manifest = "file,age_lo,age_hi,gender,group\n";
  for (int i = 0; i < 20; ++i) {
    WritePicture(folder_ / ("m/" + std::to_string(i) + ".png"), 40, 40, static_cast<uint64_t>(i));
    manifest += std::to_string(i) + ".png," + (i % 2 == 0 ? "20,29" : "40,49") + "," +
                (i % 3 == 0 ? "male" : "female") + ",\"a <b>\"\n";
  }
  WriteText(folder_ / "m/labels.csv", manifest);
  const RunResult result = Report({"--data-name", "Ranges & more"}, "m/labels.csv");
  ASSERT_EQ(result.code, 0) << result.err;
  double inside = 0;
  const auto rows = ReadTable();
  for (size_t i = 1; i < rows.size(); ++i) {
    const double low = rows[i][1] == "20-29" ? 20 : 40, age = Number(rows[i][4]);
    inside += low <= age && age < low + 10;
  }
  const Json report = ReadReport();
  EXPECT_NEAR(report["overall"]["within_range"]["value"].get<double>(), inside / 20, 1e-6);
  EXPECT_TRUE(report["overall"]["mae"].is_null());
  EXPECT_TRUE(report["absolute_error_sd"].is_null());
  EXPECT_EQ(report["data"]["name"], "Ranges & more");
  const std::string page = ReadText(folder_ / "report/index.html");
  EXPECT_TRUE(Contains(page, "Predicted ages by labelled range"));
  EXPECT_TRUE(Contains(page, "a &lt;b&gt;"));
  EXPECT_FALSE(Contains(page, "a <b>"));
}

TEST_F(ReportTest, HostileNamesStayText) {
  WriteFaces(6);
  WritePicture(folder_ / (std::string("faces/") + kHostileName), 40, 40, 77);
  WriteText(folder_ / "faces/20_1_1_<b>broken<_b>.png", "no picture");
  const RunResult result = Report({"--data-name", "<script>\"set\" \xFF & 'more'"});
  EXPECT_EQ(result.code, 1);
  const std::string page = ReadText(folder_ / "report/index.html");
  EXPECT_FALSE(Contains(page, "<script"));
  EXPECT_FALSE(Contains(page, "\xFF"));
  const std::string name = "&lt;script&gt;&quot;set&quot; \xEF\xBF\xBD &amp; &#39;more&#39;";
  EXPECT_TRUE(Contains(page, "on " + name + "</title>"));
  EXPECT_TRUE(Contains(page, "pictures of " + name + ", with"));
  EXPECT_FALSE(Contains(page, "<img src=x"));
  EXPECT_FALSE(Contains(page, "<b>broken"));
  EXPECT_TRUE(Contains(page, "&lt;b&gt;broken"));
  EXPECT_EQ(ReadReport()["data"]["failed"].size(), 1u);
}

TEST_F(ReportTest, WhatCannotBeginLeavesTheOldReport) {
  WriteFaces(6);
  ASSERT_EQ(Report({}).code, 0);
  const std::string before = ReadText(folder_ / "report/report.json");
  options_.file_limit = 300;
  EXPECT_EQ(Report({}).code, 2);
  EXPECT_EQ(ReadText(folder_ / "report/report.json"), before);
  options_.file_limit.reset();
  WriteText(folder_ / "file", "");
  const RunResult result =
      RunNative({"eval", "--data", folder_ / "faces", "--report", folder_ / "file"}, options_);
  EXPECT_EQ(result.code, 2);
  EXPECT_TRUE(Contains(result.err, "not a folder")) << result.err;
  EXPECT_EQ(RunNative({"eval", "--data", folder_ / "faces", "--worst", "3"}, options_).code, 2);
}

class CardTest : public ReportTest {
 protected:
  RunResult Card(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"card", "--out", folder_ / "MODEL_CARD.md"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunNative(arguments, options_);
  }
};

TEST_F(CardTest, SaysWhatTheReportsSay) {
  WriteFaces(40);
  ASSERT_EQ(Report({"--data-name", "First"}).code, 0);
  const Json first = ReadReport();
  fs::rename(folder_ / "report", folder_ / "one");
  ASSERT_EQ(Report({"--data-name", "Second|set", "--protocol", "21-60"}).code, 0);
  const RunResult result =
      Card({"--report", folder_ / "one", "--report", folder_ / "report/report.json"});
  ASSERT_EQ(result.code, 0) << result.err;

  const std::string text = ReadText(folder_ / "MODEL_CARD.md");
  char mae[32];
  std::snprintf(mae, sizeof(mae), "%.2f", first["overall"]["mae"]["value"].get<double>());
  for (const std::string& part :
       {std::string(mae), first["model"]["sha256"].get<std::string>(), std::string("### First"),
        std::string("Second|set, ages 21-60 only"), std::string("as its annotators saw it"),
        std::string("Do not edit"), std::string("ag_native card --report"),
        std::string("## Limits"), std::string("Not for:"), std::string("White female")}) {
    EXPECT_TRUE(Contains(text, part)) << part;
  }
  const Json card = Json::parse(ReadText(folder_ / "MODEL_CARD.json"));
  EXPECT_EQ(card["kind"], "model_card");
  EXPECT_EQ(card["model"], first["model"]);
  ASSERT_EQ(card["reports"].size(), 2u);
  EXPECT_EQ(card["reports"][0]["overall"], first["overall"]);
  EXPECT_EQ(card["reports"][0]["breakdowns"], first["breakdowns"]);
  EXPECT_EQ(card["start_weights"], "not stated in the model file");
  // Nothing of the machine that measured.
  EXPECT_FALSE(Contains(ReadText(folder_ / "MODEL_CARD.json"), folder_.path().string()));
  EXPECT_FALSE(Contains(text, folder_.path().string()));

  ASSERT_EQ(Card({"--report", folder_ / "one", "--start-weights", "a net of mine (CC0)"}).code, 0);
  EXPECT_TRUE(Contains(ReadText(folder_ / "MODEL_CARD.md"), "a net of mine (CC0)"));
}

TEST_F(CardTest, RefusesWhatIsNoReport) {
  WriteFaces(8);
  ASSERT_EQ(Report({}).code, 0);
  WriteText(folder_ / "text.json", "no json");
  WriteText(folder_ / "other.json", R"({"kind": "something"})");
  Json cut = ReadReport();
  cut["overall"].erase("mae");
  WriteText(folder_ / "cut.json", cut.dump());
  Json other_model = ReadReport();
  other_model["model"]["sha256"] = "00";
  WriteText(folder_ / "other_model.json", other_model.dump());
  const std::string good = folder_ / "report";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--report", folder_ / "absent"},
           {"--report", folder_ / "text.json"},
           {"--report", folder_ / "other.json"},
           {"--report", folder_ / "cut.json"},
           {"--report", good, "--report", folder_ / "other_model.json"}}) {
    const RunResult result = Card(arguments);
    EXPECT_EQ(result.code, 2) << arguments.back();
    EXPECT_TRUE(result.err.starts_with("ag_native: card: ")) << result.err;
  }
  EXPECT_FALSE(fs::exists(folder_ / "MODEL_CARD.md"));
  EXPECT_EQ(RunNative({"card", "--report", good, "--out", folder_ / "card.txt"}, options_).code, 2);
}

}  // namespace
}  // namespace ag::test
