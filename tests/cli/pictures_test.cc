// ag_native predict --annotate and --crops, ag_native detect.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "native/pictures/annotate.h"
#include "shared/base/file.h"
#include "shared/image/decode.h"
#include "shared/record/record.h"
#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Empty if it cannot be decoded.
Image Decode(const std::string& path) {
  const auto bytes = ReadFile(path, size_t{64} << 20);
  if (!bytes.ok()) return {};
  auto decoded = DecodeImage(*bytes);
  return decoded.ok() ? std::move(decoded->image) : Image();
}

size_t FilesBelow(const std::string& folder) {
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    files += entry.is_regular_file();
  }
  return files;
}

class PicturesTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteModels(folder_.path() / "models", 101);
    options_.model_dir = folder_ / "models";
  }
  // Any score is a face.
  RunResult Run(const std::string& command, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {command, "--min-score", "0.01", "--detect-size", "64",
                                         "--no-rotate", "--max-faces", "3"});
    return RunNative(arguments, options_);
  }
  std::string Picture(const std::string& name, int width = 64, int height = 48) {
    WritePicture(folder_ / name, width, height, std::hash<std::string>()(name) % 1000);
    return folder_ / name;
  }

  TemporaryFolder folder_;
  RunOptions options_;
};

TEST_F(PicturesTest, AnnotatedPicturesLieAsTheirOriginalsDo) {
  const std::string names[] = {"a.jpg", "a.png", "a.bmp", "sub/a.jpg", "sub/deeper/a.JPEG.png"};
  for (const std::string& name : names) Picture("in/" + name, 60 + static_cast<int>(name.size()));
  WriteText(folder_ / "in/broken.png", "no picture");
  const std::string originals = ReadText(folder_ / "in/a.png");
  const RunResult result = Run("predict", {"--annotate", folder_ / "out", folder_ / "in"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(FilesBelow(folder_ / "out"), std::size(names));
  for (const std::string& name : names) {
    const std::string annotated =
        folder_ / ("out/" + name + (name.ends_with(".bmp") ? ".annotated.png" : ""));
    const Image before = Decode(folder_ / ("in/" + name)), after = Decode(annotated);
    ASSERT_FALSE(after.empty()) << annotated;
    EXPECT_EQ(after.width, before.width);
    EXPECT_EQ(after.height, before.height);
    EXPECT_NE(after.pixels, before.pixels) << "a box is drawn";
  }
  EXPECT_EQ(ReadText(folder_ / "in/a.png"), originals);
}

TEST_F(PicturesTest, SeveralInputsKeepTheirFoldersApart) {
  const std::string a = Picture("x/a.jpg"), b = Picture("y/a.jpg"), c = Picture("y/z/a.jpg");
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "out", folder_ / "x", folder_ / "y"}).code, 0);
  for (const char* name : {"x/a.jpg", "y/a.jpg", "y/z/a.jpg"}) {
    EXPECT_TRUE(fs::exists(folder_ / (std::string("out/") + name))) << name;
  }
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "one", b, c}).code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "one/a.jpg") && fs::exists(folder_ / "one/z/a.jpg"));
  // From a list: below the working folder, and outside of it.
  fs::create_directories(folder_.path() / "work/_root");
  WritePicture(folder_ / "work/_root/a.jpg", 40, 40, 1);
  WriteText(folder_ / "list", "_root/a.jpg\n" + a + "\n../y/a.jpg\n");
  options_.working_folder = folder_ / "work";
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "list_out", "--list", folder_ / "list"}).code,
            0);
  EXPECT_TRUE(fs::exists(folder_ / "list_out/__root/a.jpg"));
  EXPECT_TRUE(fs::exists(folder_ / "list_out/_root" + a));
  EXPECT_TRUE(fs::exists(folder_ / "list_out/_root" + b));
}

TEST_F(PicturesTest, NothingIsWrittenOver) {
  const std::string picture = Picture("in/a.jpg");
  const std::string before = ReadText(picture);
  // Its folder holds a file, and it is that of the input.
  for (const std::string& input : {picture, folder_ / "in"}) {
    const RunResult refused = Run("predict", {"--annotate", folder_ / "in", input});
    EXPECT_EQ(refused.code, 2);
    EXPECT_EQ(Lines(refused.err).size(), 1u) << refused.err;
  }
  const RunResult own = Run("predict", {"--overwrite", "--annotate", folder_ / "in", picture});
  EXPECT_EQ(own.code, 2);
  EXPECT_NE(own.err.find("original"), std::string::npos) << own.err;
  EXPECT_EQ(ReadText(picture), before);
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "in/within", folder_ / "in"}).code, 2);
  // A second time: only if it is wanted.
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "out", picture}).code, 0);
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "out", picture}).code, 2);
  EXPECT_EQ(Run("predict", {"--annotate", folder_ / "out", "--overwrite", picture}).code, 0);
}

TEST_F(PicturesTest, CropsAreTheNetsInput) {
  const std::string picture = Picture("in/sub/a.jpg");
  const RunResult result = Run("predict", {"--crops", folder_ / "out", folder_ / "in"});
  ASSERT_EQ(result.code, 0) << result.err;
  const size_t faces = Json::parse(result.out)["faces"].size();
  ASSERT_GT(faces, 0u);
  EXPECT_EQ(FilesBelow(folder_ / "out"), faces);
  const RunResult info = RunNative({"info", "--json", folder_ / "models/age_gender.agm"});
  const Json input = Json::parse(info.out)["input"];
  for (size_t i = 0; i < faces; ++i) {
    const Image crop = Decode(folder_ / ("out/sub/a.jpg." + std::to_string(i) + ".png"));
    EXPECT_EQ(crop.width, input["width"]) << i;
    EXPECT_EQ(crop.height, input["height"]) << i;
  }
}

TEST_F(PicturesTest, FullDiskIsOneErrorAndLeavesNoHalfPicture) {
  const std::string picture = Picture("in/a.png", 300, 300);
  for (const char* option : {"--annotate", "--crops"}) {
    const std::string out = folder_ / (std::string("out") + option);
    options_.file_limit = 100;
    const RunResult result = Run("predict", {option, out, picture});
    EXPECT_EQ(result.code, 2);
    ASSERT_EQ(Lines(result.err).size(), 1u) << result.err;
    EXPECT_NE(result.err.find("cannot write"), std::string::npos) << result.err;
    EXPECT_EQ(FilesBelow(out), 0u);
  }
}

TEST_F(PicturesTest, DetectSaysWherePredictSees) {
  Picture("in/a.png");
  Picture("in/b.png", 80, 80);
  const std::vector<std::string> predicted = Lines(Run("predict", {folder_ / "in"}).out);
  fs::remove(folder_ / "models/age_gender.agm");  // is not needed
  const RunResult result = Run("detect", {"--annotate", folder_ / "out", folder_ / "in"});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::vector<std::string> detected = Lines(result.out);
  ASSERT_EQ(detected.size(), predicted.size());
  for (size_t i = 0; i < detected.size(); ++i) {
    const Json detection = Json::parse(detected[i]), prediction = Json::parse(predicted[i]);
    EXPECT_EQ(detection["schema"], kResultSchema);
    EXPECT_EQ(detection["file"], prediction["file"]);
    ASSERT_EQ(detection["faces"].size(), prediction["faces"].size());
    ASSERT_GT(detection["faces"].size(), 0u);
    for (size_t face = 0; face < detection["faces"].size(); ++face) {
      const Json& found = detection["faces"][face];
      EXPECT_EQ(found["box"], prediction["faces"][face]["box"]);
      EXPECT_EQ(found["score"], prediction["faces"][face]["score"]);
      ASSERT_EQ(found["points"].size(), 5u);
      EXPECT_EQ(found["points"][0], prediction["faces"][face]["eyes"][0]);
      EXPECT_EQ(found["points"][1], prediction["faces"][face]["eyes"][1]);
      EXPECT_TRUE(found.contains("quality"));
      EXPECT_FALSE(found.contains("age"));
      EXPECT_FALSE(found.contains("p_female"));
    }
  }
  EXPECT_EQ(FilesBelow(folder_ / "out"), 2u);
  const RunResult csv = Run("detect", {"--format", "csv", folder_ / "in"});
  EXPECT_EQ(Lines(csv.out)[0].find(",age,"), std::string::npos) << csv.out;
}

Face FaceAt(double x, double y, double side, double tilt_x, double tilt_y) {
  Face face;
  face.box = {x, y, side, side};
  face.points[0] = {x + side / 2 - tilt_x / 2, y + side / 2 - tilt_y / 2};
  face.points[1] = {x + side / 2 + tilt_x / 2, y + side / 2 + tilt_y / 2};
  return face;
}

bool IsMarked(const Image& picture, int x, int y) {
  const uint8_t* pixel = picture.at(x, y);
  return pixel[0] > 200 && pixel[1] > 160 && pixel[2] < 90;
}

TEST(AnnotateTest, BoxesStandAsTheFaceDoes) {
  Image upright(200, 200), turned(200, 200);
  DrawFaces({{{FaceAt(60, 60, 80, 40, 0), {}}}}, &upright);
  EXPECT_TRUE(IsMarked(upright, 60, 100) && IsMarked(upright, 100, 60));
  EXPECT_FALSE(IsMarked(upright, 100, 100));
  // By 45 degrees the corners come to where the sides were, and further out.
  DrawFaces({{{FaceAt(60, 60, 80, 28, 28), {}}}}, &turned);
  EXPECT_FALSE(IsMarked(turned, 60, 100) || IsMarked(turned, 60, 60));
  EXPECT_TRUE(IsMarked(turned, 100, 44) && IsMarked(turned, 71, 71))
      << "top corner, upper left side";
}

// The width in pixels of the ground that the label stands on.
int LabelWidth(const Image& picture) {
  int widest = 0;
  for (int y = 0; y < picture.height; ++y) {
    int run = 0;
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* pixel = picture.at(x, y);
      const bool label = IsMarked(picture, x, y) || (pixel[0] == 0 && pixel[1] == 0 && run > 0);
      run = label ? run + 1 : 0;
      if (IsMarked(picture, x, y)) widest = std::max(widest, run);
    }
  }
  return widest;
}

TEST(AnnotateTest, LabelsGrowWithThePictureAndShrinkToFit) {
  const std::vector<std::string> texts = {"34 (26-43) F 97 %", "34 F", "34"};
  const auto draw = [&](int side) {
    Image picture(side, side);
    std::fill(picture.pixels.begin(), picture.pixels.end(), uint8_t{120});
    DrawFaces({{{FaceAt(side * 0.4, side * 0.4, side * 0.01, 1, 0), texts}}}, &picture);
    return LabelWidth(picture);
  };
  EXPECT_EQ(draw(200), 17 * 6 + 1);
  EXPECT_EQ(draw(2000), 4 * (17 * 6 + 1));
  EXPECT_EQ(draw(60), 4 * 6 + 1);
  EXPECT_EQ(draw(16), 2 * 6 + 1);
}

TEST(AnnotateTest, NothingIsDrawnOutsideThePicture) {
  for (const int side : {1, 7, 40}) {
    Image picture(side, side);
    DrawFaces({{{FaceAt(-1e7, -1e7, 2e7, 1, 1), {"99 (0-100) M 100 %"}},
                {FaceAt(1e7, 1e7, 10, 0, 0), {"1"}},
                {FaceAt(std::nan(""), 0, 10, 1, 0), {"1"}}}},
              &picture);
    EXPECT_EQ(picture.pixels.size(), static_cast<size_t>(side * side * 3));
  }
}

}  // namespace
}  // namespace ag::test
