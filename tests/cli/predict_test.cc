// ag_native predict: one record an input, whatever happens to the others.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "shared/base/csv.h"
#include "shared/record/record.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Scores of the random detector lie somewhere in 0..1.
const char* const kFacesEverywhere[] = {"--min-score", "0.01", "--detect-size", "64"};

std::vector<std::string> Keys(const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

// Exactly the names of docs/output-schema.md, in its order.
void CheckRecord(const Json& record) {
  ASSERT_EQ(record["schema"], kResultSchema);
  ASSERT_TRUE(record["file"].is_string());
  if (record.contains("error")) {
    EXPECT_EQ(Keys(record), (std::vector<std::string>{"schema", "file", "error"}));
    EXPECT_EQ(Keys(record["error"]), (std::vector<std::string>{"code", "message"}));
    return;
  }
  EXPECT_EQ(Keys(record), (std::vector<std::string>{"schema", "file", "width", "height", "rotation",
                                                    "flags", "faces"}));
  for (const Json& face : record["faces"]) {
    EXPECT_EQ(Keys(face), (std::vector<std::string>{"box", "eyes", "score", "age", "age_low",
                                                    "age_high", "p_female", "quality", "flags"}));
    EXPECT_EQ(Keys(face["box"]), (std::vector<std::string>{"x", "y", "width", "height"}));
    ASSERT_EQ(face["eyes"].size(), 2u);
    for (const Json& eye : face["eyes"]) EXPECT_EQ(eye.size(), 2u);
    for (const char* name : {"score", "age", "p_female"}) EXPECT_TRUE(face[name].is_number());
    EXPECT_TRUE(face["flags"].is_array());
  }
}

std::vector<Json> ParseRecords(const std::string& jsonl) {
  std::vector<Json> records;
  for (const std::string& line : Lines(jsonl)) {
    records.push_back(Json::parse(line));
    CheckRecord(records.back());
  }
  return records;
}

class PredictTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }

  RunResult Predict(std::vector<std::string> arguments, bool faces = false) {
    arguments.insert(arguments.begin(), "predict");
    if (faces) {
      arguments.insert(arguments.begin() + 1, std::begin(kFacesEverywhere),
                       std::end(kFacesEverywhere));
    } else {
      arguments.insert(arguments.begin() + 1, {"--min-score", "1", "--detect-size", "64"});
    }
    return RunNative(arguments, options_);
  }

  std::string Picture(const std::string& name, int width = 48, int height = 40) {
    WritePicture(folder_ / name, width, height, std::hash<std::string>()(name) % 1000);
    return folder_ / name;
  }

  // 100 files in two levels, 10 of them broken; returns which.
  std::map<std::string, bool> HundredFiles() {
    std::map<std::string, bool> broken;
    for (int i = 0; i < 100; ++i) {
      const char* extension = i % 3 == 0 ? ".png" : i % 3 == 1 ? ".jpg" : ".bmp";
      const std::string name = std::string(i % 2 == 0 ? "in/" : "in/deep/er/") +
                               std::to_string(1000 + i * 7 % 100) + extension;
      const std::string path = Picture(name, 32 + i % 5, 32);
      broken[path] = i % 10 == 4;
      if (!broken[path]) continue;
      const std::string whole = ReadText(path);
      const std::string damage[] = {"", "not a picture at all", whole.substr(0, whole.size() / 2)};
      WriteText(path, damage[i / 10 % 3]);
    }
    WriteText(folder_ / "in/readme.txt", "no picture, and not tried");
    return broken;
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(PredictTest, HundredFilesTenBroken) {
  const std::map<std::string, bool> broken = HundredFiles();
  const RunResult result = Predict({folder_ / "in"});
  EXPECT_EQ(result.code, 1);
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.size(), 100u);
  auto expected = broken.begin();  // a map is sorted as the output must be
  for (const Json& record : records) {
    EXPECT_EQ(record["file"], expected->first);
    EXPECT_EQ(record.contains("error"), expected->second) << record.dump();
    ++expected;
  }
  const std::vector<std::string> complaints = Lines(result.err);
  ASSERT_EQ(complaints.size(), 10u) << result.err;
  size_t next = 0;
  for (const auto& [path, is_broken] : broken) {
    if (!is_broken) continue;
    EXPECT_TRUE(complaints[next].starts_with("ag_native: " + path + ": ")) << complaints[next];
    ++next;
  }
}

TEST_F(PredictTest, ThreadsChangeNothing) {
  HundredFiles();
  const RunResult one = Predict({"--threads", "1", folder_ / "in"}, true);
  const RunResult four = Predict({"--threads", "4", folder_ / "in"}, true);
  EXPECT_EQ(one.code, 1);
  EXPECT_EQ(one.out, four.out);
  EXPECT_EQ(one.err, four.err);
}

TEST_F(PredictTest, OrderIsThatOfTheArguments) {
  const std::string z = Picture("z.png"), a = Picture("a.png"), m = Picture("sub/m.png");
  const RunResult result = Predict({z, folder_ / "absent.png", folder_ / "sub", a, z});
  EXPECT_EQ(result.code, 1);
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[0]["file"], z);
  EXPECT_EQ(records[1]["error"]["code"], "not_found");
  EXPECT_EQ(records[2]["file"], m);
  EXPECT_EQ(records[3]["file"], a);
  EXPECT_EQ(records[4]["file"], z);
}

TEST_F(PredictTest, PicturesWithoutAFaceAreDone) {
  const RunResult result = Predict({Picture("a.png", 33, 47)});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["width"], 33);
  EXPECT_EQ(records[0]["height"], 47);
  EXPECT_EQ(records[0]["faces"], Json::array());
}

TEST_F(PredictTest, NamedFilesAreTriedWhateverTheirName) {
  const std::string png = Picture("a.png");
  fs::copy_file(png, folder_ / "picture.data");
  fs::copy_file(png, folder_ / "-dash.png");
  EXPECT_EQ(Predict({folder_ / "picture.data"}).code, 0);
  options_.working_folder = folder_.path().string();
  EXPECT_EQ(Predict({"--", "-dash.png"}).code, 0);
}

TEST_F(PredictTest, FoldersWithoutPictures) {
  fs::create_directories(folder_.path() / "nothing");
  const RunResult result = Predict({folder_ / "nothing"});
  EXPECT_EQ(result.code, 1);
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["error"]["code"], "not_found");
}

TEST_F(PredictTest, StandardInput) {
  options_.stdin_file = Picture("a.png", 33, 47);
  const RunResult result = Predict({"-"});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["file"], "-");
  EXPECT_EQ(records[0]["width"], 33);
}

TEST_F(PredictTest, LimitsAreKeptAndCanBeRaised) {
  const std::string picture = Picture("a.png", 40, 40);
  const RunResult pixels = Predict({"--max-pixels", "1599", picture});
  EXPECT_EQ(pixels.code, 1);
  EXPECT_EQ(ParseRecords(pixels.out)[0]["error"]["code"], "too_large");
  EXPECT_NE(pixels.err.find("--max-pixels"), std::string::npos);
  EXPECT_EQ(Predict({"--max-pixels", "1600", picture}).code, 0);
  const std::string bytes = std::to_string(fs::file_size(picture) - 1);
  EXPECT_EQ(ParseRecords(Predict({"--max-bytes", bytes, picture}).out)[0]["error"]["code"],
            "too_large");
}

TEST_F(PredictTest, NamesThatAreNotUtf8OrDriveTerminals) {
  const std::string good = Picture("a.png");
  fs::copy_file(good, folder_ / "\xff\xfe.png");
  WriteText(folder_ / "esc\x1b[31m\n.png", "broken");
  for (const char* format : {"jsonl", "csv", "table"}) {
    const RunResult result =
        Predict({"--format", format, folder_ / "\xff\xfe.png", folder_ / "esc\x1b[31m\n.png"});
    EXPECT_EQ(result.code, 1);
    const std::string shown =
        format == std::string("table") ? "\xEF\xBF\xBD\xEF\xBF\xBD.png" : "%FF%FE.png";
    EXPECT_NE(result.out.find(shown), std::string::npos) << result.out;
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
    EXPECT_EQ(Lines(result.err).size(), 1u);
  }
}

// CSV rows as maps from column to field.
std::vector<std::map<std::string, std::string>> ParseCsv(const std::string& text) {
  CsvReader reader(text);
  CsvRow header, row;
  EXPECT_TRUE(reader.Next(&header));
  std::vector<std::map<std::string, std::string>> rows;
  while (reader.Next(&row)) {
    EXPECT_EQ(row.error, "");
    EXPECT_EQ(row.fields.size(), header.fields.size());
    auto& fields = rows.emplace_back();
    for (size_t i = 0; i < row.fields.size(); ++i) fields[header.fields[i]] = row.fields[i];
  }
  return rows;
}

void ExpectSameFace(const Json& face, const std::map<std::string, std::string>& row) {
  for (const char* name : {"x", "y", "width", "height"}) {
    EXPECT_EQ(row.at(std::string("box_") + name), face["box"][name].dump());
  }
  for (const size_t eye : {0, 1}) {
    EXPECT_EQ(row.at("eyes_" + std::to_string(eye) + "_x"), face["eyes"][eye][0].dump());
    EXPECT_EQ(row.at("eyes_" + std::to_string(eye) + "_y"), face["eyes"][eye][1].dump());
  }
  for (const char* name : {"score", "age", "age_low", "age_high", "p_female"}) {
    EXPECT_EQ(row.at(name), face[name].is_null() ? "" : face[name].dump()) << name;
  }
  std::string flags;
  for (const Json& flag : face["flags"]) {
    flags += (flags.empty() ? "" : " ") + flag.get<std::string>();
  }
  EXPECT_EQ(row.at("flags"), flags);
}

TEST_F(PredictTest, CsvJsonlAndTableSayTheSame) {
  const std::string faces = Picture("with, comma.png", 64, 64), none = Picture("none.png", 8, 8);
  const std::string broken = folder_ / "broken.png";
  WriteText(broken, "no picture");
  const std::vector<Json> records = ParseRecords(Predict({faces, broken}, true).out);
  const RunResult csv = Predict({"--format", "csv", faces, broken}, true);
  const RunResult table = Predict({"--format", "table", faces, broken}, true);
  EXPECT_EQ(csv.code, 1);
  EXPECT_EQ(table.code, 1);
  const auto rows = ParseCsv(csv.out);
  const Json& found = records[0]["faces"];
  ASSERT_GT(found.size(), 0u) << "the random detector should see something at any score";
  ASSERT_EQ(rows.size(), found.size() + 1);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(rows[i].at("file"), faces);
    EXPECT_EQ(rows[i].at("width"), "64");
    ExpectSameFace(found[i], rows[i]);
    EXPECT_TRUE(found[i]["age_low"].is_number()) << "a distribution gives an interval";
  }
  EXPECT_EQ(rows.back().at("error_code"), records[1]["error"]["code"]);
  EXPECT_EQ(rows.back().at("error_message"), records[1]["error"]["message"]);
  const std::vector<std::string> lines = Lines(table.out);
  ASSERT_GE(lines.size(), found.size() + 4);  // header, failure, empty line, footer
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(lines[1 + i].starts_with(faces));
  EXPECT_NE(table.out.find("perceived"), std::string::npos);
  EXPECT_NE(table.out.find("90 % interval"), std::string::npos);
  // No face: one row, its face fields empty.
  const auto empty = ParseCsv(Predict({"--format", "csv", none}).out);
  ASSERT_EQ(empty.size(), 1u);
  EXPECT_EQ(empty[0].at("width"), "8");
  EXPECT_EQ(empty[0].at("age"), "");
  EXPECT_EQ(empty[0].at("error_code"), "");
}

TEST_F(PredictTest, ModelWithoutAnIntervalGivesNull) {
  WriteModels(folder_.path() / "models", 0);
  const std::vector<Json> records = ParseRecords(Predict({Picture("a.png", 64, 64)}, true).out);
  ASSERT_GT(records.at(0)["faces"].size(), 0u);
  EXPECT_TRUE(records[0]["faces"][0]["age_low"].is_null());
  EXPECT_TRUE(records[0]["faces"][0]["age_high"].is_null());
}

TEST_F(PredictTest, BoxGivesOneFace) {
  const RunResult result = Predict({"--box=-2,3.5,20,24", Picture("a.png", 64, 64)});
  EXPECT_EQ(result.code, 0) << result.err;
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.at(0)["faces"].size(), 1u);
  const Json& face = records[0]["faces"][0];
  EXPECT_EQ(face["box"]["x"], -2);
  EXPECT_EQ(face["box"]["height"], 24);
  EXPECT_NE(face["flags"].dump().find("box_only"), std::string::npos);
  EXPECT_EQ(Predict({"--box", "500,500,20,20", Picture("a.png", 64, 64)}).code, 1);
}

TEST_F(PredictTest, OutIsWrittenWhole) {
  const std::string picture = Picture("a.png");
  const std::string printed = Predict({picture}).out;
  const std::string out = folder_ / "results/r.jsonl";
  fs::create_directories(folder_.path() / "results");
  const RunResult result = Predict({"--out", out, picture});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(ReadText(out), printed);
  // Through a symbolic link, which stays one; and the ending chooses CSV.
  fs::create_symlink("r.jsonl", folder_ / "results/link.csv");
  EXPECT_EQ(Predict({"--out", folder_ / "results/link.csv", "--overwrite", picture}).code, 0);
  EXPECT_TRUE(fs::is_symlink(folder_ / "results/link.csv"));
  EXPECT_TRUE(ReadText(out).starts_with("schema,file,file_encoding,"));
  EXPECT_EQ(Predict({"--out", folder_ / "absent/r.jsonl", picture}).code, 2);
  EXPECT_EQ(Predict({"--out", folder_ / "results", picture}).code, 2);
}

TEST_F(PredictTest, FullDiskKeepsTheOldFileAndWhatFits) {
  HundredFiles();
  const std::string whole = Predict({folder_ / "in"}).out;
  const std::string out = folder_ / "results/r.jsonl";
  WriteText(out, "what was there before");
  options_.file_limit = 6000;  // less than the records, more than the complaints
  const RunResult result = Predict({"--out", out, "--overwrite", folder_ / "in"});
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.err.find("ag_native: " + out + ": cannot write"), std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("--resume"), std::string::npos) << result.err;
  EXPECT_EQ(ReadText(out), "what was there before");
  const std::string fits = ReadText(out + ".partial");
  EXPECT_TRUE(!fits.empty() && fits.ends_with('\n') && whole.starts_with(fits));
  // Room is made.
  options_.file_limit.reset();
  EXPECT_EQ(Predict({"--resume", "--out", out, folder_ / "in"}).code, 1);
  EXPECT_EQ(ReadText(out), whole);
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "results")) {
    files += entry.is_regular_file();
  }
  EXPECT_EQ(files, 1u) << "nothing else is left";
}

TEST_F(PredictTest, StandardOutputThatTakesNothing) {
  const std::string picture = Picture("a.png");
  if (fs::exists("/dev/full")) {
    options_.stdout_file = "/dev/full";
    const RunResult full = Predict({picture});
    EXPECT_EQ(full.code, 2);
    EXPECT_NE(full.err.find("standard output"), std::string::npos) << full.err;
    options_.stdout_file.clear();
  }
  options_.close_stdout = true;
  EXPECT_EQ(Predict({picture}).code, 2);
}

TEST_F(PredictTest, ReaderThatGoesAwayIsNoNoise) {
  HundredFiles();
  const std::string command = "AG_MODEL_DIR=" + options_.model_dir + " " + NativeProgram() +
                              " predict --min-score 1 --detect-size 64 " + folder_ / "in" + " 2>" +
                              folder_ / "err" + " | head -n 1 >/dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(ReadText(folder_ / "err").find("Broken pipe"), std::string::npos);
}

TEST_F(PredictTest, InterruptInTheFirstRecordLeavesNothingThatIsInTheWay) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  fs::create_directories(folder_.path() / "results");
  const std::string out = folder_ / "results/r.jsonl";
  const pid_t child = StartNative({"predict", "--out", out, "-"}, options_.model_dir, ends[0]);
  ::close(ends[0]);
  // Its temporary file says that it has begun.
  for (int i = 0; i < 3000 && fs::is_empty(folder_.path() / "results"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_FALSE(fs::is_empty(folder_.path() / "results"));
  ::kill(child, SIGINT);
  // The signal comes first: an input that ends before it is seen would be a run that is done.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::close(ends[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
  // The record under way (a failure: its input ended) may have been finished or not.
  EXPECT_FALSE(fs::exists(out));
  EXPECT_EQ(Predict({"--out", out, "--overwrite", Picture("a.png")}).code, 0);
  const auto left = fs::directory_iterator(folder_.path() / "results");
  EXPECT_EQ(std::distance(fs::begin(left), fs::end(left)), 1);
  EXPECT_TRUE(fs::exists(out));
}

TEST_F(PredictTest, ModelsOfTheWrongKind) {
  const std::string picture = Picture("a.png");
  const std::string net = folder_ / "models/age_gender.agm";
  const std::string detector = folder_ / "models/face_detector.agm";
  const RunResult model = Predict({"--model", detector, picture});
  EXPECT_EQ(model.code, 2);
  EXPECT_NE(model.err.find("--model"), std::string::npos) << model.err;
  EXPECT_EQ(Predict({"--detector", net, picture}).code, 2);
  EXPECT_EQ(Predict({"--model", net, "--detector", detector, picture}).code, 0);
}

// The models in the repository on a photograph: one face, where it is (looked at: pupils at (204,
// 101) and (247, 103), mouth at (224, 145); cheeks end at x = 178 and 272, chin at y = 177).
TEST(AstronautTest, OneFaceWhereItIs) {
  const std::string models = std::string(AG_SOURCE_DIR) + "/web/model";
  if (!fs::exists(AG_ASTRONAUT)) GTEST_SKIP() << AG_ASTRONAUT << " is not here (./ag demo)";
  // Where the face is does not depend on the net for age and gender: a small one stands in for it
  // as long as there is none.
  const bool have_net = fs::exists(models + "/age_gender.agm");
  const TemporaryFolder folder;
  WriteModels(folder.path(), 101);
  const RunResult result =
      RunNative({"predict", "--detector", models + "/face_detector.agm", "--model",
                 have_net ? models + "/age_gender.agm" : folder / "age_gender.agm", AG_ASTRONAUT});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::vector<Json> records = ParseRecords(result.out);
  ASSERT_EQ(records.size(), 1u);
  ASSERT_EQ(records[0]["faces"].size(), 1u) << result.out;
  const Json& face = records[0]["faces"][0];
  const double left = face["box"]["x"], top = face["box"]["y"];
  const double right = left + face["box"]["width"].get<double>();
  const double bottom = top + face["box"]["height"].get<double>();
  EXPECT_TRUE(left > 150 && left < 190) << left;
  EXPECT_TRUE(right > 258 && right < 305) << right;
  EXPECT_TRUE(top > 40 && top < 90) << top;
  EXPECT_TRUE(bottom > 155 && bottom < 205) << bottom;
  EXPECT_NEAR(face["eyes"][0][0].get<double>(), 204, 6);
  EXPECT_NEAR(face["eyes"][0][1].get<double>(), 101, 6);
  EXPECT_NEAR(face["eyes"][1][0].get<double>(), 247, 6);
  EXPECT_NEAR(face["eyes"][1][1].get<double>(), 103, 6);
  EXPECT_GT(face["score"].get<double>(), 0.8);
  if (!have_net) return;
  const double age = face["age"];
  EXPECT_TRUE(age >= 15 && age <= 65) << age;
  EXPECT_GT(face["p_female"].get<double>(), 0.5);
}

}  // namespace
}  // namespace ag::test
