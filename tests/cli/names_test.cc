// Files whose names are not UTF-8, in every text that a run writes and reads: names are bytes, and
// keys.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "native/data/dataset.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/base/file_name.h"
#include "shared/base/sha256.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Those that one text could be taken to mean, or that a CSV or a list could tear.
const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {
      "M\xFCller.png", "M\xF6ller.png",     "M\xC3\xBCller.png",
      "M%FCller.png",  "M%25FCller.png",    "M\xEF\xBF\xBDller.png",
      "100%.png",      "100%\xE9.png",      "a,\"\xE9\".png",
      "plain.png",     "new\nline\xE9.png", "new\nline.png",
      " \xE9 .png"};
  return names;
}

class NamesTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
    options_.working_folder = folder_.path().string();
    int width = 40;
    for (const std::string& name : Names()) {
      WritePicture(folder_ / ("in/" + name), width, 40, static_cast<uint64_t>(width));
      ++width;
    }
  }

  RunResult Predict(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"predict", "--min-score", "0.01", "--max-faces", "3",
                                         "--detect-size", "32", "--no-rotate"});
    return RunNative(arguments, options_);
  }

  // The bytes of each record's name, with its width, which tells the pictures apart.
  std::map<std::string, std::string> JsonWidths(const std::string& text) {
    std::map<std::string, std::string> widths;
    for (const std::string& line : Lines(text)) {
      const Json json = Json::parse(line);
      const auto name =
          DecodeFileName(json["file"].get<std::string>(), json.value("file_encoding", ""));
      EXPECT_TRUE(name.ok()) << line;
      EXPECT_TRUE(widths.emplace(*name, json["width"].dump()).second) << "twice: " << line;
    }
    return widths;
  }

  std::map<std::string, std::string> CsvWidths(const std::string& text) {
    CsvReader reader(text);
    CsvRow header, row;
    EXPECT_TRUE(reader.Next(&header));
    const auto column = [&](const char* name) {
      return static_cast<size_t>(std::find(header.fields.begin(), header.fields.end(), name) -
                                 header.fields.begin());
    };
    std::map<std::string, std::string> widths;
    while (reader.Next(&row)) {
      EXPECT_EQ(row.error, "");
      const auto name =
          DecodeFileName(row.fields.at(column("file")), row.fields.at(column("file_encoding")));
      EXPECT_TRUE(name.ok());
      const std::string& width = row.fields.at(column("width"));
      EXPECT_EQ(widths.emplace(*name, width).first->second, width) << "rows of two pictures";
    }
    return widths;
  }

  std::map<std::string, std::string> AllWidths() {
    std::map<std::string, std::string> widths;
    int width = 40;
    for (const std::string& name : Names()) widths["in/" + name] = std::to_string(width++);
    return widths;
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(NamesTest, RecordsNameThemReversibly) {
  const RunResult lines = Predict({"--format", "jsonl", "in"});
  EXPECT_EQ(lines.code, 0) << lines.err;
  EXPECT_EQ(JsonWidths(lines.out), AllWidths());
  const RunResult table = Predict({"--format", "csv", "in"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(CsvWidths(table.out), AllWidths());
}

TEST_F(NamesTest, ListsGiveTheBytes) {
  std::string list;
  for (const std::string& name : Names()) list += "in/" + name + '\0';
  WriteText(folder_ / "list", list);
  const RunResult result = Predict({"--format", "jsonl", "--null", "--list", "list"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(JsonWidths(result.out), AllWidths());
  WriteText(folder_ / "lines", "in/M\xFCller.png\nin/M\xF6ller.png\n");
  EXPECT_EQ(JsonWidths(Predict({"--format", "jsonl", "--list", "lines"}).out).size(), 2u);
}

// The issue's case: the second of two names came after the first run, and had the first's age.
TEST_F(NamesTest, ResumeTakesNoRecordForAnother) {
  for (const std::string format : {"jsonl", "csv"}) {
    const std::string out = "out." + format;
    // Two, since of CSV the last record is always made again.
    std::set<std::string> done = {"in/plain.png"};
    const std::map<std::string, std::string> all = AllWidths();
    for (const std::string& name : Names()) {
      std::vector<std::string> arguments = {"--format", format, "--out", out};
      if (done.size() > 1) arguments.push_back("--resume");
      done.insert("in/" + name);
      arguments.insert(arguments.end(), done.begin(), done.end());
      const RunResult result = Predict(arguments);
      ASSERT_EQ(result.code, 0) << result.err;
      const std::string text = ReadText(folder_ / out);
      const auto widths = format == "csv" ? CsvWidths(text) : JsonWidths(text);
      EXPECT_EQ(widths.size(), done.size());
      for (const auto& [file, width] : widths) EXPECT_EQ(all.at(file), width) << file;
    }
    // All are there: nothing is made again, and the file stays byte for byte.
    const std::string before = ReadText(folder_ / out);
    EXPECT_EQ(Predict({"--format", format, "--out", out, "--resume", "in"}).code, 0);
    const std::string after = ReadText(folder_ / out);
    EXPECT_EQ(after.size(), before.size());
  }
}

TEST_F(NamesTest, CropsAndAnnotatedPicturesHaveTheBytes) {
  const RunResult result =
      Predict({"--format", "jsonl", "--crops", "crops", "--annotate", "marked", "in"});
  EXPECT_EQ(result.code, 0) << result.err;
  for (const std::string& name : Names()) {
    EXPECT_TRUE(fs::exists(folder_ / ("crops/" + name + ".0.png"))) << name;
    EXPECT_TRUE(fs::exists(folder_ / ("marked/" + name))) << name;
  }
}

TEST_F(NamesTest, FramesNameThemReversibly) {
  const RunResult result = Predict({"--format", "jsonl", "--frames", "in"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(JsonWidths(result.out), AllWidths());
}

// Labelled pictures: manifests, splits, predictions, compare, explore.
class LabelledNamesTest : public NamesTest {
 protected:
  void SetUp() override {
    NamesTest::SetUp();
    uint64_t seed = 100;
    for (const std::string& name : Faces()) WritePicture(folder_ / ("f/" + name), 40, 40, ++seed);
  }

  static const std::vector<std::string>& Faces() {
    static const std::vector<std::string> names = {"20_0_1_M\xFC.png", "30_1_2_M\xF6.png",
                                                   "20_0_1_M%FC.png", "40_1_0_M\xC3\xBC.png",
                                                   "50_0_3_=1+1.png"};
    return names;
  }

  RunResult Eval(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"eval", "--min-score", "1", "--detect-size", "64", "--no-rotate"});
    return RunNative(arguments, options_);
  }

  // The bytes of the names in a CSV, in its order.
  static std::vector<std::string> FilesIn(const std::string& text, const char* header = "file") {
    CsvReader reader(text);
    CsvRow row;
    EXPECT_TRUE(reader.Next(&row));
    const auto column = [fields = row.fields](std::string_view name) {
      return static_cast<size_t>(std::find(fields.begin(), fields.end(), name) - fields.begin());
    };
    const size_t encoding = column(kFileEncoding);
    const bool encoded = encoding < row.fields.size();
    std::vector<std::string> files;
    while (reader.Next(&row)) {
      const auto file =
          FileOfRow(row, column(header), encoded ? std::optional<size_t>(encoding) : std::nullopt);
      EXPECT_TRUE(file.ok());
      files.push_back(*file);
    }
    return files;
  }

  static std::vector<std::string> Sorted(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(LabelledNamesTest, PredictionsAreComparedByTheBytes) {
  for (const std::string more : {"", "--csv-safe"}) {
    std::vector<std::string> arguments = {
        "--data",      "f",      "--predictions", "p" + more + ".csv",
        "--json",      "e.json", "--report",      "r" + more,
        "--resamples", "100",    "--worst",       "0"};
    if (!more.empty()) arguments.push_back(more);
    const RunResult result = Eval(arguments);
    ASSERT_EQ(result.code, 0) << result.err;
    const std::string table = ReadText(folder_ / ("p" + more + ".csv"));
    EXPECT_TRUE(table.starts_with("file,file_encoding,age,")) << table;
    EXPECT_TRUE(IsUtf8(table));
    EXPECT_EQ(FilesIn(table), Sorted(Faces()));
    EXPECT_EQ(FilesIn(ReadText(folder_ / ("r" + more + "/predictions.csv"))), Sorted(Faces()));
    const Json crops = Json::parse(ReadText(folder_ / "e.json"))["centre_crops"];
    EXPECT_EQ(crops["file_encoding"], "percent");
    std::vector<std::string> files;
    for (const Json& file : crops["files"]) {
      files.push_back(*DecodeFileName(file.get<std::string>(), "percent"));
    }
    EXPECT_EQ(files, Sorted(Faces()));
  }
  const RunResult compared =
      RunNative({"compare", "p.csv", "r--csv-safe/predictions.csv", "--json", "c.json"}, options_);
  ASSERT_EQ(compared.code, 0) << compared.err;
  const Json json = Json::parse(ReadText(folder_ / "c.json"));
  EXPECT_EQ(json["pictures"], Faces().size());
  EXPECT_EQ(json["unpaired"], 0);
}

TEST_F(LabelledNamesTest, SplitsChooseByTheBytes) {
  std::vector<SplitEntry> entries;
  for (const std::string& name : Faces()) {
    const auto bytes = ReadFile(folder_ / ("f/" + name), 1 << 20);
    ASSERT_TRUE(bytes.ok());
    entries.push_back(
        {name, HexString(HashSha256(*bytes)), name.find('\xFC') != name.npos ? "val" : "train"});
  }
  ASSERT_TRUE(WriteSplit(folder_ / "split.csv", entries).ok());
  const RunResult result = Eval({"--data", "f", "--split", "split.csv", "--predictions", "p.csv"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(FilesIn(ReadText(folder_ / "p.csv")), (std::vector<std::string>{"20_0_1_M\xFC.png"}));
}

// What fails and what is skipped is named in JSON as records name it.
TEST_F(LabelledNamesTest, ManifestsAndFailuresNameThem) {
  WriteText(folder_ / "f/m.csv",
            "file,file_encoding,age,gender\n20_0_1_M%FC.png,percent,20,m\n"
            "20_0_1_M%FC.png,,20,m\nbad%E9.png,percent,20,m\nskip%E9.png,percent,x,m\n");
  const RunResult result =
      Eval({"--data", "f/m.csv", "--predictions", "p.csv", "--json", "e.json"});
  EXPECT_EQ(result.code, 1) << result.err;
  EXPECT_TRUE(IsUtf8(result.err));
  EXPECT_EQ(FilesIn(ReadText(folder_ / "p.csv")),
            (std::vector<std::string>{"20_0_1_M\xFC.png", "20_0_1_M%FC.png"}));
  const Json json = Json::parse(ReadText(folder_ / "e.json"));
  ASSERT_EQ(json["failed"].size(), 1u);
  EXPECT_EQ(json["failed"][0]["file"], "bad%E9.png");
  EXPECT_EQ(json["failed"][0]["file_encoding"], "percent");
  ASSERT_EQ(json["skipped"].size(), 1u);
  EXPECT_EQ(json["skipped"][0]["file"], "skip%E9.png");
  EXPECT_EQ(json["skipped"][0]["file_encoding"], "percent");
}

TEST_F(LabelledNamesTest, ExploreListsTheBytes) {
  RunNative({"explore", "f", "--out", "out"}, options_);  // plots may be missing
  std::vector<std::string> paths;
  for (const std::string& name : Faces()) paths.push_back("f/" + name);
  EXPECT_EQ(FilesIn(ReadText(folder_ / "out/table.csv"), "path"), Sorted(paths));
}

// Beginnings that a spreadsheet executes.
TEST_F(NamesTest, CsvSafeTablesHoldNoFormulas) {
  const std::vector<std::string> names = {"=1+1.png",
                                          "+1.png",
                                          "-1.png",
                                          "@x.png",
                                          "\tx.png",
                                          "\rx.png",
                                          "\xEF\xBC\x9D"
                                          "1.png",
                                          " =1.png",
                                          "plain.png",
                                          "a;=1.png",
                                          "'=1.png"};
  int width = 60;
  std::map<std::string, std::string> all;
  std::string list;
  fs::create_directory(folder_.path() / "danger");
  options_.working_folder = folder_ / "danger";
  for (const std::string& name : names) {
    all[name] = std::to_string(width);
    WritePicture(folder_ / ("danger/" + name), width++, 40, 9);
    list += name + '\0';
  }
  WriteText(folder_ / "list", list);
  for (const std::string command : {"predict", "detect"}) {
    const std::vector<std::string> arguments = {
        command, "--min-score", "0.01",   "--max-faces",    "2",     "--detect-size",
        "32",    "--null",      "--list", folder_ / "list", "--out", folder_ / (command + ".csv")};
    std::vector<std::string> safe = arguments;
    safe.push_back("--csv-safe");
    ASSERT_EQ(RunNative(safe, options_).code, 0);
    const std::string text = ReadText(folder_ / (command + ".csv"));
    EXPECT_EQ(CsvWidths(text), all);
    CsvReader reader(text);
    CsvRow row;
    while (reader.Next(&row)) {
      for (size_t i = 0; i < row.fields.size(); ++i) {
        const std::string& field = row.fields[i];
        if (i != 1 && i + 1 != row.fields.size()) continue;  // file, error_message
        EXPECT_TRUE(field.empty() || std::string("=+-@\t\r").find(field[0]) == std::string::npos)
            << field;
      }
    }
    // Nothing is made again, and a table of the other kind is not gone on with.
    safe.push_back("--resume");
    const RunResult again = RunNative(safe, options_);
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(ReadText(folder_ / (command + ".csv")), text);
    // Off at the command line.
    std::vector<std::string> plain = arguments;
    plain.back() = folder_ / "plain.csv";
    plain.push_back("--overwrite");
    ASSERT_EQ(RunNative(plain, options_).code, 0);
    EXPECT_NE(ReadText(folder_ / "plain.csv").find(",=1+1.png,"), std::string::npos);
  }
}

// Records of the schema before, finished or not, in either format.
TEST_F(NamesTest, AnotherSchemaIsNotGoneOnWith) {
  const auto refused = [&](const std::string& out) {
    const std::string before = ReadText(folder_ / out);
    const RunResult result = Predict({"--resume", "--out", out, "in/100%.png"});
    EXPECT_EQ(result.code, 2) << out;
    EXPECT_NE(result.err.find("schema"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("--overwrite"), std::string::npos) << result.err;
    EXPECT_EQ(ReadText(folder_ / out), before);
  };
  WriteText(folder_ / "old.jsonl",
            R"({"schema":2,"file":"in/100%.png","width":1,"height":1,"rotation":0,"faces":[]})"
            "\n");
  refused("old.jsonl");
  WriteText(folder_ / "old.csv",
            "schema,file,frame,width,height,rotation,box_x,box_y,box_width,box_height,score,age,"
            "p_female,quality_sharpness,flags,error_code,error_message\n"
            "2,in/100%.png,,1,1,0,,,,,,,,,,,\n");
  refused("old.csv");
  // What a killed run of that version left.
  ASSERT_EQ(Predict({"--out", "new.jsonl", "in/100%.png"}).code, 0);
  fs::rename(folder_ / "new.jsonl", folder_ / "killed.jsonl.partial");
  WriteText(folder_ / "killed.jsonl.partial.json",
            "{\n  \"program\": \"ag_native 0.1.0\",\n  \"schema\": 2\n}\n");
  const RunResult killed = Predict({"--resume", "--out", "killed.jsonl", "in/100%.png"});
  EXPECT_EQ(killed.code, 2);
  EXPECT_NE(killed.err.find("resume with that program"), std::string::npos) << killed.err;
}

}  // namespace
}  // namespace ag::test
