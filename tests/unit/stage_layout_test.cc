// Where the stage puts picture, boxes, chart and labels, also for sizes and numbers that make no
// sense.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "web/app/layout.h"

namespace ag::stage {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

StageState StateWithFace(int picture_width, int picture_height, std::array<float, 4> box) {
  StageState state;
  state.SetPicture(picture_width, picture_height);
  const float face[kFaceFields] = {box[0], box[1], box[2], box[3], 30, 20, 40, 0.5f, 0};
  state.SetFaces(1, face, 0, nullptr, nullptr);
  return state;
}

bool Inside(const Rect& inner, const Rect& outer) { return Intersection(inner, outer) == inner; }

void ExpectWhole(const Rect& rect) {
  for (const float edge : {rect.left, rect.top, rect.right, rect.bottom}) {
    EXPECT_EQ(edge, std::round(edge));
  }
}

TEST(StageCanvasTest, DevicePixels) {
  const Canvas canvas = MakeCanvas(390.4f, 844, 3);
  EXPECT_EQ(canvas.width, 1171);
  EXPECT_EQ(canvas.height, 2532);
  EXPECT_TRUE(canvas.narrow());
  EXPECT_FALSE(MakeCanvas(1440, 900, 1).narrow());
}

TEST(StageCanvasTest, SenselessSizesAreEmptyOrCapped) {
  for (const float bad : {kNan, kInfinity, -1.0f, 0.0f}) {
    EXPECT_TRUE(MakeCanvas(bad, 100, 1).empty()) << bad;
    EXPECT_TRUE(MakeCanvas(100, bad, 1).empty()) << bad;
    EXPECT_TRUE(FitPicture(MakeCanvas(bad, 100, 1), 10, 10).empty()) << bad;
  }
  EXPECT_EQ(MakeCanvas(1e30f, 100, 2).width, kMaxCanvasSide);
  EXPECT_EQ(MakeCanvas(100, 100, kNan).unit, 1);
  EXPECT_EQ(MakeCanvas(100, 100, -3).unit, 0.5f);
  EXPECT_EQ(MakeCanvas(100, 100, 1e9f).unit, 4);
}

TEST(StageFitTest, CentredAndOnNarrowCanvasesAboveTheChart) {
  EXPECT_EQ(FitPicture(MakeCanvas(1000, 600, 1), 512, 512), (Rect{200, 0, 800, 600}));
  EXPECT_EQ(FitPicture(MakeCanvas(1000, 600, 1), 2000, 1000), (Rect{0, 50, 1000, 550}));
  EXPECT_EQ(FitPicture(MakeCanvas(390, 600, 2), 512, 512), (Rect{0, 50, 780, 830}));
  EXPECT_EQ(FitPicture(MakeCanvas(390, 400, 2), 512, 512), (Rect{0, 0, 780, 780}));
}

TEST(StageFitTest, ThumbnailsAreNotBlownUpWithoutBound) {
  EXPECT_EQ(FitPicture(MakeCanvas(1000, 600, 1), 20, 10).width(), 120);
}

TEST(StageFitTest, ExtremeProportionsKeepALine) {
  const Rect line = FitPicture(MakeCanvas(1000, 600, 1), 1, 1000000);
  EXPECT_EQ(line.width(), 1);
  EXPECT_EQ(line.height(), 600);
}

TEST(StageFaceRectTest, PictureToCanvasAndMirrored) {
  StageState state = StateWithFace(100, 100, {10, 20, 30, 40});
  const Rect picture = FitPicture(MakeCanvas(1000, 500, 1), 100, 100);
  EXPECT_EQ(FaceRect(state.faces()[0], state, picture), (Rect{300, 100, 450, 300}));
  state.SetMirror(true);
  EXPECT_EQ(FaceRect(state.faces()[0], state, picture), (Rect{550, 100, 700, 300}));
}

TEST(StageFaceRectTest, CutAtThePicturesEdges) {
  const Rect picture = {0, 0, 200, 200};
  StageState state = StateWithFace(100, 100, {-50, 50, 1000, 1000});
  EXPECT_EQ(FaceRect(state.faces()[0], state, picture), (Rect{0, 100, 200, 200}));
  state = StateWithFace(100, 100, {200, 200, 10, 10});
  EXPECT_TRUE(FaceRect(state.faces()[0], state, picture).empty());
}

TEST(StageHitTest, SmallestBoxWinsAndSmallOnesGrow) {
  const std::vector<Rect> boxes = {{0, 0, 200, 200}, {50, 50, 100, 100}, {}, {300, 300, 304, 304}};
  EXPECT_EQ(FaceAt(boxes, {10, 10}, 1), 0);
  EXPECT_EQ(FaceAt(boxes, {60, 60}, 1), 1);
  EXPECT_EQ(FaceAt(boxes, {311, 302}, 1), 3);
  EXPECT_EQ(FaceAt(boxes, {320, 302}, 1), kNoFace);
  EXPECT_EQ(FaceAt({}, {0, 0}, 1), kNoFace);
}

TEST(StageChartTest, LowerRightUnlessThatHidesTheSelectedFace) {
  const Canvas canvas = MakeCanvas(1000, 600, 1);
  const Rect free = PlaceChart(canvas, true, {}, {});
  EXPECT_GT(free.left, 500);
  EXPECT_GT(free.top, 300);
  const Rect face = {700, 400, 900, 580};
  const Rect moved = PlaceChart(canvas, true, face, {&face, 1});
  EXPECT_TRUE(Intersection(moved, face).empty());
  ExpectWhole(moved);
}

TEST(StageChartTest, StripOnNarrowCanvases) {
  const Canvas canvas = MakeCanvas(390, 600, 2);
  const Rect strip = PlaceChart(canvas, true, {}, {});
  EXPECT_EQ(strip.left, 16);
  EXPECT_EQ(strip.right, 764);
  EXPECT_EQ(strip.bottom, 1184);
  const Rect face = {100, 900, 300, 1190};
  EXPECT_TRUE(Intersection(PlaceChart(canvas, true, face, {&face, 1}), face).empty());
}

TEST(StageChartTest, NoneOnTinyCanvases) {
  EXPECT_TRUE(PlaceChart(MakeCanvas(200, 600, 1), true, {}, {}).empty());
  EXPECT_TRUE(PlaceChart(MakeCanvas(900, 150, 1), true, {}, {}).empty());
}

TEST(StageCornerLineTest, LowerLeftUnlessTaken) {
  const Canvas canvas = MakeCanvas(390, 600, 1);
  const Size size = {250, 20};
  EXPECT_EQ(PlaceCornerLine(canvas, size, {}, {}, {}).left, 8);
  const Rect chart = PlaceChart(canvas, true, {}, {});
  const Rect line = PlaceCornerLine(canvas, size, chart, {}, {});
  EXPECT_FALSE(line.empty());
  EXPECT_TRUE(Intersection(line, chart).empty());
  EXPECT_TRUE(PlaceCornerLine(canvas, {400, 20}, {}, {}, {}).empty()) << "wider than the canvas";
}

TEST(StageCornerLineTest, AboveTheChartWhereTheCornersHideFaces) {
  const Canvas canvas = MakeCanvas(390, 600, 1);
  const Rect chart = PlaceChart(canvas, true, {}, {});
  const Rect faces = {0, 0, 390, 100};
  const Rect line = PlaceCornerLine(canvas, {250, 20}, chart, {}, {&faces, 1});
  EXPECT_EQ(line.bottom, chart.top - 8);
  EXPECT_TRUE(PlaceCornerLine(canvas, {250, 20}, chart, canvas.rect(), {}).empty());
}

LabelRequest Request(const Rect& box, bool required = false) {
  return {box, {Size{150, 20}, Size{80, 20}, Size{30, 20}, Size{}}, required};
}

TEST(StageLabelTest, AboveItsBoxWhereThereIsRoom) {
  const LabelRequest request = Request({100, 100, 200, 200});
  const auto placed = PlaceLabels(MakeCanvas(1000, 600, 1), {&request, 1}, {});
  ASSERT_EQ(placed.size(), 1u);
  EXPECT_EQ(placed[0].length, 0);
  EXPECT_EQ(placed[0].rect, (Rect{100, 76, 250, 96}));
}

TEST(StageLabelTest, BelowAtTheTopEdgeAndSlidAtTheRightEdge) {
  const LabelRequest request = Request({950, 0, 1000, 100});
  const auto placed = PlaceLabels(MakeCanvas(1000, 600, 1), {&request, 1}, {});
  EXPECT_EQ(placed[0].rect.top, 104);
  EXPECT_LE(placed[0].rect.right, 1000);
}

TEST(StageLabelTest, BesideASmallFaceAtTheEdgeRatherThanOverIt) {
  const LabelRequest request = Request({970, 0, 995, 30});
  const auto placed = PlaceLabels(MakeCanvas(1000, 600, 1), {&request, 1}, {});
  EXPECT_EQ(placed[0].length, 0);
  EXPECT_TRUE(Intersection(placed[0].rect, request.box).empty());
}

TEST(StageLabelTest, ARequiredOneIsShownEvenWhereEverythingIsTaken) {
  const Canvas canvas = MakeCanvas(300, 200, 1);
  const Rect all = canvas.rect();
  LabelRequest request = Request({100, 50, 200, 150});
  EXPECT_EQ(PlaceLabels(canvas, {&request, 1}, {&all, 1})[0].length, -1);
  request.required = true;
  EXPECT_EQ(PlaceLabels(canvas, {&request, 1}, {&all, 1})[0].length, 0);
}

TEST(StageLabelTest, NothingFitsIntoATinyCanvas) {
  const LabelRequest request = Request({0, 0, 10, 10}, true);
  EXPECT_EQ(PlaceLabels(MakeCanvas(20, 15, 1), {&request, 1}, {})[0].length, -1);
}

// Of a crowd, no label may lie over another, over the chart, or outside of the canvas.
TEST(StageLabelTest, CrowdsDoNotOverlap) {
  std::mt19937 random(7);
  for (const int count : {1, 5, 40, 200, 4096}) {
    const Canvas canvas = MakeCanvas(800, 600, 1.5f);
    std::uniform_real_distribution<float> x(0, canvas.width), y(0, canvas.height), side(5, 200);
    std::vector<Rect> boxes;
    for (int i = 0; i < count; ++i) {
      const float left = std::round(x(random)), top = std::round(y(random));
      boxes.push_back(
          Intersection({left, top, left + std::round(side(random)), top + std::round(side(random))},
                       canvas.rect()));
    }
    const Rect chart = PlaceChart(canvas, true, boxes[0], boxes);
    std::vector<LabelRequest> requests;
    for (const int face : LabelOrder(boxes, 0)) requests.push_back(Request(boxes[face]));
    const auto placed = PlaceLabels(canvas, requests, {&chart, 1});
    EXPECT_LE(placed.size(), static_cast<size_t>(kMaxLabels));
    int shown = 0;
    for (size_t i = 0; i < placed.size(); ++i) {
      if (placed[i].length < 0) continue;
      ++shown;
      EXPECT_TRUE(Inside(placed[i].rect, canvas.rect()));
      EXPECT_TRUE(Intersection(placed[i].rect, chart).empty());
      for (size_t j = 0; j < i; ++j) {
        if (placed[j].length < 0) continue;
        ASSERT_TRUE(Intersection(placed[i].rect, placed[j].rect).empty()) << i << " and " << j;
      }
    }
    EXPECT_GE(shown, std::min(count, 20));
  }
}

// A group photograph: rows of people shoulder to shoulder. Every face gets its label, none of them
// over another or over the middle of a face, on a desktop and on a phone.
TEST(StageLabelTest, AGroupOfFortyIsLabelledWhole) {
  for (const Canvas& canvas : {MakeCanvas(900, 600, 1), MakeCanvas(390, 460, 2)}) {
    const Rect picture = FitPicture(canvas, 1600, 1000);
    std::vector<Rect> boxes;
    for (int row = 0; row < 5; ++row) {
      for (int column = 0; column < 8; ++column) {
        const float cell_x = picture.width() / 8, cell_y = picture.height() / 5;
        const float left = std::round(picture.left + cell_x * (column + 0.27f + 0.1f * (row % 2)));
        const float top = std::round(picture.top + cell_y * (row + 0.35f));
        boxes.push_back(
            {left, top, left + std::round(0.4f * cell_x), top + std::round(0.5f * cell_y)});
      }
    }
    // "12: 34" and "12" in the stage's label font with their padding.
    const Size age = {60 * canvas.unit, 20 * canvas.unit};
    const Size number = {30 * canvas.unit, 20 * canvas.unit};
    std::vector<LabelRequest> requests;
    for (const int face : LabelOrder(boxes, kNoFace)) {
      LabelRequest request = {boxes[face], {Size{}, Size{}, age, number}, false};
      for (int length = 0; length < FirstLabelLength(boxes.size(), canvas.narrow()); ++length) {
        request.sizes[length] = {};
      }
      requests.push_back(request);
    }
    const auto placed = PlaceLabels(canvas, requests, {});
    ASSERT_EQ(placed.size(), 40u);
    for (size_t i = 0; i < placed.size(); ++i) {
      EXPECT_GE(placed[i].length, 2) << i;
      if (!canvas.narrow()) {
        EXPECT_EQ(placed[i].length, 2) << "the age has room there";
      }
      for (const Rect& box : boxes) {
        const Rect middle = Inflated(box, -0.3f * std::min(box.width(), box.height()));
        EXPECT_TRUE(Intersection(placed[i].rect, middle).empty());
      }
      for (size_t j = 0; j < i; ++j) {
        EXPECT_TRUE(Intersection(placed[i].rect, placed[j].rect).empty()) << i << " and " << j;
      }
    }
  }
}

TEST(StageLabelTest, TheSelectedFaceChoosesFirstThenTheLarge) {
  const std::vector<Rect> boxes = {{0, 0, 10, 10}, {0, 0, 30, 30}, {}, {0, 0, 20, 20}};
  EXPECT_EQ(LabelOrder(boxes, 0), (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(LabelOrder(boxes, kNoFace), (std::vector<int>{1, 3, 0}));
}

}  // namespace
}  // namespace ag::stage
