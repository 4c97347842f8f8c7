// Files whose names are not UTF-8, in every text that a run writes and reads: names are bytes, and
// keys.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "native/data/csv.h"
#include "native/data/file_name.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Those that one text could be taken to mean, or that a CSV or a list could tear.
const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {
      "M\xFCller.png",  "M\xF6ller.png",         "M\xC3\xBCller.png", "M%FCller.png",
      "M%25FCller.png", "M\xEF\xBF\xBDller.png", "100%.png",          "100%\xE9.png",
      "a,\"\xE9\".png", "new\nline\xE9.png",     "new\nline.png",     " \xE9 .png"};
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
    std::set<std::string> done;
    const std::map<std::string, std::string> all = AllWidths();
    for (const std::string& name : Names()) {
      std::vector<std::string> arguments = {"--format", format, "--out", out};
      if (!done.empty()) arguments.push_back("--resume");
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
  WriteText(folder_ / "old.csv", "schema,file,frame,width\n2,in/100%.png,,1\n");
  refused("old.csv");
  // What a killed run of that version left.
  ASSERT_EQ(Predict({"--out", "new.jsonl", "in/100%.png"}).code, 0);
  fs::rename(folder_ / "new.jsonl", folder_ / "killed.jsonl.partial");
  WriteText(folder_ / "killed.jsonl.partial.json", R"({"program":"ag_native 0.0.1","schema":2})");
  const RunResult killed = Predict({"--resume", "--out", "killed.jsonl", "in/100%.png"});
  EXPECT_EQ(killed.code, 2);
  EXPECT_NE(killed.err.find("go on with that program"), std::string::npos) << killed.err;
}

}  // namespace
}  // namespace ag::test
