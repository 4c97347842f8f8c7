// docs/output.schema.json says what the records are: those that the commands write are valid, and
// what they never write is not.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/status.h"
#include "shared/face/quality.h"
#include "shared/image/decode.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

using Json = nlohmann::json;

std::string SchemaPath() { return std::string(AG_SOURCE_DIR) + "/docs/output.schema.json"; }

// One line a record: "valid", or what is wrong.
std::vector<std::string> Validate(const std::string& records) {
  const TemporaryFolder folder;
  WriteText(folder / "records.jsonl", records);
  RunOptions options;
  options.program = std::string(AG_SOURCE_DIR) + "/tests/cli/validate_records.py";
  const RunResult result = RunNative({SchemaPath(), folder / "records.jsonl"}, options);
  EXPECT_TRUE(result.code == 0 || result.code == 1) << result.err;
  EXPECT_EQ(result.err, "");
  const std::vector<std::string> lines = Lines(result.out);
  EXPECT_EQ(lines.size(), Lines(records).size());
  return lines;
}

void ExpectValid(const std::string& records) {
  const std::vector<std::string> lines = Lines(records), verdicts = Validate(records);
  for (size_t i = 0; i < std::min(lines.size(), verdicts.size()); ++i) {
    EXPECT_EQ(verdicts[i], "valid") << lines[i].substr(0, 1000);
  }
}

class OutputSchema : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "distribution", 101);
    WriteModels(folder_.path() / "value", 0);
    for (int i = 0; i < 3; ++i) {
      WritePicture(folder_ / ("pictures/" + std::to_string(i) + ".png"), 90 + 30 * i, 80,
                   static_cast<uint64_t>(i));
    }
    WriteText(folder_ / "pictures/broken.jpg", "\xFF\xD8\xFF\xE0 no more");
    WriteText(folder_ / "pictures/empty.png", "");
    for (int i = 0; i < 4; ++i) {
      WritePicture(folder_ / ("frames/" + std::to_string(i) + ".png"), 96, 80, 7);
    }
  }

  // The records of a run of the random models, which see faces everywhere.
  std::string Records(const std::string& models, std::vector<std::string> arguments) {
    for (const char* word :
         {"--format", "jsonl", "--threads", "1", "--min-score", "0.01", "--detect-size", "64"}) {
      arguments.push_back(word);
    }
    RunOptions options;
    options.model_dir = folder_ / models;
    const RunResult result = RunNative(arguments, options);
    EXPECT_LE(result.code, 1) << result.err;
    EXPECT_FALSE(result.out.empty()) << result.err;
    return result.out;
  }

  TemporaryFolder folder_;
};

// So that a run without faces, or without errors, does not pass for a test of them.
void ExpectKinds(const std::string& records, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    EXPECT_NE(records.find("\"" + word + "\":"), std::string::npos) << word;
  }
}

TEST_F(OutputSchema, PredictedPicturesAreValid) {
  for (const char* models : {"distribution", "value"}) {
    const std::string records =
        Records(models, {"predict", folder_ / "pictures", folder_ / "nowhere.jpg"});
    EXPECT_EQ(Lines(records).size(), 6u);
    ExpectKinds(records, {"age", "quality", "error"});
    ExpectValid(records);
  }
}

TEST_F(OutputSchema, BoxesAreValid) {
  const std::string records =
      Records("distribution", {"predict", "--box", "10,10,30,30", folder_ / "pictures/0.png"});
  ExpectKinds(records, {"flags"});
  ExpectValid(records);
}

TEST_F(OutputSchema, DetectedPicturesAreValid) {
  const std::string records = Records("distribution", {"detect", folder_ / "pictures"});
  ExpectKinds(records, {"points", "error"});
  ExpectValid(records);
}

TEST_F(OutputSchema, FramesAreValid) {
  WriteText(folder_ / "frames/9.png", "no picture");
  const std::string records =
      Records("distribution", {"predict", "--frames", "--search-every", "1", folder_ / "frames"});
  EXPECT_EQ(Lines(records).size(), 5u);
  ExpectKinds(records, {"frame", "track", "error"});
  ExpectValid(records);
}

// Each of these differs from a valid record in one thing.
TEST_F(OutputSchema, AnythingElseIsNotValid) {
  const Json good =
      Json::parse(Lines(Records("distribution", {"predict", folder_ / "pictures/0.png"})).at(0));
  ASSERT_FALSE(good["faces"].empty());
  const auto with = [&](const char* place, const Json& value) {
    Json changed = good;
    changed[Json::json_pointer(place)] = value;
    return changed;
  };
  const auto without = [&](const char* parent, const char* name) {
    Json changed = good;
    changed[Json::json_pointer(parent)].erase(name);
    return changed;
  };
  const std::vector<Json> bad = {
      with("/schema", 2),
      with("/schema", 4),
      with("/faces/0/points", Json::array()),
      with("/faces/0/track", Json::object()),
      with("/faces/0/p_female", 1.5),
      with("/faces/0/age", nullptr),
      with("/faces/0/age", 2.65e21),
      with("/faces/0/age_high", 121),
      with("/faces/0/flags", {"Ugly"}),
      with("/faces/0/flags", {"very ugly"}),
      with("/faces/0/flags", {"blurred", "blurred"}),
      with("/flags", "truncated"),
      with("/flags", {1}),
      with("/rotation", 45),
      with("/width", 0),
      with("/frame", -1),
      with("/file", nullptr),
      with("/file_encoding", "base64"),
      with("/file_encoding", nullptr),
      with("/error", {{"code", "io"}, {"message", "both"}}),
      without("", "schema"),
      without("", "rotation"),
      without("", "flags"),
      without("/faces/0", "quality"),
      without("/faces/0", "age_low"),
      without("/faces/0/quality", "roll"),
      {{"schema", 3}, {"file", "a"}, {"error", {{"code", "bad luck"}, {"message", "m"}}}},
      {{"schema", 3}, {"file", "a"}, {"error", {{"code", "io"}}}},
  };
  std::string records = good.dump() + "\n";
  for (const Json& record : bad) records += record.dump() + "\n";
  const std::vector<std::string> verdicts = Validate(records);
  ASSERT_EQ(verdicts.size(), bad.size() + 1);
  EXPECT_EQ(verdicts[0], "valid");
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_NE(verdicts[i + 1], "valid") << bad[i].dump().substr(0, 1000);
  }
}

// What a later version may add without another number.
TEST_F(OutputSchema, UnknownFieldsAndWordsAreValid) {
  const Json good =
      Json::parse(Lines(Records("distribution", {"predict", folder_ / "pictures/0.png"})).at(0));
  ASSERT_FALSE(good["faces"].empty());
  std::string records;
  for (const char* place :
       {"/more", "/faces/0/more", "/faces/0/box/more", "/faces/0/quality/more"}) {
    Json grown = good;
    grown[Json::json_pointer(place)] = {{"a", 1}};
    records += grown.dump() + "\n";
  }
  Json grown = good;
  grown["flags"] = {"truncated", "upside_down2"};
  grown["faces"][0]["flags"] = {"sun_glasses"};
  records += grown.dump() + "\n";
  const Json failure = {{"schema", 3},
                        {"file", "a"},
                        {"frame", 2},
                        {"more", 1},
                        {"error", {{"code", "bad_luck"}, {"message", "m"}, {"more", 1}}}};
  ExpectValid(records + failure.dump() + "\n");
}

TEST_F(OutputSchema, NamesThatAreNotUtf8AreValid) {
  WritePicture(folder_ / "pictures/M\xFCller.png", 90, 80, 5);
  WriteText(folder_ / "pictures/M\xF6ller.png", "no picture");
  const std::string records = Records("distribution", {"predict", folder_ / "pictures"});
  ExpectKinds(records, {"file_encoding"});
  ExpectValid(records);
}

TEST(OutputSchemaFile, ListsEveryCodeAndFlag) {
  const Json schema = Json::parse(ReadText(SchemaPath()));
  const auto listed = [&](const char* place) {
    return schema[Json::json_pointer(place)].get<std::vector<std::string>>();
  };
  const auto words = [](const std::vector<std::string_view>& names) {
    return std::vector<std::string>(names.begin(), names.end());
  };
  std::vector<std::string> codes;
  for (int code = 1; code <= static_cast<int>(Code::kBackend); ++code) {
    codes.emplace_back(CodeName(static_cast<Code>(code)));
  }
  EXPECT_EQ(listed("/$defs/error_code/examples"), codes);
  const auto face_flags = FlagNames(~0u);
  EXPECT_EQ(listed("/$defs/face/properties/flags/examples/0"),
            words({face_flags.begin(), face_flags.end()}));
  EXPECT_EQ(listed("/$defs/picture/properties/flags/examples/0"), words(PictureFlagNames(~0u)));
}

}  // namespace
}  // namespace ag::test
