// Pictures in order as a video: composed of a real face, seen by the shipped models.
#include "shared/predict/video.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/image/warp.h"
#include "shared/infer/load_model.h"
#include "tests/support/model_builder.h"
#include "tests/support/shipped.h"

namespace ag::test {
namespace {

std::shared_ptr<Weights> MakeWeights(Model model) {
  auto weights = Weights::Create(std::move(model));
  EXPECT_TRUE(weights.ok()) << weights.status().message();
  return weights.ok() ? *weights : nullptr;
}

// ---------------------------------------------------------------------------------------- options

TEST(VideoPredictor, RefusesOptionsOutOfRange) {
  const auto code = [](const auto& change) {
    VideoOptions options;
    change(&options);
    const auto video = VideoPredictor::Create(MakeWeights(SmallAgeGenderModel(1, 11)),
                                              MakeWeights(SmallDetectorModel(2)), 1, options);
    return video.ok() ? Code::kOk : video.status().code();
  };
  EXPECT_EQ(code([](VideoOptions*) {}), Code::kOk);
  EXPECT_EQ(code([](VideoOptions* options) { options->search_every = 1; }), Code::kOk);
  EXPECT_EQ(code([](VideoOptions* options) { options->search_every = 0; }), Code::kInvalidArgument);
  for (const double memory : {0.5, -1.0, double{INFINITY}, std::nan("")}) {
    EXPECT_EQ(code([&](VideoOptions* options) { options->memory = memory; }),
              Code::kInvalidArgument);
  }
  EXPECT_EQ(code([](VideoOptions* options) { options->track.memory_frames = -1; }),
            Code::kInvalidArgument);
  EXPECT_EQ(code([](VideoOptions* options) { options->track.confirm_frames = 0; }),
            Code::kInvalidArgument);
}

// ----------------------------------------------------------------------------------- a real face

constexpr int kWidth = 288, kHeight = 160;

Image Mirrored(const Image& image) {
  Image mirrored(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      std::copy_n(image.at(image.width - 1 - x, y), 3, mirrored.at(x, y));
    }
  }
  return mirrored;
}

Image Wall(uint8_t level = 110, int width = kWidth, int height = kHeight) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::fill_n(image.at(x, y), 3, static_cast<uint8_t>(level + (x + y) / 16));
    }
  }
  return image;
}

// `patch` with its middle at (x, y); what is outside of the frame is cut off.
void Paste(const Image& patch, double x, double y, Image* frame) {
  const int left = static_cast<int>(std::lround(x)) - patch.width / 2;
  const int top = static_cast<int>(std::lround(y)) - patch.height / 2;
  for (int row = 0; row < patch.height; ++row) {
    for (int column = 0; column < patch.width; ++column) {
      const int to_x = left + column, to_y = top + row;
      if (to_x < 0 || to_y < 0 || to_x >= frame->width || to_y >= frame->height) continue;
      std::copy_n(patch.at(column, row), 3, frame->at(to_x, to_y));
    }
  }
}

// Patches are cut from skimage's astronaut.png (NASA, public domain).
class Video : public ::testing::Test {
 protected:
  void SetUp() override {
    std::optional<Image> astronaut;
    AG_READ_ASTRONAUT_OR_SKIP(astronaut);
    face_ = WarpSimilarity(*astronaut, {1.6, 0, {225, 125}}, 100, 120);
    smaller_face_ = Mirrored(WarpSimilarity(*astronaut, {2.0, 0, {225, 125}}, 80, 96));
    net_ = ShippedWeights("age_gender.agm");
    detector_ = ShippedWeights("face_detector.agm");
    ASSERT_TRUE(net_ != nullptr && detector_ != nullptr);
  }

  VideoPredictor MakeVideo(const VideoOptions& options = {}) {
    auto video = VideoPredictor::Create(net_, detector_, 1, options);
    EXPECT_TRUE(video.ok()) << video.status().message();
    if (!video.ok()) std::abort();
    return *std::move(video);
  }

  FrameResult Next(VideoPredictor* video, const Image& frame) {
    auto result = video->Next(frame);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *std::move(result) : FrameResult();
  }

  Image OneFace(double x = 150, double y = 80) const {
    Image frame = Wall();
    Paste(face_, x, y, &frame);
    return frame;
  }

  Image face_, smaller_face_;
  std::shared_ptr<Weights> net_, detector_;
};

double CentreX(const TrackedFace& face) {
  return face.face.face.box.x + face.face.face.box.width / 2;
}

void ExpectSame(const FrameResult& a, const FrameResult& b) {
  EXPECT_EQ(a.searched, b.searched);
  ASSERT_EQ(a.faces.size(), b.faces.size());
  for (size_t i = 0; i < a.faces.size(); ++i) {
    EXPECT_EQ(a.faces[i].id, b.faces[i].id);
    EXPECT_EQ(a.faces[i].sightings, b.faces[i].sightings);
    EXPECT_EQ(a.faces[i].face.face.box.x, b.faces[i].face.face.box.x);
    EXPECT_EQ(a.faces[i].face.result.age, b.faces[i].face.result.age);
    EXPECT_EQ(a.faces[i].running.age, b.faces[i].running.age);
  }
}

double Deviation(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// The second one moves towards the first and away again, and both sway.
TEST_F(Video, TwoFacesKeepTheirIdsOver200Frames) {
  VideoPredictor video = MakeVideo();
  int searches = 0;
  bool first_is_left = false;
  std::vector<double> raw, running;
  for (int i = 0; i < 200; ++i) {
    const double turn = i * 2 * std::numbers::pi / 80;
    const double x_a = 70 + 12 * std::sin(turn), x_b = 205 + 25 * std::cos(turn);
    Image frame = Wall();
    Paste(face_, x_a, 80 + 6 * std::cos(turn), &frame);
    Paste(smaller_face_, x_b, 80 + 10 * std::sin(turn), &frame);
    const FrameResult result = Next(&video, frame);
    searches += result.searched;
    ASSERT_EQ(result.faces.size(), 2u) << "frame " << i;
    EXPECT_EQ(result.width, kWidth);
    EXPECT_EQ(result.height, kHeight);
    EXPECT_EQ(result.rotation, 0);
    for (const TrackedFace& face : result.faces) EXPECT_EQ(face.sightings, i + 1);
    if (i == 0) {
      EXPECT_EQ(result.faces[0].id, 0u) << "not confirmed yet";
      continue;
    }
    // Which of the two was found first is the finder's business.
    ASSERT_EQ(result.faces[0].id, 1u);
    ASSERT_EQ(result.faces[1].id, 2u);
    if (i == 1) first_is_left = CentreX(result.faces[0]) < CentreX(result.faces[1]);
    const TrackedFace& left = result.faces[first_is_left ? 0 : 1];
    const TrackedFace& right = result.faces[first_is_left ? 1 : 0];
    EXPECT_NEAR(CentreX(left), x_a, 15) << "frame " << i;
    EXPECT_NEAR(CentreX(right), x_b, 15) << "frame " << i;
    raw.push_back(left.face.result.age);
    running.push_back(left.running.age);
  }
  // Every 15th frame from the first one on.
  EXPECT_LE(searches, 14 + 3);
  EXPECT_LT(Deviation(running), Deviation(raw) / 2) << Deviation(raw);
}

TEST_F(Video, AFaceThatReturnsWithinTheMemoryKeepsItsId) {
  VideoOptions options;
  options.track.memory_frames = 12;
  VideoPredictor video = MakeVideo(options);
  const auto run = [&](int frames, bool both) {
    FrameResult last;
    for (int i = 0; i < frames; ++i) {
      Image frame = Wall();
      Paste(face_, 70, 80, &frame);
      if (both) Paste(smaller_face_, 215, 80, &frame);
      last = Next(&video, frame);
    }
    return last;
  };
  const FrameResult first = run(5, true);
  ASSERT_EQ(first.faces.size(), 2u);
  const size_t leaver = CentreX(first.faces[0]) > CentreX(first.faces[1]) ? 0 : 1;
  const TrackedFace before = first.faces[leaver];
  EXPECT_NE(before.id, 0u);
  const FrameResult alone = run(11, false);
  ASSERT_EQ(alone.faces.size(), 1u);
  EXPECT_EQ(alone.faces[0].id, 3 - before.id);

  const FrameResult returned = run(1, true);
  ASSERT_EQ(returned.faces.size(), 2u);
  EXPECT_EQ(returned.faces[leaver].id, before.id);
  EXPECT_EQ(returned.faces[leaver].sightings, before.sightings + 1);

  // The other one's id is still there; the one that stays away for longer is somebody new.
  run(13, false);
  const FrameResult late = run(options.search_every + 2, true);
  ASSERT_EQ(late.faces.size(), 2u);
  EXPECT_EQ(late.faces[0].id, 3 - before.id);
  EXPECT_GT(late.faces[1].id, 2u);
}

// What is shown is the mean of a person's sightings, by what each is worth, and frames in which the
// person is not seen change nothing.
TEST_F(Video, TheRunningResultIsTheWeightedMean) {
  VideoOptions options;
  options.memory = 4;
  VideoPredictor video = MakeVideo(options);
  const std::vector<float>& bins = net_->model().age_gender->age_bins;
  ASSERT_FALSE(bins.empty());
  double weight = 0, p_female = 0;
  std::vector<double> distribution(bins.size(), 0.0);
  int sightings = 0;
  for (int i = 0; i < 24; ++i) {
    Image frame = Wall();
    const bool there = i % 8 < 5;
    if (there) Paste(i % 2 == 0 ? face_ : smaller_face_, 150 + i % 3, 80, &frame);
    const FrameResult result = Next(&video, frame);
    ASSERT_EQ(result.faces.size(), there ? 1u : 0u) << "frame " << i;
    if (!there) continue;
    const TrackedFace& face = result.faces[0];
    EXPECT_EQ(face.sightings, ++sightings);
    const double w = QualityWeight(face.face.quality);
    weight = 0.75 * weight + w;  // 1 - 1 / memory
    double age = 0;
    for (size_t bin = 0; bin < bins.size(); ++bin) {
      const double p = static_cast<double>(face.face.result.age_distribution[bin]);
      distribution[bin] += w / weight * (p - distribution[bin]);
      age += distribution[bin] * static_cast<double>(bins[bin]);
      EXPECT_NEAR(static_cast<double>(face.running.age_distribution[bin]), distribution[bin], 1e-6);
    }
    p_female += w / weight * (face.face.result.p_female - p_female);
    EXPECT_NEAR(face.running.age, age, 1e-5);
    EXPECT_NEAR(face.running.p_female, p_female, 1e-9);
    EXPECT_TRUE(face.running.has_interval);
    EXPECT_LT(face.running.age_low, face.running.age);
    EXPECT_GT(face.running.age_high, face.running.age);
    if (sightings == 1) {
      EXPECT_NEAR(face.running.age_low, face.face.result.age_low, 1e-4);
      EXPECT_NEAR(face.running.age_high, face.face.result.age_high, 1e-4);
    }
  }
}

// The person's interval is corrected as a picture's is, at the person's age.
TEST_F(Video, TheRunningIntervalIsCorrectedToo) {
  auto model = LoadModel(FileBytes(std::string(AG_SOURCE_DIR) + "/web/model/age_gender.agm"));
  ASSERT_TRUE(model.ok()) << model.status().message();
  // The shipped net's own table makes way: the plain one is what is corrected here.
  model->age_gender->age_interval.clear();
  net_ = MakeWeights(*model);
  VideoPredictor plain_video = MakeVideo();
  model->age_gender->age_interval = {{30, -5, 1}, {70, -9, 21}};
  net_ = MakeWeights(*std::move(model));
  VideoPredictor video = MakeVideo();
  for (int i = 0; i < 6; ++i) {
    const Image frame = OneFace(140 + 5 * i, 80 + i);
    const FrameResult plain = Next(&plain_video, frame), result = Next(&video, frame);
    ASSERT_EQ(plain.faces.size(), 1u);
    ASSERT_EQ(result.faces.size(), 1u);
    const AgeGender &before = plain.faces[0].running, &after = result.faces[0].running;
    EXPECT_NEAR(after.age, before.age, 1e-9);
    const double share = std::clamp((before.age - 30) / 40, 0.0, 1.0);
    EXPECT_NEAR(after.age_low, std::max(0.0, before.age_low - 5 - 4 * share), 1e-5);
    EXPECT_NEAR(after.age_high, before.age_high + 1 + 20 * share, 1e-5);
  }
}

TEST_F(Video, ANetWithAPlainValueHasARunningMean) {
  net_ = MakeWeights(NotebookModel());
  VideoPredictor video = MakeVideo();
  double sum = 0, weights = 0;
  for (int i = 0; i < 4; ++i) {
    const FrameResult result = Next(&video, OneFace(140 + 5 * i, 80 + i));
    ASSERT_EQ(result.faces.size(), 1u);
    const TrackedFace& face = result.faces[0];
    // The memory is long beside four frames: nearly the plain mean.
    const double w = QualityWeight(face.face.quality);
    sum += w * face.face.result.age;
    weights += w;
    EXPECT_NEAR(face.running.age, sum / weights, 0.02 * (1 + std::abs(sum / weights)));
    EXPECT_FALSE(face.running.has_interval);
    EXPECT_TRUE(face.running.age_distribution.empty());
  }
}

TEST_F(Video, ANewFaceIsFoundByTheNextSearch) {
  VideoOptions options;
  options.search_every = 6;
  VideoPredictor video = MakeVideo(options);
  for (int i = 0; i < 14; ++i) {
    Image frame = Wall();
    Paste(face_, 70, 80, &frame);
    // So small a change of the frame that only the search notices it.
    if (i >= 8) Paste(smaller_face_, 215, 80, &frame);
    const FrameResult result = Next(&video, frame);
    EXPECT_EQ(result.searched, i % 6 == 0) << "frame " << i;
    EXPECT_EQ(result.faces.size(), i < 12 ? 1u : 2u) << "frame " << i;
    if (i == 13) {
      EXPECT_EQ(result.faces[1].id, 2u);
    }
  }
}

TEST_F(Video, ALostFaceAndACutAreSearchedForAtOnce) {
  VideoOptions options;
  options.search_every = 1000;
  VideoPredictor video = MakeVideo(options);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Next(&video, OneFace(60, 80)).searched, i == 0);
  // It jumps to where nobody looked for it.
  const FrameResult jumped = Next(&video, OneFace(230, 80));
  EXPECT_TRUE(jumped.searched);
  ASSERT_EQ(jumped.faces.size(), 1u);
  EXPECT_NEAR(CentreX(jumped.faces[0]), 230, 15);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Next(&video, OneFace(230, 80)).searched);
  // Another scene, with somebody else in it beside the one that is followed.
  Image cut = Wall(200);
  Paste(face_, 230, 80, &cut);
  Paste(smaller_face_, 70, 80, &cut);
  const FrameResult scene = Next(&video, cut);
  EXPECT_TRUE(scene.searched);
  EXPECT_EQ(scene.faces.size(), 2u);
}

TEST_F(Video, SearchesThatFindNothingAreRare) {
  VideoPredictor video = MakeVideo();
  int searches = 0;
  for (int i = 0; i < 40; ++i) {
    // The face goes in frame 10 and does not come back.
    const FrameResult result = Next(&video, i < 10 ? OneFace() : Wall());
    EXPECT_EQ(result.faces.size(), i < 10 ? 1u : 0u);
    searches += result.searched;
  }
  // The first frame, the loss in frame 10, and every 15 frames from there.
  EXPECT_EQ(searches, 3);
}

TEST_F(Video, ResetForgetsButIdsGoOn) {
  VideoPredictor video = MakeVideo();
  for (int i = 0; i < 3; ++i) Next(&video, OneFace());
  video.Reset();
  const FrameResult first = Next(&video, OneFace());
  EXPECT_TRUE(first.searched);
  ASSERT_EQ(first.faces.size(), 1u);
  EXPECT_EQ(first.faces[0].id, 0u);
  EXPECT_EQ(first.faces[0].sightings, 1);
  EXPECT_NEAR(first.faces[0].running.age, first.faces[0].face.result.age, 1e-4);
  const FrameResult second = Next(&video, OneFace());
  ASSERT_EQ(second.faces.size(), 1u);
  EXPECT_EQ(second.faces[0].id, 2u);
}

TEST_F(Video, AnErrorLeavesTheTracksAsTheyWere) {
  VideoPredictor whole = MakeVideo(), broken = MakeVideo();
  for (int i = 0; i < 20; ++i) {
    if (i % 4 == 2) {
      const auto error = broken.Next(Image());
      ASSERT_FALSE(error.ok());
      EXPECT_EQ(error.status().code(), Code::kEmpty);
    }
    const Image frame = OneFace(140 + i, 80);
    ExpectSame(Next(&whole, frame), Next(&broken, frame));
  }
}

TEST_F(Video, AnotherSizeBeginsAnew) {
  VideoPredictor video = MakeVideo();
  for (int i = 0; i < 3; ++i) Next(&video, OneFace());
  Image larger = Wall(110, 320, 200);
  Paste(face_, 150, 80, &larger);
  const FrameResult first = Next(&video, larger);
  EXPECT_TRUE(first.searched);
  EXPECT_EQ(first.width, 320);
  ASSERT_EQ(first.faces.size(), 1u);
  EXPECT_EQ(first.faces[0].sightings, 1);
  const FrameResult second = Next(&video, larger);
  EXPECT_FALSE(second.searched);
  ASSERT_EQ(second.faces.size(), 1u);
  EXPECT_EQ(second.faces[0].id, 2u);
}

// A telephone that lies on its side: found once by turning the frame, followed without.
TEST_F(Video, ASidewaysVideoKeepsItsRotation) {
  VideoPredictor upright = MakeVideo(), sideways = MakeVideo();
  for (int i = 0; i < 20; ++i) {
    const Image frame = OneFace(140 + i, 80);
    const FrameResult expected = Next(&upright, frame);
    const FrameResult result = Next(&sideways, QuarterTurn(frame));
    EXPECT_EQ(result.rotation, 270) << "frame " << i;
    EXPECT_EQ(result.width, kHeight);
    ASSERT_EQ(result.faces.size(), 1u) << "frame " << i;
    EXPECT_EQ(result.faces[0].id, i == 0 ? 0u : 1u);
    EXPECT_EQ(result.searched, i % 15 == 0);
    // The windows of the two lie on other grids: single frames wobble (docs/video.md).
    EXPECT_NEAR(result.faces[0].running.age, expected.faces[0].running.age, 2);
    const Box& box = result.faces[0].face.face.box;
    EXPECT_NEAR(box.y + box.height / 2, CentreX(expected.faces[0]), 5);
  }
}

}  // namespace
}  // namespace ag::test
