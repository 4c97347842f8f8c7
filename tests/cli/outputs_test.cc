// No run ever writes over what it reads, over what is not its own, or two results into one file.
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

using Strings = std::vector<std::string>;

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// All files below a folder, links included, with what they hold.
std::map<std::string, std::string> Snapshot(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory() && !entry.is_symlink()) {
      files[name] = "folder";
    } else {
      files[name] = ReadText(entry.path().string());
    }
  }
  return files;
}

// A folder with one of each that a command reads.
class OutputsTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
    options_.working_folder = folder_.path().string();
    for (int i = 0; i < 6; ++i) {
      WritePicture(folder_ / ("data/" + Face(i)), 40 + i, 40, static_cast<uint64_t>(i));
    }
    for (const char* name : {"a.jpg", "b.png", "c.bmp"}) {
      WritePicture(folder_ / (std::string("in/") + name), 48, 40, 3);
    }
    fs::create_symlink("in/a.jpg", folder_ / "link");
    fs::create_hard_link(folder_ / "in/a.jpg", folder_ / "hard");
    fs::create_directory_symlink("in", folder_ / "in_link");
    WriteText(folder_ / "list", "in/a.jpg\nin/b.png\n");
    WriteText(folder_ / "notes.txt", "what nobody wants to lose\n");
    WriteText(folder_ / "later", "in/a.jpg\nresult.jsonl\n");
    std::string manifest = "file,age,gender\n";
    for (int i = 0; i < 6; ++i) manifest += "data/" + Face(i) + "," + std::to_string(i) + ",male\n";
    WriteText(folder_ / "manifest.csv", manifest);
    WriteText(folder_ / "clusters.csv", "sha256,cluster\n");
    WriteText(folder_ / "net.onnx", "\x08\x07\x12\x04 no net at all");
  }
  static std::string Face(int i) {
    return std::to_string(20 + i) + "_" + std::to_string(i % 2) + "_0_20170101000000000.png";
  }

  RunResult Run(Strings arguments) {
    const bool engine = arguments[0] == "predict" || arguments[0] == "detect" ||
                        arguments[0] == "eval" || arguments[0] == "calibrate";
    if (engine) {
      arguments.insert(arguments.begin() + 1,
                       {"--min-score", "0.01", "--detect-size", "64", "--no-rotate", "--max-faces",
                        "3", "--threads", "2"});
    }
    return RunNative(arguments, options_);
  }

  // Any score is a face: so the records tell predict's from detect's.
  // What eval, calibrate and the like need and make.
  void MakeResults() {
    ASSERT_EQ(Run({"predict", "--out", "predicted.jsonl", "in"}).code, 0);
    ASSERT_EQ(Run({"predict", "--out", "predicted.csv", "in"}).code, 0);
    ASSERT_EQ(Run({"detect", "--out", "detected.jsonl", "in"}).code, 0);
    ASSERT_EQ(Run({"eval", "--data", "data", "--predictions", "p1.csv", "--json", "e.json",
                   "--report", "report", "--resamples", "100"})
                  .code,
              0);
    ASSERT_EQ(Run({"eval", "--data", "manifest.csv", "--predictions", "p2.csv"}).code, 0);
    ASSERT_EQ(Run({"compare", "p1.csv", "p1.csv", "--resamples", "100", "--json", "c.json"}).code,
              0);
  }

  // Refused, with nothing changed, made or removed anywhere.
  void ExpectRefused(const Strings& arguments, const std::string& says,
                     const std::string& also_says = "") {
    const std::string line = testing::PrintToString(arguments);
    const auto before = Snapshot(folder_.path());
    const RunResult result = Run(arguments);
    EXPECT_EQ(result.code, 2) << line << result.err;
    EXPECT_TRUE(Contains(result.err, says)) << line << result.err;
    EXPECT_TRUE(Contains(result.err, also_says)) << line << result.err;
    const auto after = Snapshot(folder_.path());
    for (const auto& [name, text] : before) {
      EXPECT_TRUE(after.contains(name) && after.at(name) == text) << line << name;
    }
    for (const auto& [name, text] : after) EXPECT_TRUE(before.contains(name)) << line << name;
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

struct Refused {
  Strings arguments;
  std::string output;  // the option that names it
  std::string input;   // and what the message says that it also is
};

TEST_F(OutputsTest, AnOutputIsNeverWhatTheRunReads) {
  MakeResults();
  const std::string net = "models/age_gender.agm", detector = "models/face_detector.agm";
  std::vector<Refused> cases = {
      {{"eval", "--data", "manifest.csv", "--json", "manifest.csv"}, "--json", "--data"},
      {{"eval", "--data", "manifest.csv", "--predictions", "manifest.csv"},
       "--predictions",
       "--data"},
      {{"eval", "--data", "data", "--predictions", net}, "--predictions", "--model"},
      {{"eval", "--data", "data", "--json", detector}, "--json", "--detector"},
      {{"eval", "--data", "manifest.csv", "--json", "data/" + Face(1)}, "--json", ""},
      {{"eval", "--data", "data", "--json", "x", "--predictions", "x"}, "--json", "--predictions"},
      {{"eval", "--data", "data", "--json", "new/report.json", "--report", "new"},
       "--report",
       "--json"},
      {{"eval", "--data", "data", "--report", "report", "--clusters", "report/index.html"},
       "--report",
       "--clusters"},
      {{"eval", "--data", "report/predictions.csv", "--report", "report"}, "--report", "--data"},
      {{"calibrate", "--model", net, "--data", "data", "--out", net}, "--out", "--model"},
      {{"calibrate", "--model", net, "--data", "manifest.csv", "--out", "manifest.csv"},
       "--out",
       "--data"},
      {{"calibrate", "--model", net, "--data", "data", "--out", "data/" + Face(0)}, "--out", ""},
      {{"calibrate", "--model", net, "--data", "data", "--out", detector}, "--out", "--detector"},
      {{"compare", "p1.csv", "p2.csv", "--json", "p1.csv"}, "--json", "the first input"},
      {{"compare", "p1.csv", "p2.csv", "--json", "p2.csv"}, "--json", "the second input"},
      {{"card", "--report", "report/report.json", "--out", "report/report.md"},
       "--out",
       "--report"},
      {{"card", "--report", "report", "--out", "report/report.md"}, "--out", "--report"},
      {{"self-test", "--out", net}, "--out", "--model"},
      {{"self-test", "--out", detector}, "--out", "--detector"},
  };
  for (const std::string command : {"predict", "detect"}) {
    for (const std::string format : {"jsonl", "csv", "table"}) {
      const Strings begin = {command, "--format", format, "--out"};
      const auto add = [&](Strings more, const std::string& input) {
        more.insert(more.begin(), begin.begin(), begin.end());
        cases.push_back({more, "--out", input});
      };
      add({"in/a.jpg", "in/a.jpg", "in/b.png"}, "the input");
      add({"in/../in/b.png", "in/b.png"}, "the input");
      add({"link", "in/a.jpg"}, "the input");
      add({"in/a.jpg", "link"}, "the input");
      add({"hard", "in/a.jpg"}, "the input");
      add({"in_link/a.jpg", "in"}, "");
      add({"in/b.png", "in_link"}, "");
      add({"in/new.jpg", "in"}, "the input");
      add({"in/deeper/new.png", "in_link"}, "the input");
      add({"in/a.jpg", "in/b.png"}, "a picture");
      add({"list", "--list", "list"}, "--list");
      add({"in/a.jpg", "--list", "list"}, "");
      add({"list", "in"}, "a list");
      add({"result.jsonl", "--list", "later"}, "the input");
      add({detector, "in"}, "");
      add({"absent.png", "absent.png"}, "the input");
      if (command == "predict") add({net, "in"}, "");
    }
  }
  for (const Refused& refused : cases) {
    ExpectRefused(refused.arguments, refused.output, refused.input);
    Strings overwrite = refused.arguments;
    overwrite.push_back("--overwrite");
    ExpectRefused(overwrite, refused.output, refused.input);
  }
  // A set that lies where its own page would.
  WriteText(folder_ / "set/table.csv", "file,age,gender\n../data/" + Face(0) + ",1,male\n");
  fs::create_directories(folder_.path() / "page");
  fs::create_hard_link(folder_ / "manifest.csv", folder_ / "page/index.html");
  for (const char* overwrite : {"--seed=1", "--overwrite"}) {
    ExpectRefused({"explore", "set/table.csv", "--out", "set", overwrite}, "DATA");
    ExpectRefused({"explore", "manifest.csv", "--out", "page", overwrite}, "DATA");
    if (!fs::exists(NativeProgram() + "-bench")) continue;
    ExpectRefused({"bench", "detect", "--parts", "patterns", "--boxes", "notes.txt", "--json",
                   "notes.txt", overwrite},
                  "--boxes");
  }
  if (fs::exists(NativeProgram() + "-import-onnx")) {
    ExpectRefused({"import-onnx", "net.onnx", "--out", "net.onnx", "--overwrite"}, "the input");
    ExpectRefused({"import-onnx", "net.onnx", "--out", "in/a.jpg", "--overwrite"}, "a picture");
    ExpectRefused({"import-onnx", "net.onnx", "--out", "notes.txt"}, "--overwrite");
  }
}

TEST_F(OutputsTest, RedirectionsAreInputsAndOutputsToo) {
  options_.stdin_file = folder_ / "list";
  ExpectRefused({"predict", "--list", "-", "--out", "list"}, "--list -");
  options_.stdin_file = folder_ / "in/a.jpg";
  ExpectRefused({"predict", "-", "--out", "in/a.jpg", "--overwrite"}, "the input -");
  options_.stdin_file.clear();
  const std::pair<Strings, std::string> cases[] = {
      {{"predict", "in/a.jpg"}, "in/a.jpg"},
      {{"detect", "--out", "/dev/stdout", "link"}, "in/a.jpg"},
      {{"predict", "--list", "list"}, "list"},
      {{"predict", "in"}, "models/face_detector.agm"},
      {{"eval", "--data", "manifest.csv"}, "manifest.csv"},
      {{"eval", "--data", "data", "--json", "notes.txt", "--overwrite"}, "notes.txt"},
      {{"calibrate", "--model", "models/age_gender.agm", "--data", "data", "--out", "o"},
       "models/age_gender.agm"},
      {{"info", "models/age_gender.agm"}, "models/age_gender.agm"},
      {{"self-test"}, "models/age_gender.agm"},
  };
  for (const auto& [arguments, file] : cases) {
    options_.stdout_file = folder_ / file;
    ExpectRefused(arguments, "standard output");
  }
}

TEST_F(OutputsTest, OnlyEarlierResultsOfTheSameCommandAndFormatAreReplaced) {
  MakeResults();
  const Strings predict = {"predict", "in", "--json", "--out"}, detect = {"detect", "in", "--out"};
  const Strings csv = {"predict", "in", "--format", "csv", "--out"};
  const Strings json = {"eval", "--data", "data", "--json"};
  const Strings predictions = {"eval", "--data", "data", "--predictions"};
  const Strings compare = {"compare", "p1.csv", "p1.csv", "--resamples", "100", "--json"};
  const Strings self_test = {"self-test", "--out"};
  const Strings calibrate = {"calibrate", "--model", "models/age_gender.agm",
                             "--data",    "data",    "--out"};
  WriteText(folder_ / "lines.jsonl", "{\"schema\": 7, \"rows\": []}\n");
  WriteText(folder_ / "table.csv", "file,age,gender\n");
  fs::copy_file(folder_ / "models/age_gender.agm", folder_ / "other.agm");
  const std::vector<std::pair<Strings, Strings>> refused = {
      {predict,
       {"notes.txt", "lines.jsonl", "table.csv", "predicted.csv", "detected.jsonl", "p1.csv",
        "e.json", "c.json", "report/index.html", "report/report.json"}},
      {detect, {"notes.txt", "predicted.jsonl"}},
      {csv, {"notes.txt", "predicted.jsonl", "table.csv", "p1.csv"}},
      {json, {"notes.txt", "c.json", "report/report.json", "predicted.jsonl"}},
      {predictions, {"notes.txt", "table.csv", "predicted.csv", "clusters.csv"}},
      {compare, {"notes.txt", "e.json", "report/report.json", "clusters.csv"}},
      {self_test, {"notes.txt", "e.json", "other.agm"}},
      {calibrate, {"notes.txt", "other.agm", "e.json"}}};
  for (const auto& [command, files] : refused) {
    for (const std::string& file : files) {
      Strings arguments = command;
      arguments.push_back(file);
      ExpectRefused(arguments,
                    file == "other.agm" && command == self_test ? "a model" : "--overwrite");
    }
  }
  // A folder that holds a page of the user's.
  WriteText(folder_ / "site/index.html", "<!doctype html>\n<title>Evaluation of me</title>\n");
  ExpectRefused({"eval", "--data", "data", "--report", "site"}, "index.html");
  ExpectRefused({"explore", "data", "--out", "site"}, "index.html");
  ExpectRefused({"explore", "data", "--out", "report"}, "index.html");
  WriteText(folder_ / "card.md", "# My own card\n");
  ExpectRefused({"card", "--report", "report", "--out", "card.md"}, "card.md");

  // A second time.
  WriteText(folder_ / "empty", "");
  for (const auto& [command, file] : std::vector<std::pair<Strings, std::string>>{
           {predict, "predicted.jsonl"},
           {csv, "predicted.csv"},
           {detect, "detected.jsonl"},
           {json, "e.json"},
           {predictions, "p1.csv"},
           {{"eval", "--data", "data", "--resamples", "100", "--report"}, "report"},
           {compare, "c.json"},
           {self_test, "self_test.json"},
           {self_test, "self_test.json"},
           {{"explore", "data", "--out"}, "explored"},
           {{"explore", "data", "--out"}, "explored"},
           {{"card", "--report", "report", "--out"}, "made.md"},
           {{"card", "--report", "report", "--out"}, "made.md"},
           {{"predict", "in", "--format", "table", "--out"}, "table"},
           {{"predict", "in", "in/a.jpg", "--format", "table", "--out"}, "table"},
           {predict, "empty"}}) {
    Strings arguments = command;
    arguments.push_back(file);
    const RunResult result = Run(arguments);
    EXPECT_EQ(result.code, 0) << testing::PrintToString(arguments) << result.err;
  }
  // And where it is asked for.
  for (const Strings& command : {predict, json, compare, self_test}) {
    WriteText(folder_ / "notes.txt", "what nobody wants any more");
    Strings arguments = command;
    arguments.insert(arguments.end(), {"notes.txt", "--overwrite"});
    EXPECT_EQ(Run(arguments).code, 0) << command[0];
    EXPECT_FALSE(Contains(ReadText(folder_ / "notes.txt"), "nobody"));
  }
}

TEST_F(OutputsTest, AnInputThatIsTheResultIsMetOnTheWay) {
  ASSERT_EQ(Run({"predict", "--out", "result.jsonl", "in"}).code, 0);
  const std::string before = ReadText(folder_ / "result.jsonl");
  // From a list that can be read only once.
  const std::string command =
      "cd " + folder_ / "" + " && cat later | AG_MODEL_DIR=" + options_.model_dir + " " +
      NativeProgram() +
      " predict --min-score 0.01 --detect-size 64 --no-rotate --list - --out result.jsonl 2>err";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  EXPECT_TRUE(Contains(ReadText(folder_ / "err"), "is also the input result.jsonl"));
  EXPECT_EQ(ReadText(folder_ / "result.jsonl"), before);
}

TEST_F(OutputsTest, WhatGrowsBesideAResultIsCheckedToo) {
  fs::copy_file(folder_ / "in/a.jpg", folder_ / "r.jsonl.partial");
  fs::copy_file(folder_ / "in/a.jpg", folder_ / "s.jsonl.partial.json");
  WriteText(folder_ / "t.jsonl.partial", "words\n");
  for (const char* way : {"--overwrite", "--resume", "--fail-fast"}) {
    ExpectRefused({"predict", way, "--out", "r.jsonl", "in"}, "r.jsonl.partial");
    ExpectRefused({"predict", way, "--out", "r.jsonl", "r.jsonl.partial"}, "the input");
    ExpectRefused({"predict", way, "--out", "s.jsonl", "in"}, "s.jsonl.partial.json");
    ExpectRefused({"predict", way, "--out", "t.jsonl", "in"}, "t.jsonl.partial");
  }
}

TEST_F(OutputsTest, DescriptorsAreWrittenToWhereTheyAre) {
  WriteText(folder_ / "log", "before\n");
  for (const char* name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    const std::string command =
        "cd " + folder_ / "" + " && AG_MODEL_DIR=" + options_.model_dir + " " + NativeProgram() +
        " predict --min-score 1 --detect-size 64 --no-rotate in/a.jpg --out " + name + " >>log";
    EXPECT_EQ(std::system(command.c_str()), 0) << name;
  }
  const Strings lines = Lines(ReadText(folder_ / "log"));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "before");
  EXPECT_EQ(lines[1], lines[3]);
}

// ------------------------------------------------------------ pictures beside the records

class SidePicturesTest : public OutputsTest {
 protected:
  void SetUp() override {
    OutputsTest::SetUp();
    WritePicture(folder_ / "in/a.jpg.0.png", 44, 44, 9);
    WritePicture(folder_ / "in/c.bmp.annotated.png", 44, 44, 8);
  }
  // The originals are all there, and as they were.
  void ExpectOriginals(const std::map<std::string, std::string>& before, const std::string& why) {
    const auto after = Snapshot(folder_.path() / "in");
    for (const auto& [name, text] : before) {
      EXPECT_TRUE(after.contains(name) && after.at(name) == text) << why << ": " << name;
    }
  }
};

TEST_F(SidePicturesTest, OriginalsAreNeverReplaced) {
  WriteText(folder_ / "all", "in/a.jpg\nin/b.png\nin/c.bmp\nin/a.jpg.0.png\n");
  const auto before = Snapshot(folder_.path() / "in");
  for (const std::string folder : {"in", "in_link", "./in/../in", "in/deeper/.."}) {
    for (const std::string option : {"--annotate", "--crops"}) {
      for (const Strings& inputs :
           {Strings{"in"}, Strings{"in_link"}, Strings{"in/a.jpg"}, Strings{"in/c.bmp"},
            Strings{"link", "in/c.bmp"}, Strings{"--list", "all"}}) {
        Strings arguments = {"predict", "--overwrite", option, folder};
        arguments.insert(arguments.end(), inputs.begin(), inputs.end());
        fs::create_directories(folder_.path() / "in/deeper");
        const RunResult result = Run(arguments);
        ExpectOriginals(before, testing::PrintToString(arguments));
        EXPECT_LE(result.code, 2) << result.err;
      }
    }
  }
  // The crop of a.jpg would be a.jpg.0.png, which is there.
  const RunResult crops = Run({"predict", "--overwrite", "--crops", "in", "in/a.jpg", "in/b.png"});
  EXPECT_EQ(crops.code, 1) << crops.err;
  ASSERT_EQ(Lines(crops.out).size(), 2u);
  EXPECT_EQ(Json::parse(Lines(crops.out)[0])["error"]["code"], "io");
  EXPECT_TRUE(Contains(crops.out, "in/a.jpg.0.png")) << crops.out;
  EXPECT_TRUE(Json::parse(Lines(crops.out)[1]).contains("faces"));
  // A link that somebody put where a picture would go.
  fs::create_directories(folder_.path() / "out");
  fs::create_symlink("../in/b.png", folder_ / "out/b.png");
  const RunResult linked = Run({"predict", "--overwrite", "--annotate", "out", "in/b.png"});
  EXPECT_NE(linked.code, 0);
  ExpectOriginals(before, "link");
}

TEST_F(SidePicturesTest, EarlierOnesAreReplacedAndOthersAreNot) {
  for (const std::string option : {"--annotate", "--crops"}) {
    ASSERT_EQ(Run({"predict", option, "out" + option, "in"}).code, 0);
    const auto first = Snapshot(folder_.path() / ("out" + option));
    EXPECT_GE(first.size(), 5u);
    ASSERT_EQ(Run({"predict", option, "out" + option, "--overwrite", "in"}).code, 0);
    EXPECT_EQ(Snapshot(folder_.path() / ("out" + option)), first);
    // The user put another picture there.
    const std::string place = "out" + option + "/b.png" + (option == "--crops" ? ".0.png" : "");
    fs::remove(folder_ / place);
    fs::copy_file(folder_ / "in/b.png", folder_ / place);
    const RunResult result = Run({"predict", option, "out" + option, "--overwrite", "in"});
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(Lines(result.err).size(), 1u) << result.err;
    EXPECT_EQ(ReadText(folder_ / place), ReadText(folder_ / "in/b.png"));
  }
}

// The crop of a.jpg and the marked a.jpg.0.png have one name; the picture that comes second is the
// one that fails, and both runs to the end.
TEST_F(SidePicturesTest, NoTwoResultsShareAFile) {
  const RunResult result =
      Run({"predict", "--annotate", "out", "--crops", "out", "--out", "r.jsonl", "in"});
  EXPECT_EQ(result.code, 1) << result.err;
  const Strings lines = Lines(ReadText(folder_ / "r.jsonl"));
  ASSERT_EQ(lines.size(), 5u);
  size_t failed = 0;
  for (const std::string& line : lines) failed += Json::parse(line).contains("error");
  EXPECT_EQ(failed, 1u);
  EXPECT_TRUE(Contains(result.err, "a.jpg.0.png")) << result.err;
  EXPECT_TRUE(Contains(result.err, "made of another picture")) << result.err;
  // The same picture twice is the same result twice.
  EXPECT_EQ(
      Run({"predict", "--annotate", "twice", "--crops", "crops", "in/b.png", "in/b.png"}).code, 0);
}

// 255 bytes are what Linux takes; the endings of crops and marked pictures need some of them.
TEST_F(SidePicturesTest, ALongNameIsItsOwnFailure) {
  const std::string bmp = std::string(250, 'l') + ".bmp", jpg = std::string(251, 'l') + ".jpg";
  const std::string png = std::string(240, 'm') + ".png";
  fs::create_directories(folder_.path() / "long");
  fs::copy_file(folder_ / "in/c.bmp", folder_ / ("long/" + bmp));
  fs::copy_file(folder_ / "in/a.jpg", folder_ / ("long/" + jpg));
  fs::copy_file(folder_ / "in/b.png", folder_ / ("long/" + png));
  fs::copy_file(folder_ / "in/b.png", folder_ / "long/short.png");
  const auto failures = [&](const std::string& option) {
    const RunResult result =
        Run({"predict", option, "o" + option, "--out", "r" + option + ".jsonl", "long"});
    EXPECT_EQ(result.code, 1) << result.err;
    size_t failed = 0;
    const Strings lines = Lines(ReadText(folder_ / ("r" + option + ".jsonl")));
    EXPECT_EQ(lines.size(), 4u);
    for (const std::string& line : lines) {
      const Json record = Json::parse(line);
      failed += record.contains("error");
      if (!record.contains("error")) continue;
      EXPECT_EQ(record["error"]["code"], "io");
      EXPECT_TRUE(Contains(record["error"]["message"], "too long")) << line;
    }
    // It does not stand in the way of going on.
    EXPECT_EQ(
        Run({"predict", option, "o" + option, "--resume", "--out", "r" + option + ".jsonl", "long"})
            .code,
        1);
    return failed;
  };
  EXPECT_EQ(failures("--crops"), 2u);     // 254 and 255 bytes, and ".0.png"
  EXPECT_EQ(failures("--annotate"), 1u);  // .bmp and ".annotated.png"; the others keep their names
}

TEST_F(SidePicturesTest, LongNamesOfResults) {
  const auto name = [](size_t length) { return std::string(length - 6, 'r') + ".jsonl"; };
  EXPECT_EQ(Run({"predict", "--out", name(242), "in/a.jpg"}).code, 0);
  for (const size_t length : {243u, 247u, 255u, 256u}) {
    ExpectRefused({"predict", "--out", name(length), "in/a.jpg"}, "too long");
  }
  EXPECT_EQ(Run({"predict", "--format", "table", "--out", name(255), "in/a.jpg"}).code, 0);
  EXPECT_EQ(Run({"self-test", "--out", name(254)}).code, 0);
  ExpectRefused({"self-test", "--out", name(256)}, "too long");
}

}  // namespace
}  // namespace ag::test
