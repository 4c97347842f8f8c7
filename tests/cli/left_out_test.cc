// Folders as people have them: what is read by its content, what is left out and how that is said.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using namespace std::string_literals;

const std::string kHeic = "\0\0\0\x18"s + "ftypheic\0\0\0\0mif1heic"s;
const std::string kWebp = "RIFF\x10\0\0\0WEBPVP8 "s;
const std::string kTiff = "II*\0\x08\0\0\0\0\0\0\0\0\0"s;

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class LeftOutTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }

  // What a telephone, a browser and a NAS leave in one folder; the pictures are whole ones. Named
  // as UTKFace does, so that every command takes them.
  std::string Album() {
    const std::string in = folder_ / "in";
    WritePicture(folder_ / "one.jpg", 32, 32, 1);
    WritePicture(folder_ / "two.png", 33, 32, 2);
    const auto name = [&](int i) {
      return "in/" + std::to_string(20 + i) + "_0_1_2017010100000000" + std::to_string(i);
    };
    const auto copy = [&](const char* from, const std::string& to) {
      fs::create_directories((folder_.path() / to).parent_path());
      fs::copy_file(folder_.path() / from, folder_.path() / to);
    };
    copy("one.jpg", name(0) + ".jpg");
    copy("one.jpg", name(1) + ".jfif");
    copy("one.jpg", name(2) + ".JPE");
    copy("one.jpg", name(3) + ".mpo");
    copy("one.jpg", name(4) + ".HEIC");  // a JPEG all the same
    copy("two.png", name(5));
    for (int i = 0; i < 4; ++i) {
      WriteText(folder_ / ("in/IMG_" + std::to_string(i) + ".HEIC"), kHeic);
    }
    WriteText(folder_ / "in/a.webp", kWebp);
    WriteText(folder_ / "in/b.webp", kWebp);
    WriteText(folder_ / "in/scan.tif", kTiff);
    WriteText(folder_ / "in/notes.txt", "not a word about it");
    WriteText(folder_ / "in/.hidden.jpg", "no picture");
    WriteText(folder_ / "in/@eaDir/x.jpg", "no picture");
    EXPECT_EQ(::mkfifo((folder_ / "in/pipe.jpg").c_str(), 0600), 0);
    return in;
  }
  static constexpr size_t kRead = 6;
  static constexpr char kLine[] =
      "10 files left out: 4 HEIC, 2 WebP, 1 TIFF, 1 hidden, 1 pipes, sockets or devices, "
      "1 thumbnails";

  RunResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1,
                     {"--min-score", "1", "--detect-size", "32", "--no-rotate"});
    return RunNative(arguments, options_);
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(LeftOutTest, OneLineAtTheEndOfEveryCommand) {
  const std::string in = Album();
  const std::string out = folder_ / "out";
  struct Case {
    std::vector<std::string> arguments;
    bool records;
  };
  const Case cases[] = {{{"predict", in}, true},
                        {{"predict", "--frames", in}, true},
                        {{"predict", "--out", folder_ / "r.jsonl", in}, false},
                        {{"detect", in}, true},
                        {{"eval", "--data", in}, false}};
  for (const Case& one : cases) {
    const RunResult result = Run(one.arguments);
    EXPECT_EQ(result.code, 0) << testing::PrintToString(one.arguments) << result.err;
    const std::vector<std::string> lines = Lines(result.err);
    ASSERT_FALSE(lines.empty()) << testing::PrintToString(one.arguments);
    EXPECT_EQ(lines.back(), kLine) << testing::PrintToString(one.arguments);
    if (one.records) {
      EXPECT_EQ(Lines(result.out).size(), kRead);
    }
    std::vector<std::string> strict = one.arguments;
    strict.push_back("--strict");
    if (one.arguments[1] == "--out") strict.push_back("--overwrite");
    const RunResult failed = Run(strict);
    EXPECT_EQ(failed.code, 1) << testing::PrintToString(strict) << failed.err;
    EXPECT_EQ(failed.out, result.out) << "the results are the same";
  }
  EXPECT_EQ(Lines(ReadText(folder_ / "r.jsonl")).size(), kRead);
  const RunResult explored = RunNative({"explore", in, "--out", out}, options_);
  EXPECT_TRUE(Contains(explored.err, kLine)) << explored.err;
  EXPECT_EQ(RunNative({"explore", in, "--out", out, "--strict"}, options_).code, 1);
}

TEST_F(LeftOutTest, StrictIsAboutPicturesAlone) {
  WritePicture(folder_ / "in/a.png", 32, 32, 1);
  WriteText(folder_ / "in/.DS_Store", "x");
  WriteText(folder_ / "in/labels.csv", "x");
  WriteText(folder_ / "in/@eaDir/x.jpg", "x");
  const RunResult result = Run({"predict", "--strict", folder_ / "in"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "2 files left out: 1 hidden, 1 thumbnails\n");
}

TEST_F(LeftOutTest, AFolderOfNothingElse) {
  for (int i = 0; i < 12; ++i) {
    WriteText(folder_ / ("in/IMG_" + std::to_string(i) + ".HEIC"), kHeic);
  }
  const RunResult result = Run({"predict", folder_ / "in"});
  EXPECT_EQ(result.code, 1);
  const Json record = Json::parse(result.out);
  EXPECT_TRUE(Contains(record["error"]["message"], "no readable picture")) << result.out;
  EXPECT_TRUE(Contains(record["error"]["message"], "12 HEIC")) << result.out;
  const RunResult evaluated = Run({"eval", "--data", folder_ / "in"});
  EXPECT_EQ(evaluated.code, 2);
  EXPECT_TRUE(Contains(evaluated.err, "12 HEIC")) << evaluated.err;
}

TEST_F(LeftOutTest, PatternsAndLinks) {
  for (const char* name : {"a.png", "small/b.png", "small/c.bmp", "deep/x/d.png"}) {
    WritePicture(folder_ / ("in/"s + name), 32, 32, 1);
  }
  WritePicture(folder_ / "elsewhere/e.png", 32, 32, 1);
  fs::create_directory_symlink(folder_.path() / "elsewhere", folder_.path() / "in/link");
  fs::create_directory_symlink(folder_.path() / "in", folder_.path() / "in/deep/loop");
  const auto files = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "predict");
    arguments.push_back(folder_ / "in");
    std::vector<std::string> names;
    for (const std::string& line : Lines(Run(arguments).out)) {
      const std::string file = Json::parse(line)["file"];
      names.push_back(file.substr((folder_ / "in/").size()));
    }
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(files({}), (Names{"a.png", "deep/x/d.png", "small/b.png", "small/c.bmp"}));
  EXPECT_EQ(files({"--include", "*.bmp"}), (Names{"small/c.bmp"}));
  EXPECT_EQ(files({"--include", "a.*", "--include", "deep/*"}), (Names{"a.png", "deep/x/d.png"}));
  EXPECT_EQ(files({"--exclude", "small", "--exclude", "x"}), (Names{"a.png"}));
  EXPECT_EQ(files({"--follow-links"}),
            (Names{"a.png", "deep/x/d.png", "link/e.png", "small/b.png", "small/c.bmp"}));
  // A shard counts what the whole counts.
  const Names whole = files({"--follow-links"});
  Names joined(whole.size());
  for (size_t i = 0; i < 2; ++i) {
    const Names part = files({"--follow-links", "--shard", std::to_string(i) + "/2"});
    for (size_t k = 0; k < part.size(); ++k) joined[2 * k + i] = part[k];
  }
  EXPECT_EQ(joined, whole);
}

// The numbering of inputs, and with it what --resume and --shard rely on.
TEST_F(LeftOutTest, ResumedRunsFindTheSameFiles) {
  const std::string in = Album();
  const std::string out = folder_ / "r.jsonl";
  ASSERT_EQ(Run({"predict", "--out", out, in}).code, 0);
  const std::string whole = ReadText(out);
  EXPECT_EQ(Run({"predict", "--out", out, "--resume", in}).code, 0);
  EXPECT_EQ(ReadText(out), whole);
  EXPECT_EQ(Lines(whole).size(), kRead);
}

TEST(DidYouMeanTest, CommandsAndOptions) {
  struct Case {
    std::vector<std::string> arguments;
    std::string meant;
  };
  const Case cases[] = {
      {{"predcit", "a.jpg"}, "'predict'"},
      {{"Eval"}, "'eval'"},
      {{"calibrat"}, "'calibrate'"},
      {{"evaluate"}, "'eval'"},
      {{"help", "prdict"}, "'predict'"},
      {{"improt-onnx"}, "'import-onnx'"},
      {{"selftest"}, "'self-test'"},
      {{"predict", "--thread", "2", "a"}, "'--threads'"},
      {{"predict", "--theads=2", "a"}, "'--threads'"},
      {{"predict", "--min_face", "20", "a"}, "'--min-face'"},
      {{"detect", "--fromat", "csv", "a"}, "'--format'"},
      {{"eval", "--dta", "x"}, "'--data'"},
      {{"explore", "x", "--ot", "y"}, "'--out'"},
      {{"compare", "a", "b", "--jsno", "c"}, "'--json'"},
      {{"serve", "--rot", "x"}, "'--root'"},
      {{"import-onnx", "x", "--otu", "y"}, "'--out'"},
      {{"train", "--epoch", "3", "--toy"}, "'--epochs'"},
      {{"train", "--leraning-rate", "3", "--toy"}, "'--learning-rate'"},
      {{"train", "--no-keepbest", "--toy"}, "'--no-keep-best'"},
  };
  for (const Case& one : cases) {
    const std::string beside = std::string(AG_BUILD_BIN_DIR) + "/ag_native-" + one.arguments[0];
    const bool other_program = one.arguments[0] == "train" || one.arguments[0] == "serve" ||
                               one.arguments[0] == "import-onnx";
    if (other_program && !fs::exists(beside)) continue;
    const RunResult result = RunNative(one.arguments);
    EXPECT_EQ(result.code, 2) << testing::PrintToString(one.arguments);
    EXPECT_TRUE(Contains(result.err, "did you mean " + one.meant))
        << testing::PrintToString(one.arguments) << result.err;
  }
  for (const std::vector<std::string>& far :
       std::vector<std::vector<std::string>>{{"xyzzy"}, {"predict", "--nonsense", "a"}}) {
    const RunResult result = RunNative(far);
    EXPECT_EQ(result.code, 2);
    EXPECT_FALSE(Contains(result.err, "did you mean")) << result.err;
  }
}

TEST(DidYouMeanTest, KeysOfARecipe) {
  if (!fs::exists(std::string(AG_BUILD_BIN_DIR) + "/ag_native-train")) {
    GTEST_SKIP() << "built without LibTorch";
  }
  const TemporaryFolder folder;
  WriteText(folder / "recipe.toml", "epoch = 3\n");
  const RunResult result = RunNative({"train", "--toy", "--config", folder / "recipe.toml"});
  EXPECT_EQ(result.code, 2);
  EXPECT_TRUE(Contains(result.err, "did you mean 'epochs'")) << result.err;
}

}  // namespace
}  // namespace ag::test
