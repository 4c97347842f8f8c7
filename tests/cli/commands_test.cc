// Commands, their exit codes and messages; info; the programs beside ag_native.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"
#include "tests/support/model_builder.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandsTest, VersionAndHelpGoToStdout) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"version"},
                                             {"--version"},
                                             {"help"},
                                             {"--help"},
                                             {"-h"},
                                             {"help", "predict"},
                                             {"predict", "--help"},
                                             {"detect", "--help"},
                                             {"eval", "--help"},
                                             {"info", "--help"}}) {
    const RunResult result = RunNative(arguments);
    EXPECT_EQ(result.code, 0) << arguments[0];
    EXPECT_TRUE(Contains(result.out, "ag_native")) << arguments[0];
    EXPECT_EQ(result.err, "") << arguments[0];
  }
}

TEST(CommandsTest, WrongUsageIsTwoAndOneLine) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"predikt"},
                                             {"help", "predikt"},
                                             {"predict"},
                                             {"predict", "--nonsense", "a.jpg"},
                                             {"predict", "--format", "xml", "a.jpg"},
                                             {"predict", "--json", "--format", "csv", "a.jpg"},
                                             {"predict", "--threads", "0", "a.jpg"},
                                             {"predict", "--threads", "many", "a.jpg"},
                                             {"predict", "--detect-size", "31", "a.jpg"},
                                             {"predict", "--min-score", "1.5", "a.jpg"},
                                             {"predict", "--min-score", "0", "a.jpg"},
                                             {"predict", "--max-pixels", "0", "a.jpg"},
                                             {"predict", "--box", "1,2,3", "a.jpg"},
                                             {"predict", "--box", "1,2,3,4,5", "a.jpg"},
                                             {"predict", "--box", "1,2,0,4", "a.jpg"},
                                             {"predict", "--box", "1,2,nan,4", "a.jpg"},
                                             {"predict", "--box", "0,0,1e300,4", "a.jpg"},
                                             {"predict", "-", "-"},
                                             {"predict", "--list", "x", "a.jpg"},
                                             {"predict", "--list", "/absent/list"},
                                             {"predict", "--null", "a.jpg"},
                                             {"predict", "--shard", "3/3", "a.jpg"},
                                             {"predict", "--shard", "1", "a.jpg"},
                                             {"predict", "--shard", "-1/3", "a.jpg"},
                                             {"predict", "--shard", "0/0", "a.jpg"},
                                             {"predict", "--resume", "a.jpg"},
                                             {"predict", "--retry-failed", "a.jpg"},
                                             {"detect"},
                                             {"detect", "--model", "x", "a.jpg"},
                                             {"detect", "--crops", "x", "a.jpg"},
                                             {"eval"},
                                             {"eval", "--data", "x", "--part", "val"},
                                             {"eval", "--data", "x", "--crop", "loose"},
                                             {"info"},
                                             {"info", "a.agm", "b.agm"}}) {
    const RunResult result = RunNative(arguments);
    std::string shown;
    for (const std::string& argument : arguments) shown += argument + " ";
    EXPECT_EQ(result.code, 2) << shown;
    EXPECT_EQ(result.out, "") << shown;
    ASSERT_EQ(Lines(result.err).size(), 1u) << shown << result.err;
    EXPECT_TRUE(result.err.starts_with("ag_native: ")) << result.err;
  }
  const RunResult nothing = RunNative({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_TRUE(Contains(nothing.err, "predict"));
}

// One file with one registration is a command.
TEST(CommandsTest, AFileThatRegistersACommandIsOne) {
  RunOptions more;
  more.program = std::string(AG_BUILD_BIN_DIR) + "/../tests/ag_native_and_more";
  std::vector<std::string> expected = Lines(RunNative({"help"}).out);
  const auto place = std::find_if(expected.begin(), expected.end(), [](const std::string& line) {
    return line.starts_with("  card ");
  });
  ASSERT_NE(place, expected.end());
  expected.insert(place + 1, "  greet         says what it was given");
  EXPECT_EQ(Lines(RunNative({"help"}, more).out), expected);
  for (const char* name : {"greet", "salute"}) {
    const RunResult result = RunNative({name, "a b", ""}, more);
    EXPECT_EQ(result.code, 7);
    EXPECT_EQ(result.out, std::string(name) + ": [a b] []\n");
  }
  EXPECT_TRUE(Contains(RunNative({"gret"}, more).err, "(did you mean 'greet'?)"));
  EXPECT_EQ(RunNative({"greet"}).code, 2);
}

// By block, in the order in which they are wanted, whatever the linker's order was.
TEST(CommandsTest, HelpListsThemInOneOrder) {
  std::vector<std::string> names;
  for (const std::string& line : Lines(RunNative({"help"}).out)) {
    if (line.starts_with("  ")) names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  const std::vector<std::string> expected = {
      "predict", "detect",    "eval",  "calibrate", "compare",     "card",    "info", "explore",
      "serve",   "self-test", "bench", "train",     "import-onnx", "version", "help"};
  EXPECT_EQ(names, expected);
}

TEST(CommandsTest, ResultThatCannotBeWrittenIsAnError) {
  for (const char* command : {"version", "help"}) {
    RunOptions closed;
    closed.close_stdout = true;
    EXPECT_EQ(RunNative({command}, closed).code, 2) << command;
    if (!fs::exists("/dev/full")) continue;
    RunOptions full;
    full.stdout_file = "/dev/full";
    const RunResult result = RunNative({command}, full);
    EXPECT_EQ(result.code, 2);
    EXPECT_TRUE(Contains(result.err, "standard output")) << result.err;
  }
}

// A copy of the program in a folder without the others.
std::string CopyProgram(const TemporaryFolder& folder) {
  fs::create_directories(folder.path() / "bin");
  fs::copy_file(NativeProgram(), folder / "bin/ag_native");
  return folder / "bin/ag_native";
}

TEST(LaunchTest, MissingProgramSaysWhatAndHow) {
  const TemporaryFolder folder;
  RunOptions options;
  options.program = CopyProgram(folder);
  const RunResult train = RunNative({"train", "--data", "x"}, options);
  EXPECT_EQ(train.code, 2);
  EXPECT_TRUE(
      Contains(train.err, "ag_native-train was not found beside ag_native in " + folder / "bin"))
      << train.err;
  EXPECT_TRUE(Contains(train.err, "libtorch-dev"));
  const RunResult import = RunNative({"import-onnx", "x"}, options);
  EXPECT_EQ(import.code, 2);
  EXPECT_TRUE(Contains(import.err, "ag_native-import-onnx")) << import.err;
  EXPECT_TRUE(Contains(import.err, "libonnx-dev"));
}

TEST(LaunchTest, ProgramBesideGetsTheArgumentsAndGivesTheExitCode) {
  const TemporaryFolder folder;
  RunOptions options;
  options.program = CopyProgram(folder);
  for (const char* command : {"train", "import-onnx"}) {
    const std::string program = folder / ("bin/ag_native-" + std::string(command));
    WriteText(program, "#!/bin/sh\nfor a in \"$@\"; do echo \"[$a]\"; done\nexit 7\n");
    fs::permissions(program, fs::perms::owner_all);
    const RunResult result = RunNative({command, "--data", "two words", ""}, options);
    EXPECT_EQ(result.code, 7);
    EXPECT_EQ(result.out, "[--data]\n[two words]\n[]\n");
  }
}

TEST(ModelPathsTest, MessageListsWhereItLooked) {
  const TemporaryFolder folder;
  RunOptions options;
  options.program = CopyProgram(folder);
  options.working_folder = folder.path().string();
  const RunResult nowhere =
      RunNative({"predict", "--detect-size", "64", "--no-rotate", "a.png"}, options);
  EXPECT_EQ(nowhere.code, 2);
  for (const std::string& part : {std::string("age_gender.agm"), folder / "share/ag",
                                  std::string("web/model"), std::string("--model")}) {
    EXPECT_TRUE(Contains(nowhere.err, part)) << part << " in " << nowhere.err;
  }
  WriteModels(folder.path() / "share/ag", 0);
  WritePicture(folder / "a.png", 32, 32, 1);
  EXPECT_EQ(RunNative({"predict", "--detect-size", "64", "--no-rotate", "a.png"}, options).code, 0);
  // A folder that is named is the only one.
  options.model_dir = folder / "elsewhere";
  const RunResult elsewhere =
      RunNative({"predict", "--detect-size", "64", "--no-rotate", "a.png"}, options);
  EXPECT_EQ(elsewhere.code, 2);
  EXPECT_TRUE(Contains(elsewhere.err, "elsewhere")) << elsewhere.err;
  EXPECT_FALSE(Contains(elsewhere.err, "share/ag"));
}

TEST(ModelPathsTest, FoundInTheWorkingFolder) {
  const TemporaryFolder folder;
  RunOptions options;
  options.program = CopyProgram(folder);
  options.working_folder = folder.path().string();
  WriteModels(folder.path() / "web/model", 0);
  WritePicture(folder / "a.png", 32, 32, 1);
  EXPECT_EQ(RunNative({"predict", "--detect-size", "64", "--no-rotate", "a.png"}, options).code, 0);
}

TEST(InfoTest, AgeGenderModel) {
  const TemporaryFolder folder;
  Model model = SmallAgeGenderModel(3, 101, Storage::kFloat16);
  model.provenance.name = "a name";
  model.provenance.licence = "a licence";
  model.provenance.metrics = {{"val_mae", 6.5}};
  WriteModel(folder / "m.agm", model);
  const RunResult result = RunNative({"info", folder / "m.agm", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json json = Json::parse(result.out);
  uint64_t parameters = 0;
  for (const Tensor& tensor : model.tensors) parameters += ElementCount(tensor.shape);
  EXPECT_EQ(json["totals"]["parameters"], parameters);
  EXPECT_EQ(json["totals"]["file_bytes"], fs::file_size(folder / "m.agm"));
  EXPECT_EQ(json["provenance"]["name"], "a name");
  EXPECT_EQ(json["provenance"]["metrics"]["val_mae"], 6.5);
  EXPECT_EQ(json["output"]["kind"], "age_gender");
  ASSERT_EQ(json["ops"].size(), model.ops.size());
  uint64_t macs = 0;
  for (const Json& op : json["ops"]) macs += op["macs"].get<uint64_t>();
  EXPECT_EQ(json["totals"]["macs"], macs);
  EXPECT_GT(macs, 0u);

  const RunResult text = RunNative({"info", folder / "m.agm"});
  EXPECT_EQ(text.code, 0);
  for (const std::string& part : {std::string("a name"), std::string("a licence"),
                                  std::string("val_mae = 6.5"), std::to_string(macs)}) {
    EXPECT_TRUE(Contains(text.out, part)) << part;
  }
}

// What the page's engine is compared with: numbers that repeat, another model gives others.
TEST(SelfTestTest, WritesTheValuesOfTheModelsGiven) {
  const TemporaryFolder folder;
  WriteModel(folder / "m.agm", SmallAgeGenderModel(3, 101));
  WriteModel(folder / "n.agm", SmallAgeGenderModel(4, 101));
  WriteModel(folder / "d.agm", SmallDetectorModel(4));
  const auto run = [&](const std::string& model) {
    return RunNative({"self-test", "--model", folder / model, "--detector", folder / "d.agm"});
  };
  const RunResult first = run("m.agm"), again = run("m.agm"), other = run("n.agm");
  ASSERT_EQ(first.code, 0) << first.err;
  const Json json = Json::parse(first.out);
  EXPECT_GT(json["tolerance"].get<double>(), 0);
  EXPECT_GT(json["values"].size(), 102u);
  EXPECT_EQ(first.out, again.out);
  EXPECT_NE(json["values"], Json::parse(other.out)["values"]);
}

TEST(SelfTestTest, RefusesABrokenModelAndKeepsTheFile) {
  const TemporaryFolder folder;
  WriteText(folder / "m.agm", "no model");
  WriteText(folder / "out.json", "before");
  WriteModel(folder / "d.agm", SmallDetectorModel(4));
  const RunResult result = RunNative({"self-test", "--model", folder / "m.agm", "--detector",
                                      folder / "d.agm", "--out", folder / "out.json"});
  EXPECT_EQ(result.code, 2);
  EXPECT_TRUE(Contains(result.err, "m.agm")) << result.err;
  EXPECT_EQ(ReadText(folder / "out.json"), "before");
}

TEST(InfoTest, DetectorModel) {
  const TemporaryFolder folder;
  WriteModel(folder / "d.agm", SmallDetectorModel(4));
  const RunResult json = RunNative({"info", folder / "d.agm", "--json"});
  ASSERT_EQ(json.code, 0) << json.err;
  EXPECT_EQ(Json::parse(json.out)["output"]["kind"], "face_detector");
  const RunResult text = RunNative({"info", folder / "d.agm"});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(Contains(text.out, "strides 8 16 32")) << text.out;
}

TEST(InfoTest, BrokenFilesAreNamedInTheReadersWords) {
  const TemporaryFolder folder;
  WriteModel(folder / "m.agm", SmallAgeGenderModel(3, 0));
  const std::string whole = ReadText(folder / "m.agm");
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  WriteText(folder / "flipped.agm", flipped);
  WriteText(folder / "cut.agm", whole.substr(0, whole.size() / 2));
  WriteText(folder / "text.agm", "this is no model, however long the text may be: it goes on");
  for (const char* name : {"flipped.agm", "cut.agm", "text.agm", "absent.agm"}) {
    const std::string path = folder / name;
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"info", path},
                                               {"predict", "--model", path, "x.png"},
                                               {"eval", "--model", path, "--data", "x"}}) {
      const RunResult result = RunNative(arguments);
      EXPECT_EQ(result.code, 2) << name;
      EXPECT_TRUE(result.err.starts_with("ag_native: " + path + ": ")) << result.err;
      EXPECT_EQ(result.out, "");
    }
  }
  EXPECT_TRUE(Contains(RunNative({"info", folder / "flipped.agm"}).err, "checksum"));
}

TEST(BenchTest, TemporalStabilityKeepsItsFormerName) {
  if (!fs::exists(NativeProgram() + "-bench")) GTEST_SKIP() << "no benchmarks in this build";
  for (const char* name : {"temporal-stability", "wobble"}) {
    const RunResult result = RunNative({"bench", name, "--help"});
    EXPECT_EQ(result.code, 0) << name;
    EXPECT_TRUE(Contains(result.out, "Frames per face")) << name << "\n" << result.out;
  }
  const RunResult list = RunNative({"bench", "--help"});
  EXPECT_TRUE(Contains(list.err, "temporal-stability")) << list.err;
  EXPECT_FALSE(Contains(list.err, "wobble")) << list.err;
}

}  // namespace
}  // namespace ag::test
