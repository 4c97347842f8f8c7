// What the stage takes from the page: good numbers kept, bad ones marked as missing; and its few
// words.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "web/app/label_text.h"
#include "web/app/state.h"

namespace ag::stage {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kGood[kFaceFields] = {10, 20, 30, 40, 34.2f, 21, 51, 0.79f, 0};

StageFace FaceWith(int field, float value) {
  float fields[kFaceFields];
  std::copy_n(kGood, kFaceFields, fields);
  fields[field] = value;
  StageState state;
  state.SetFaces(1, fields, 0, nullptr, nullptr);
  return state.faces()[0];
}

TEST(StageStateTest, SenselessNumbersCountAsMissing) {
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    for (int field = 0; field < 4; ++field) EXPECT_FALSE(FaceWith(field, bad).has_box) << field;
    EXPECT_FALSE(FaceWith(4, bad).has_age);
    EXPECT_FALSE(FaceWith(5, bad).has_interval);
    EXPECT_FALSE(FaceWith(6, bad).has_interval);
    EXPECT_FALSE(FaceWith(7, bad).has_gender);
    EXPECT_EQ(FaceWith(8, bad).number, 0);
  }
  EXPECT_EQ(FaceWith(8, 17).number, 17);
  EXPECT_EQ(FaceWith(8, -1).number, 0);
  EXPECT_EQ(FaceWith(8, 1e9f).number, 0);
  EXPECT_FALSE(FaceWith(2, 0).has_box);
  EXPECT_FALSE(FaceWith(3, -1).has_box);
  EXPECT_FALSE(FaceWith(0, 1e30f).has_box);
  EXPECT_FALSE(FaceWith(5, 60).has_interval) << "low above high: none";
  EXPECT_FALSE(FaceWith(7, 1.01f).has_gender);
  EXPECT_EQ(FaceWith(4, 1e9f).age, 150);
  EXPECT_TRUE(FaceWith(0, -5).has_box) << "a face may begin left of the picture";
}

TEST(StageStateTest, CountsAreCapped) {
  StageState state;
  state.SetFaces(-7, kGood, 0, nullptr, nullptr);
  EXPECT_TRUE(state.faces().empty());
  state.SetFaces(std::numeric_limits<int>::max(), nullptr, 0, nullptr, nullptr);
  EXPECT_TRUE(state.faces().empty());
  std::vector<float> many;
  for (int i = 0; i <= kMaxFaces; ++i) many.insert(many.end(), kGood, kGood + kFaceFields);
  state.SetFaces(kMaxFaces + 1, many.data(), 0, nullptr, nullptr);
  EXPECT_EQ(state.faces().size(), static_cast<size_t>(kMaxFaces));
}

TEST(StageStateTest, Distributions) {
  StageState state;
  const float years[3] = {0, 1, 2};
  const float faces[2 * kFaceFields] = {10, 20, 30, 40, 1, 0, 2, 0.5f, 1,
                                        10, 20, 30, 40, 1, 0, 2, 0.5f, 2};
  const float rows[6] = {0.2f, kNan, 0.8f, 0, -1, kInfinity};
  state.SetFaces(2, faces, 3, years, rows);
  ASSERT_EQ(state.Distribution(0).size(), 3u);
  EXPECT_EQ(state.Distribution(0)[1], 0);
  EXPECT_TRUE(state.Distribution(1).empty()) << "nothing above 0 is left";
  EXPECT_TRUE(state.Distribution(2).empty());
  EXPECT_TRUE(state.Distribution(-1).empty());

  for (const auto& bad :
       {std::array<float, 3>{0, 0, 1}, {2, 1, 0}, {0, kNan, 2}, {0, 1, kInfinity}}) {
    state.SetFaces(2, faces, 3, bad.data(), rows);
    EXPECT_TRUE(state.Distribution(0).empty());
  }
  state.SetFaces(2, faces, kMaxBins + 1, years, rows);
  EXPECT_TRUE(state.Distribution(0).empty());
  state.SetFaces(2, faces, 3, nullptr, rows);
  EXPECT_TRUE(state.Distribution(0).empty());
}

TEST(StageStateTest, SelectionFollowsTheFaces) {
  StageState state;
  state.Select(0);
  EXPECT_EQ(state.selected(), kNoFace);
  state.SetFaces(1, kGood, 0, nullptr, nullptr);
  state.Select(0);
  state.SetFaces(1, kGood, 0, nullptr, nullptr);
  EXPECT_EQ(state.selected(), 0);
  state.Select(1);
  EXPECT_EQ(state.selected(), kNoFace);
  state.Select(0);
  state.SetFaces(0, nullptr, 0, nullptr, nullptr);
  EXPECT_EQ(state.selected(), kNoFace);
}

TEST(StageStateTest, PictureNeedsTwoSides) {
  StageState state;
  for (const auto& [width, height] : {std::pair{0, 5}, {5, 0}, {-1, 5}, {kMaxPictureSide + 1, 5}}) {
    state.SetPicture(640, 480);
    state.SetPicture(width, height);
    EXPECT_FALSE(state.has_picture());
  }
}

TEST(StageLabelTextTest, LeavesOutWhatIsMissing) {
  EXPECT_EQ(FaceLabel(FaceWith(0, 0), 0), "34 (21\u201351)  F 79 %");
  EXPECT_EQ(FaceLabel(FaceWith(0, 0), 1), "34  F 79 %");
  EXPECT_EQ(FaceLabel(FaceWith(0, 0), 2), "34");
  EXPECT_EQ(FaceLabel(FaceWith(5, 60), 0), "34  F 79 %");
  EXPECT_EQ(FaceLabel(FaceWith(7, 0.2f), 1), "34  M 80 %");
  EXPECT_EQ(FaceLabel(FaceWith(7, 1), 1), "34  F 99 %");
  EXPECT_EQ(FaceLabel(FaceWith(7, kNan), 1), "34");
  EXPECT_EQ(FaceLabel(FaceWith(4, kNan), 2), "F 79 %");
  EXPECT_EQ(FaceLabel(StageFace{}, 0), "");
  EXPECT_EQ(FaceLabel(FaceWith(8, 12), 0), "12: 34 (21\u201351)  F 79 %");
  EXPECT_EQ(FaceLabel(FaceWith(8, 12), 2), "12: 34");
  EXPECT_EQ(FaceLabel(FaceWith(8, 12), 3), "12");
  EXPECT_EQ(FaceLabel(FaceWith(8, 0), 3), "");
  EXPECT_EQ(FaceLabel(StageFace{.number = 2}, 0), "") << "a number alone tells nothing";
}

TEST(StageLabelTextTest, Timings) {
  StageState state;
  EXPECT_EQ(TimingsLine(state), "");
  const float ms[kTimingCount] = {-1, 8.34f, kNan, 12.4f};
  state.SetTimings(ms);
  EXPECT_EQ(TimingsLine(state), "detect 8.3 ms \u00b7 predict 12 ms");
  state.SetEngine("relaxed");
  EXPECT_EQ(TimingsLine(state), "relaxed \u00b7 detect 8.3 ms \u00b7 predict 12 ms");
  state.SetEngine(std::string(1000, 'x'));
  EXPECT_EQ(state.engine().size(), kMaxEngineName);
  state.SetTimings(nullptr);
  EXPECT_EQ(TimingsLine(state), "");
}

}  // namespace
}  // namespace ag::stage
