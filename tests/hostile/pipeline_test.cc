// Odd pictures through the whole pipeline, with the models that ship: file -> pixels -> faces ->
// age. Each gives an answer or an error with a name; nothing crashes (the same under the
// sanitizers).
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/file.h"
#include "shared/image/decode.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"
#include "shared/predict/predictor.h"
#include "tests/support/image_files.h"

namespace ag {
namespace {

using test::Bytes;

StatusOr<std::shared_ptr<Weights>> ReadWeights(const std::string& name) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                      ReadFile(AG_SOURCE_DIR "/web/model/" + name, kMaxModelBytes));
  AG_ASSIGN_OR_RETURN(Model model, LoadModel(bytes));
  return Weights::Create(std::move(model));
}

StatusOr<Predictor> MakePredictor() {
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> net, ReadWeights("age_gender.agm"));
  AG_ASSIGN_OR_RETURN(std::shared_ptr<Weights> detector, ReadWeights("face_detector.agm"));
  return Predictor::Create(std::move(net), std::move(detector), /*threads=*/1);
}

void ExpectSane(const PictureResult& result, const Image& picture) {
  EXPECT_EQ(result.width, picture.width);
  EXPECT_EQ(result.height, picture.height);
  EXPECT_TRUE(result.rotation % 90 == 0 && result.rotation >= 0 && result.rotation < 360)
      << result.rotation;
  for (const FaceResult& face : result.faces) {
    const Box& box = face.face.box;
    EXPECT_TRUE(std::isfinite(box.x) && std::isfinite(box.y));
    EXPECT_TRUE(std::isfinite(box.width) && std::isfinite(box.height));
    EXPECT_GT(box.width * box.height, 0);
    EXPECT_TRUE(face.face.score >= 0 && face.face.score <= 1) << face.face.score;
    const AgeGender& age = face.result;
    EXPECT_TRUE(age.age >= 0 && age.age <= 120) << age.age;
    EXPECT_TRUE(age.p_female >= 0 && age.p_female <= 1) << age.p_female;
    EXPECT_TRUE(!age.has_interval || age.age_low <= age.age_high);
    const FaceQuality& quality = face.quality;
    for (const double number : {quality.eye_distance, quality.sharpness, quality.yaw, quality.pitch,
                                quality.roll, quality.brightness, quality.outside}) {
      EXPECT_TRUE(std::isfinite(number));
    }
  }
}

struct OddPicture {
  const char* name;
  std::function<Bytes()> make;
  int width = 0, height = 0;  // of the answer
  int64_t max_pixels = DecodeLimits().max_pixels;
};

// What the test's name says in a list of failures.
void PrintTo(const OddPicture& picture, std::ostream* out) { *out << picture.name; }

int Stripes(int x, int y, int channel) { return 40 * ((x / 3 + y / 5 + channel) % 6); }

Bytes StripedPng(int width, int height, int colour_type, int depth, bool interlaced) {
  test::PngOptions options{.width = width,
                           .height = height,
                           .colour_type = colour_type,
                           .depth = depth,
                           .interlaced = interlaced};
  if (colour_type == 3) {
    for (int i = 0; i < 256; ++i) {
      options.palette.insert(
          options.palette.end(),
          {static_cast<uint8_t>(i), static_cast<uint8_t>(255 - i), static_cast<uint8_t>(i * 7)});
      options.transparency.push_back(static_cast<uint8_t>(i));
    }
  }
  const int scale = depth == 16 ? 257 : 1;
  return test::MakePng(options, [&](int x, int y, int c) { return scale * Stripes(x, y, c); });
}

Bytes CmykJpeg(int transform) {
  return test::MakeBlockJpeg({.block_columns = 12,
                              .block_rows = 10,
                              .components = 4,
                              .adobe_transform = transform,
                              .restart_interval = 12},
                             [](int column, int row, int component) {
                               return 30 + 9 * column + 11 * row + 20 * component;
                             });
}

// The second frame is of another brightness: the answer is about the first one.
Bytes AnimatedGif() {
  const Image first = test::MakePicture(90, 70);
  Image second = first;
  for (uint8_t& value : second.pixels) value = static_cast<uint8_t>(255 - value);
  Bytes gif = test::MakeGif(first);
  const Bytes other = test::MakeGif(second);
  constexpr size_t kHeader = 13 + 3 * 128;
  gif.pop_back();  // the trailer
  gif.insert(gif.end(), other.begin() + kHeader, other.end());
  return gif;
}

std::vector<OddPicture> OddPictures() {
  const auto png = [](int width, int height, int type = 2, int depth = 8, bool interlaced = false) {
    return [=] { return StripedPng(width, height, type, depth, interlaced); };
  };
  return {
      {"OnePixel", png(1, 1), 1, 1},
      {"Sixteen", png(16, 16), 16, 16},
      {"Wide", png(20'000, 10), 20'000, 10},
      {"Tall", png(10, 20'000), 10, 20'000},
      {"OneRow", png(4000, 1), 4000, 1},
      {"OneColumn", png(1, 4000), 1, 4000},
      {"Gray", png(90, 70, 0), 90, 70},
      {"OneBit", [] { return test::MakeBlackPng(90, 70); }, 90, 70},
      {"Palette", png(90, 70, 3), 90, 70},
      {"Alpha", png(90, 70, 6), 90, 70},
      {"GrayAlpha", png(90, 70, 4), 90, 70},
      {"SixteenBit", png(90, 70, 2, 16), 90, 70},
      {"SixteenBitAlphaInterlaced", png(90, 70, 6, 16, true), 90, 70},
      {"Cmyk", [] { return CmykJpeg(0); }, 96, 80},
      {"Ycck", [] { return CmykJpeg(2); }, 96, 80},
      {"AnimatedGif", AnimatedGif, 90, 70},
      {"Bmp", [] { return test::MakeBmp(test::MakePicture(91, 70)); }, 91, 70},
      {"ProgressiveJpeg", test::SampleProgressiveJpeg, 40, 27},
      {"HundredMegapixelsAllowed", [] { return test::MakeBlackPng(12'000, 9000); }, 12'000, 9000,
       120'000'000},
  };
}

class Odd : public testing::TestWithParam<OddPicture> {};
INSTANTIATE_TEST_SUITE_P(Picture, Odd, testing::ValuesIn(OddPictures()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Odd, IsAnswered) {
  StatusOr<Predictor> predictor = MakePredictor();
  ASSERT_TRUE(predictor.ok()) << predictor.status().message();
  const StatusOr<DecodedImage> decoded =
      DecodeImage(GetParam().make(), {.max_pixels = GetParam().max_pixels});
  ASSERT_TRUE(decoded.ok()) << decoded.status().message();
  EXPECT_EQ(decoded->image.width, GetParam().width);
  EXPECT_EQ(decoded->image.height, GetParam().height);
  const StatusOr<PictureResult> result = predictor->Predict(decoded->image);
  ASSERT_TRUE(result.ok()) << result.status().message();
  ExpectSane(*result, decoded->image);
  EXPECT_TRUE(result->faces.empty()) << "a face in stripes";
}

// Where the pixels are of no use the error comes before the net: nothing reaches the predictor.
TEST(Refused, HundredMegapixelsAreAboveTheDefaultCap) {
  const StatusOr<DecodedImage> decoded = DecodeImage(test::MakeBlackPng(12'000, 9000));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().code(), Code::kTooLarge);
  EXPECT_NE(decoded.status().message().find("12000x9000"), std::string::npos);
}

TEST(Refused, ProgressiveJpegCutInTheMiddle) {
  Bytes jpeg = test::SampleProgressiveJpeg();
  jpeg.resize(jpeg.size() / 2);
  EXPECT_EQ(DecodeImage(jpeg).status().code(), Code::kCorruptImage);
}

// A picture without pixels cannot come out of DecodeImage, but a program can make one.
TEST(Refused, NoPixels) {
  StatusOr<Predictor> predictor = MakePredictor();
  ASSERT_TRUE(predictor.ok()) << predictor.status().message();
  EXPECT_EQ(predictor->Predict(Image()).status().code(), Code::kEmpty);
}

// One photograph in several variants of PNG: the pipeline finds its face in each.
class Photograph : public testing::Test {
 protected:
  void SetUp() override {
    const StatusOr<std::vector<uint8_t>> file = ReadFile(AG_ASTRONAUT, size_t{16} << 20);
    if (!file.ok()) GTEST_SKIP() << "no photograph: " << file.status().message();
    StatusOr<DecodedImage> decoded = DecodeImage(*file);
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    picture_ = std::move(decoded->image);
  }

  // The one face in the picture that a PNG of `options` and `sample` shows.
  AgeGender PredictAs(test::PngOptions options, const test::PngSample& sample) {
    options.width = picture_.width;
    options.height = picture_.height;
    const StatusOr<DecodedImage> decoded = DecodeImage(test::MakePng(options, sample));
    StatusOr<Predictor> predictor = MakePredictor();
    if (!decoded.ok() || !predictor.ok()) {
      ADD_FAILURE() << decoded.status().message() << predictor.status().message();
      return {};
    }
    const StatusOr<PictureResult> result = predictor->Predict(decoded->image);
    if (!result.ok() || result->faces.size() != 1) {
      ADD_FAILURE() << result.status().message() << "; not one face";
      return {};
    }
    ExpectSane(*result, decoded->image);
    return result->faces[0].result;
  }

  AgeGender PredictPlain() {
    return PredictAs({}, [this](int x, int y, int c) { return picture_.at(x, y)[c]; });
  }

  int Gray(int x, int y) const {
    const uint8_t* p = picture_.at(x, y);
    return (p[0] + p[1] + p[2]) / 3;
  }

  Image picture_;
};

TEST_F(Photograph, OpaqueAlphaAndSixteenBitsChangeNothing) {
  const double age = PredictPlain().age;
  const auto with_alpha = [this](int x, int y, int c) {
    return c == 3 ? 255 : picture_.at(x, y)[c];
  };
  EXPECT_EQ(PredictAs({.colour_type = 6}, with_alpha).age, age);
  const auto wide = [this](int x, int y, int c) { return 257 * picture_.at(x, y)[c]; };
  EXPECT_EQ(PredictAs({.colour_type = 2, .depth = 16}, wide).age, age);
}

TEST_F(Photograph, GrayAndAPaletteOfGraysAreTheSame) {
  const auto gray = [this](int x, int y, int) { return Gray(x, y); };
  test::PngOptions palette{.colour_type = 3};
  for (int i = 0; i < 256; ++i) palette.palette.insert(palette.palette.end(), 3, uint8_t(i));
  EXPECT_EQ(PredictAs({.colour_type = 0}, gray).age, PredictAs(palette, gray).age);
}

}  // namespace
}  // namespace ag
