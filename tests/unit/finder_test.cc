// Every face of a picture: sizes, tiles, ways up, options, cost. With the detector that ships, on
// copies of one photograph (skimage's astronaut.png, NASA, public domain).
#include "shared/face/finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/face/align.h"
#include "shared/image/exif.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"
#include "tests/support/model_builder.h"
#include "tests/support/shipped.h"

namespace ag::test {
namespace {

// Read off the picture by eye.
constexpr Box kFace = {178, 70, 94, 104};

// Clockwise.
double RollOf(const Face& face) {
  const auto fit = AlignmentTransform(face, kDefaultCropPoints, 100, 100);
  return fit.ok() ? std::atan2(fit->b, fit->a) * 180 / std::numbers::pi : 999;
}

class Finder : public ::testing::Test {
 protected:
  void SetUp() override {
    auto weights = ShippedWeights("face_detector.agm");
    ASSERT_NE(weights, nullptr);
    auto finder = FaceFinder::Create(std::move(weights), 1);
    ASSERT_TRUE(finder.ok()) << finder.status().message();
    finder_ = std::make_unique<FaceFinder>(*std::move(finder));
  }

  FoundFaces Find(const Image& picture, const FindOptions& options = {}) {
    auto found = finder_->Find(picture, options);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? *std::move(found) : FoundFaces();
  }

  Code FindCode(const FindOptions& options) {
    const auto found = finder_->Find(Image(40, 40), options);
    return found.ok() ? Code::kOk : found.status().code();
  }

  std::unique_ptr<FaceFinder> finder_;
};

class FinderOnAPhotograph : public Finder {
 protected:
  void SetUp() override {
    Finder::SetUp();
    std::optional<Image> astronaut;
    AG_READ_ASTRONAUT_OR_SKIP(astronaut);
    picture_ = *std::move(astronaut);
  }

  // The face with some of what is around it, `height` pixels high, its centre at (x, y) of a gray
  // picture. Answer: its box.
  Box Paste(double height, int x, int y, Image* into) const {
    const double scale = height / kFace.height;
    const int side = static_cast<int>(std::lround(200 * scale));
    SimilarityTransform whole;
    whole.centre = {kFace.x + kFace.width / 2, kFace.y + kFace.height / 2 + 20};
    const Image small = ResizeArea(WarpSimilarity(picture_, whole, 200, 200), side, side);
    const int left = x - side / 2, top = y - side / 2;
    for (int row = 0; row < side; ++row) {
      std::memcpy(into->at(left, top + row), small.at(0, row), static_cast<size_t>(side) * 3);
    }
    const double cx = left + side / 2.0, cy = top + (100 - 20) * scale;
    return {cx - kFace.width * scale / 2, cy - height / 2, kFace.width * scale, height};
  }

  static Image Gray(int width, int height) {
    Image image(width, height);
    std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{118});
    return image;
  }

  // The photograph turned clockwise about the face's centre, which lies in the middle.
  Image Turned(double degrees, int side) const {
    SimilarityTransform t;
    t.a = std::cos(degrees * std::numbers::pi / 180);
    t.b = -std::sin(degrees * std::numbers::pi / 180);
    t.centre = {kFace.x + kFace.width / 2, kFace.y + kFace.height / 2};
    return WarpSimilarity(picture_, t, side, side);
  }

  Image picture_;
};

TEST_F(FinderOnAPhotograph, APortraitCostsOneRun) {
  const FoundFaces found = Find(picture_);
  ASSERT_EQ(found.faces.size(), 1u);
  EXPECT_GT(IntersectionOverUnion(found.faces[0].box, kFace), 0.7);
  EXPECT_EQ(found.rotation, 0);
  EXPECT_EQ(found.runs, 1);
  EXPECT_EQ(found.pixels, 320 * 320);
  // The very box and points of the one run: crops of training pictures do not depend on the rest.
  const FoundFaces plain = Find(picture_, {.detect_size = 320});
  ASSERT_EQ(plain.faces.size(), 1u);
  EXPECT_EQ(std::memcmp(&plain.faces[0], &found.faces[0], sizeof(Face)), 0);
}

TEST_F(FinderOnAPhotograph, TheSameFacesEveryTime) {
  Image picture = Gray(700, 500);
  Paste(60, 150, 150, &picture);
  Paste(40, 500, 300, &picture);
  const FoundFaces first = Find(picture);
  ASSERT_EQ(first.faces.size(), 2u);
  Find(picture_);  // something else in between
  const FoundFaces again = Find(picture);
  ASSERT_EQ(again.faces.size(), first.faces.size());
  EXPECT_EQ(again.runs, first.runs);
  EXPECT_EQ(again.pixels, first.pixels);
  EXPECT_EQ(std::memcmp(again.faces.data(), first.faces.data(), 2 * sizeof(Face)), 0);
}

// The tiles of a look of 1,500 pixels meet near its middle: a face there is found once, whole.
TEST_F(FinderOnAPhotograph, AFaceWhereTilesMeetIsFoundOnce) {
  Image picture = Gray(1500, 300);
  std::vector<Box> boxes;
  for (const int x : {100, 690, 750, 810, 1400}) boxes.push_back(Paste(28, x, 150, &picture));
  const FoundFaces found = Find(picture, {.min_face = 28});
  EXPECT_EQ(found.faces.size(), boxes.size());
  for (const Box& box : boxes) {
    EXPECT_EQ(std::count_if(found.faces.begin(), found.faces.end(),
                            [&](const Face& f) { return IntersectionOverUnion(f.box, box) > 0.5; }),
              1)
        << box.x;
  }
}

// One large and several small faces: the first look sees the large one alone.
TEST_F(FinderOnAPhotograph, SmallFacesBesideALargeOne) {
  Image picture = Gray(1000, 800);
  const Box large = Paste(170, 300, 300, &picture);
  const Box small = Paste(30, 800, 600, &picture);
  const FoundFaces found = Find(picture, {.min_face = 24});
  ASSERT_EQ(found.faces.size(), 2u);
  // Which of the two scores more is not what this is about.
  const size_t first = found.faces[0].box.height > found.faces[1].box.height ? 0 : 1;
  EXPECT_GT(IntersectionOverUnion(found.faces[first].box, large), 0.6);
  EXPECT_GT(IntersectionOverUnion(found.faces[1 - first].box, small), 0.5);
}

TEST_F(FinderOnAPhotograph, TinyFacesIfTheyAreAskedFor) {
  Image picture = Gray(640, 480);
  const Box box = Paste(16, 400, 300, &picture);
  const FoundFaces found = Find(picture, {.min_face = 12});
  ASSERT_EQ(found.faces.size(), 1u);
  EXPECT_GT(IntersectionOverUnion(found.faces[0].box, box), 0.4);
}

TEST_F(FinderOnAPhotograph, AFaceThatFillsThePicture) {
  for (const double share : {1.0, 0.8}) {
    SimilarityTransform transform;
    transform.centre = {kFace.x + kFace.width / 2, kFace.y + kFace.height / 2};
    const int width = static_cast<int>(kFace.width * share);
    const int height = static_cast<int>(kFace.height * share);
    const FoundFaces found = Find(WarpSimilarity(picture_, transform, width, height));
    ASSERT_EQ(found.faces.size(), 1u) << share;
    EXPECT_GT(IntersectionOverUnion(found.faces[0].box, Box{0, 0, 1.0 * width, 1.0 * height}), 0.5);
  }
}

// Copies turned by quarters: the rotation is told, and boxes and points lie on the same pixels.
TEST_F(FinderOnAPhotograph, QuarterTurns) {
  const FoundFaces upright = Find(picture_);
  ASSERT_EQ(upright.faces.size(), 1u);
  const Face& truth = upright.faces[0];
  const int orientations[] = {1, 6, 3, 8};
  const double side = 512;
  for (int quarters = 1; quarters < 4; ++quarters) {
    const FoundFaces found = Find(ApplyOrientation(picture_, orientations[quarters]));
    ASSERT_EQ(found.faces.size(), 1u) << quarters;
    EXPECT_EQ(found.rotation, 360 - 90 * quarters);
    for (size_t i = 0; i < truth.points.size(); ++i) {
      Point p = truth.points[i];
      for (int turn = 0; turn < quarters; ++turn) p = {side - p.y, p.x};
      EXPECT_NEAR(found.faces[0].points[i].x, p.x, 0.01) << quarters << " point " << i;
      EXPECT_NEAR(found.faces[0].points[i].y, p.y, 0.01) << quarters << " point " << i;
    }
    const Box& box = found.faces[0].box;
    EXPECT_NEAR(box.width, quarters % 2 == 1 ? truth.box.height : truth.box.width, 0.01);
    EXPECT_NEAR(box.height, quarters % 2 == 1 ? truth.box.width : truth.box.height, 0.01);
    EXPECT_EQ(Find(ApplyOrientation(picture_, orientations[quarters]), {.rotate = false}).rotation,
              0);
  }
}

// Tilted in the plane by any angle: the points follow, if not to the degree. 10 degrees more or
// less cost the net a tenth of a year (ag_native bench detect).
TEST_F(FinderOnAPhotograph, TiltedFacesAreSeenTilted) {
  for (const int side : {320, 500}) {
    const FoundFaces upright = Find(Turned(0, side));
    ASSERT_EQ(upright.faces.size(), 1u);
    for (int degrees = 10; degrees < 360; degrees += 10) {
      const FoundFaces found = Find(Turned(degrees, side));
      ASSERT_EQ(found.faces.size(), 1u) << degrees;
      const double turn = RollOf(found.faces[0]) - RollOf(upright.faces[0]);
      EXPECT_NEAR(std::remainder(turn - degrees, 360.0), 0, 10) << degrees << " at " << side;
    }
  }
}

TEST_F(FinderOnAPhotograph, NearAnExpectedFace) {
  const FoundFaces found = Find(picture_);
  ASSERT_EQ(found.faces.size(), 1u);
  Face moved = found.faces[0];
  moved.box.x += 12;
  for (Point& point : moved.points) point.x += 12;
  Face elsewhere = found.faces[0];
  elsewhere.box.x += 250;
  elsewhere.box.y += 200;
  for (Point& point : elsewhere.points) point = {point.x + 250, point.y + 200};
  const std::vector<Face> expected = {moved, elsewhere};
  const auto near = finder_->FindNear(picture_, expected);
  ASSERT_TRUE(near.ok()) << near.status().message();
  ASSERT_EQ(near->size(), 2u);
  EXPECT_GT((*near)[0].score, 0.6);
  EXPECT_GT(IntersectionOverUnion((*near)[0].box, found.faces[0].box), 0.75);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR((*near)[0].points[i].x, found.faces[0].points[i].x, 6) << i;
    EXPECT_NEAR((*near)[0].points[i].y, found.faces[0].points[i].y, 6) << i;
  }
  EXPECT_EQ((*near)[1].score, 0);
}

TEST_F(FinderOnAPhotograph, NoMoreFacesThanAskedFor) {
  Image picture = Gray(700, 500);
  Paste(60, 150, 150, &picture);
  Paste(60, 500, 300, &picture);
  EXPECT_EQ(Find(picture).faces.size(), 2u);
  EXPECT_EQ(Find(picture, {.max_faces = 1}).faces.size(), 1u);
}

TEST_F(Finder, PicturesWithoutAFace) {
  for (const auto& [width, height] : {std::pair{1, 1}, {16, 16}, {20000, 10}, {10, 3000}}) {
    const FoundFaces found = Find(Image(width, height));
    EXPECT_TRUE(found.faces.empty()) << width << " x " << height;
    EXPECT_EQ(found.rotation, 0);
    EXPECT_GE(found.runs, 1);
  }
  const auto empty = finder_->Find(Image());
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.status().code(), Code::kEmpty);
  EXPECT_EQ(finder_->FindNear(Image(), {}).status().code(), Code::kEmpty);
}

TEST_F(Finder, RefusesOptionsThatAreOutOfRange) {
  EXPECT_EQ(FindCode({}), Code::kOk);
  EXPECT_EQ(FindCode({.min_face = 8}), Code::kOk);
  EXPECT_EQ(FindCode({.min_face = 7.9}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.min_face = 4097}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.min_face = std::nan("")}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.detect_size = 31}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.detect_size = 4097}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.min_score = 0}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.min_score = std::nan("")}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.nms_overlap = 1.5}), Code::kInvalidArgument);
  EXPECT_EQ(FindCode({.max_faces = 0}), Code::kInvalidArgument);
}

TEST(FaceFinder, RefusesAModelThatIsNoDetector) {
  auto weights = Weights::Create(SmallAgeGenderModel(1, 3));
  ASSERT_TRUE(weights.ok());
  const auto finder = FaceFinder::Create(*weights, 1);
  ASSERT_FALSE(finder.ok());
  EXPECT_EQ(finder.status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace ag::test
