// Who is who from frame to frame, on generated motion.
#include "shared/face/track.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "shared/face/align.h"
#include "shared/face/assignment.h"
#include "tests/support/random.h"

namespace ag::test {
namespace {

// ------------------------------------------------------------------------------------- assignment

// The best by trying every way.
double BestWorth(const std::vector<std::vector<double>>& worth, size_t row,
                 std::vector<bool>* taken) {
  if (row == worth.size()) return 0;
  double best = BestWorth(worth, row + 1, taken);  // alone
  for (size_t column = 0; column < worth[row].size(); ++column) {
    if ((*taken)[column] || worth[row][column] <= 0) continue;
    (*taken)[column] = true;
    best = std::max(best, worth[row][column] + BestWorth(worth, row + 1, taken));
    (*taken)[column] = false;
  }
  return best;
}

TEST(PairMostWorth, IsAsGoodAsTryingEverything) {
  Random random(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const size_t rows = random.Below(6), columns = random.Below(7);
    std::vector<std::vector<double>> worth(rows, std::vector<double>(columns, 0.0));
    std::vector<PossiblePair> pairs;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t column = 0; column < columns; ++column) {
        if (random.Chance(0.4)) continue;
        worth[row][column] = random.Uniform(0.01f, 1.2f);
        pairs.push_back({row, column, worth[row][column]});
      }
    }
    const std::vector<size_t> found = PairMostWorth(rows, columns, pairs);
    ASSERT_EQ(found.size(), rows);
    std::vector<bool> taken(columns, false);
    double sum = 0;
    for (size_t row = 0; row < rows; ++row) {
      if (found[row] == kUnpaired) continue;
      ASSERT_LT(found[row], columns);
      ASSERT_FALSE(taken[found[row]]) << "a column twice";
      taken[found[row]] = true;
      ASSERT_GT(worth[row][found[row]], 0) << "a pair that was not offered";
      sum += worth[row][found[row]];
    }
    taken.assign(columns, false);
    ASSERT_NEAR(sum, BestWorth(worth, 0, &taken), 1e-9);
  }
}

// A group above the cap: still every pair is one that was offered, and none can be added.
TEST(PairMostWorth, LargeGroupsArePairedToo) {
  Random random(2);
  constexpr size_t kCount = 1000;
  std::vector<PossiblePair> pairs;
  for (size_t row = 0; row < kCount; ++row) {
    for (size_t step = 0; step < 3; ++step) {
      pairs.push_back({row, (row + step) % kCount, random.Uniform(0.1f, 1)});
    }
  }
  const std::vector<size_t> found = PairMostWorth(kCount, kCount, pairs);
  std::vector<bool> taken(kCount, false);
  for (size_t row = 0; row < kCount; ++row) {
    if (found[row] == kUnpaired) continue;
    EXPECT_LT((found[row] + kCount - row) % kCount, 3u);
    EXPECT_FALSE(taken[found[row]]);
    taken[found[row]] = true;
  }
  for (const PossiblePair& pair : pairs) {
    EXPECT_TRUE(taken[pair.column] || found[pair.row] != kUnpaired);
  }
}

// ------------------------------------------------------------------------------------------ tracks

// An upright face whose box has this centre and width.
Face FaceAt(double x, double y, double width = 60) {
  Face face;
  const double height = 1.3 * width;
  face.box = {x - width / 2, y - height / 2, width, height};
  for (size_t i = 0; i < face.points.size(); ++i) {
    face.points[i] = {face.box.x + width * kDefaultCropPoints[2 * i],
                      face.box.y + height * kDefaultCropPoints[2 * i + 1]};
  }
  face.score = 0.9;
  return face;
}

// As a detector sees it: everything off by up to `noise` face widths.
Face Jittered(Face face, double noise, Random* random) {
  const auto off = [&] {
    return face.box.width * random->Uniform(static_cast<float>(-noise), static_cast<float>(noise));
  };
  const double x = off(), y = off();
  face.box = {face.box.x + x, face.box.y + y, face.box.width + off(), face.box.height + off()};
  for (Point& point : face.points) point = {point.x + x + off() / 2, point.y + y + off() / 2};
  return face;
}

// Runs tracks over faces whose truth is known, and checks that a person has one id for ever.
class People {
 public:
  explicit People(const TrackOptions& options = {}) : tracker(options) {}

  // The faces seen in this frame and who each is. In an order that changes from frame to frame.
  void Frame(const std::vector<std::pair<int, Face>>& seen) {
    std::vector<std::pair<int, Face>> shuffled = seen;
    if (!shuffled.empty()) {
      std::rotate(shuffled.begin(), shuffled.begin() + frame_ % static_cast<int>(shuffled.size()),
                  shuffled.end());
    }
    std::vector<Face> faces;
    for (const auto& [person, face] : shuffled) faces.push_back(face);
    const std::vector<size_t> tracks = tracker.Update(faces);
    ASSERT_EQ(tracks.size(), faces.size());
    for (size_t i = 0; i < faces.size(); ++i) {
      ASSERT_LT(tracks[i], tracker.tracks().size());
      const Track& track = tracker.tracks()[tracks[i]];
      EXPECT_TRUE(track.seen);
      EXPECT_EQ(track.face.box.x, faces[i].box.x);
      const size_t person = static_cast<size_t>(shuffled[i].first);
      if (ids.size() <= person) ids.resize(person + 1, 0);
      if (ids[person] == 0) ids[person] = track.id;
      EXPECT_EQ(ids[person], track.id) << "person " << person << " in frame " << frame_;
    }
    ++frame_;
  }

  FaceTracker tracker;
  std::vector<uint64_t> ids;  // of each person

 private:
  int frame_ = 0;
};

TEST(FaceTracker, TwoFacesKeepTheirIdsOver200Frames) {
  Random random(3);
  People people;
  for (int frame = 0; frame < 200; ++frame) {
    const double turn = frame * 2 * std::numbers::pi / 70;
    people.Frame({{0, Jittered(FaceAt(150 + 60 * std::sin(turn), 200), 0.04, &random)},
                  {1, Jittered(FaceAt(420 - 60 * std::sin(turn), 210 + 40 * std::cos(turn), 80),
                               0.04, &random)}});
  }
  EXPECT_EQ(people.tracker.tracks().size(), 2u);
  std::sort(people.ids.begin(), people.ids.end());
  EXPECT_EQ(people.ids, (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(people.tracker.tracks()[0].sightings, 200);
  EXPECT_TRUE(people.tracker.tracks()[1].confirmed);
}

TEST(FaceTracker, ACrowdOfNeighboursThatSways) {
  Random random(4);
  People people;
  for (int frame = 0; frame < 200; ++frame) {
    std::vector<std::pair<int, Face>> seen;
    for (int i = 0; i < 12; ++i) {
      // 75 pixels apart at a width of 60, each swaying by 8 pixels in its own time.
      const double sway = 8 * std::sin(frame * (0.1 + 0.02 * i) + i);
      seen.push_back(
          {i, Jittered(FaceAt(100 + 75 * (i % 6) + sway, 100 + 110 * (i / 6)), 0.05, &random)});
    }
    people.Frame(seen);
  }
  EXPECT_EQ(people.tracker.tracks().size(), 12u);
}

TEST(FaceTracker, DropoutsChangeNoId) {
  Random random(5);
  People people;
  for (int frame = 0; frame < 300; ++frame) {
    std::vector<std::pair<int, Face>> seen;
    for (int i = 0; i < 4; ++i) {
      const double x = 100 + 130 * i + 40 * std::sin(frame * 0.08 + i);
      // The first frames confirm the tracks: until then a face that is not seen is forgotten.
      if (frame >= 2 && random.Chance(0.3)) continue;
      seen.push_back({i, Jittered(FaceAt(x, 150 + 20 * i), 0.04, &random)});
    }
    people.Frame(seen);
  }
  EXPECT_EQ(people.tracker.tracks().size(), 4u);
}

TEST(FaceTracker, AFaceThatReturnsWithinTheMemoryKeepsItsId) {
  for (const int away : {1, 5, 29, 30}) {
    SCOPED_TRACE(away);
    People people;
    // One stays; the other walks out at the left edge at 6 pixels a frame, and comes back there.
    for (int frame = 0; frame < 20; ++frame) {
      people.Frame({{0, FaceAt(400, 200)}, {1, FaceAt(150 - 6 * frame, 200)}});
    }
    for (int frame = 0; frame < away; ++frame) people.Frame({{0, FaceAt(400, 200)}});
    for (int frame = 0; frame < 20; ++frame) {
      people.Frame({{0, FaceAt(400, 200)}, {1, FaceAt(36 + 6 * frame, 200)}});
    }
    EXPECT_EQ(people.tracker.tracks().size(), 2u);
  }
}

TEST(FaceTracker, AfterTheMemoryItIsSomebodyNew) {
  FaceTracker tracker({.memory_frames = 30});
  for (int frame = 0; frame < 5; ++frame) tracker.Update(std::vector<Face>{FaceAt(100, 100)});
  for (int frame = 0; frame < 30; ++frame) {
    tracker.Update({});
    ASSERT_EQ(tracker.tracks().size(), 1u);
    EXPECT_FALSE(tracker.tracks()[0].seen);
    EXPECT_EQ(tracker.tracks()[0].frames_missing, frame + 1);
  }
  tracker.Update({});
  EXPECT_TRUE(tracker.tracks().empty());
  tracker.Update(std::vector<Face>{FaceAt(100, 100)});
  ASSERT_EQ(tracker.tracks().size(), 1u);
  EXPECT_EQ(tracker.tracks()[0].id, 2u);
  EXPECT_FALSE(tracker.tracks()[0].confirmed);
}

// Also a fast one: what was predicted must not run away while nobody looks.
TEST(FaceTracker, TheMemoryStaysNearWhereTheFaceWasLost) {
  FaceTracker tracker;
  for (int frame = 0; frame < 10; ++frame) {
    tracker.Update(std::vector<Face>{FaceAt(500 - 20 * frame, 100, 60 * std::pow(1.04, frame))});
  }
  const double lost_at = 500 - 20 * 9, lost_width = 60 * std::pow(1.04, 9);
  for (int frame = 0; frame < 30; ++frame) {
    tracker.Update({});
    const Box box = tracker.Predictions()[0].box;
    EXPECT_LT(box.x + box.width / 2, lost_at);
    EXPECT_GT(box.x + box.width / 2, lost_at - 60);
    EXPECT_LT(box.width, 1.3 * lost_width);
    EXPECT_GE(box.width, lost_width);
  }
}

TEST(FaceTracker, PredictsConstantVelocityExactly) {
  FaceTracker tracker;
  const auto face = [](int frame) {
    return FaceAt(100 + 7 * frame, 300 - 5 * frame, 50 * std::exp(0.02 * frame));
  };
  for (int frame = 0; frame < 40; ++frame) {
    tracker.Update(std::vector<Face>{face(frame)});
    if (frame == 0) continue;
    const Face predicted = tracker.Predictions()[0], expected = face(frame + 1);
    EXPECT_NEAR(predicted.box.x, expected.box.x, 1e-6);
    EXPECT_NEAR(predicted.box.y, expected.box.y, 1e-6);
    EXPECT_NEAR(predicted.box.width, expected.box.width, 1e-6);
    for (size_t i = 0; i < predicted.points.size(); ++i) {
      EXPECT_NEAR(predicted.points[i].x, expected.points[i].x, 1e-6);
      EXPECT_NEAR(predicted.points[i].y, expected.points[i].y, 1e-6);
    }
  }
}

TEST(FaceTracker, FollowsAFaceThatComesNearer) {
  Random random(6);
  People people;
  for (int frame = 0; frame < 100; ++frame) {
    const double width = 20 * std::pow(1.03, frame);
    people.Frame({{0, Jittered(FaceAt(400, 300, width), 0.03, &random)},
                  {1, Jittered(FaceAt(1000, 300, 1600 / (width + 10)), 0.03, &random)}});
  }
  EXPECT_EQ(people.tracker.tracks().size(), 2u);
}

// The camera turns, stops and turns back, by more than half the distance of two faces a frame.
TEST(FaceTracker, FastCameraPan) {
  Random random(7);
  People people;
  double camera = 0, velocity = 0;
  for (int frame = 0; frame < 200; ++frame) {
    const double wanted = 45 * (frame / 25 % 4 == 1) - 45 * (frame / 25 % 4 == 3);
    velocity += std::clamp(wanted - velocity, -30.0, 30.0);  // half a face width a frame squared
    camera += velocity;
    std::vector<std::pair<int, Face>> seen;
    for (int i = 0; i < 5; ++i) {
      seen.push_back({i, Jittered(FaceAt(200 + 85 * i - camera, 200), 0.03, &random)});
    }
    people.Frame(seen);
  }
  EXPECT_EQ(people.tracker.tracks().size(), 5u);
}

// One step of 0.8 face widths without any warning: the order of neighbours stays.
TEST(FaceTracker, AJoltOfTheCamera) {
  People people;
  for (int frame = 0; frame < 20; ++frame) {
    const double jolt = frame < 10 ? 0 : 48;
    people.Frame(
        {{0, FaceAt(100 + jolt, 100)}, {1, FaceAt(185 + jolt, 100)}, {2, FaceAt(270 + jolt, 100)}});
  }
  EXPECT_EQ(people.tracker.tracks().size(), 3u);
}

TEST(FaceTracker, ANeighbourDoesNotTakeThePlaceOfOneWhoLeft) {
  People people;
  for (int frame = 0; frame < 10; ++frame) {
    people.Frame({{0, FaceAt(100, 100)}, {1, FaceAt(180, 100)}});
  }
  for (int frame = 0; frame < 10; ++frame) people.Frame({{1, FaceAt(180, 100)}});
  EXPECT_NE(people.ids[0], people.ids[1]);
}

TEST(FaceTracker, SingleFalseDetectionsAreNeverConfirmed) {
  Random random(8);
  FaceTracker tracker;
  for (int frame = 0; frame < 300; ++frame) {
    std::vector<Face> faces = {FaceAt(100, 100)};
    // Every third frame something at the same place of a wall.
    if (frame % 3 == 1) faces.push_back(FaceAt(400, 120));
    if (frame % 2 == 1) faces.push_back(FaceAt(700 + random.Uniform(-20, 20), 120));
    const std::vector<size_t> tracks = tracker.Update(faces);
    for (size_t i = 1; i < faces.size(); ++i) {
      EXPECT_FALSE(tracker.tracks()[tracks[i]].confirmed);
      EXPECT_EQ(tracker.tracks()[tracks[i]].sightings, 1);
    }
  }
  EXPECT_EQ(tracker.tracks()[0].id, 1u);
  EXPECT_EQ(tracker.tracks()[0].sightings, 300);
}

TEST(FaceTracker, ConfirmFramesSaysWhen) {
  for (const int confirm : {-1, 0, 1, 2, 5}) {
    FaceTracker tracker({.confirm_frames = confirm});
    for (int frame = 1; frame <= 6; ++frame) {
      tracker.Update(std::vector<Face>{FaceAt(50, 50)});
      EXPECT_EQ(tracker.tracks()[0].confirmed, frame >= confirm) << confirm;
    }
  }
}

TEST(FaceTracker, EmptyFramesAndReset) {
  FaceTracker tracker;
  EXPECT_TRUE(tracker.Predictions().empty());
  for (int frame = 0; frame < 3; ++frame) EXPECT_TRUE(tracker.Update({}).empty());
  EXPECT_TRUE(tracker.tracks().empty());
  tracker.Update(std::vector<Face>{FaceAt(50, 50), FaceAt(250, 50)});
  tracker.Reset();
  EXPECT_TRUE(tracker.tracks().empty());
  EXPECT_TRUE(tracker.Predictions().empty());
  tracker.Update(std::vector<Face>{FaceAt(50, 50)});
  EXPECT_EQ(tracker.tracks()[0].id, 3u) << "ids are never used again";
}

// In the order of ids, whoever is lost in between; the answer's indices stay right.
TEST(FaceTracker, TracksStandInTheOrderOfTheirIds) {
  Random random(9);
  FaceTracker tracker({.memory_frames = 2});
  for (int frame = 0; frame < 200; ++frame) {
    std::vector<Face> faces;
    for (int i = 0; i < 6; ++i) {
      if (random.Chance(0.6)) faces.push_back(FaceAt(100 + 200 * i, 100));
    }
    const std::vector<size_t> tracks = tracker.Update(faces);
    for (size_t i = 0; i < faces.size(); ++i) {
      EXPECT_EQ(tracker.tracks()[tracks[i]].face.box.x, faces[i].box.x);
    }
    for (size_t i = 1; i < tracker.tracks().size(); ++i) {
      EXPECT_LT(tracker.tracks()[i - 1].id, tracker.tracks()[i].id);
    }
  }
}

TEST(FaceTracker, IsDeterministic) {
  const auto run = [] {
    Random random(10);
    FaceTracker tracker;
    std::vector<uint64_t> ids;
    for (int frame = 0; frame < 100; ++frame) {
      std::vector<Face> faces;
      for (int i = 0; i < 8; ++i) {
        if (random.Chance(0.2)) continue;
        faces.push_back(FaceAt(random.Uniform(0, 900), random.Uniform(0, 500)));
      }
      for (const size_t track : tracker.Update(faces)) ids.push_back(tracker.tracks()[track].id);
    }
    return ids;
  };
  EXPECT_EQ(run(), run());
}

TEST(FaceTracker, WhatIsNoFaceIsPassedOver) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  std::vector<Face> broken;
  for (const double value : {nan, infinity, -infinity, 1e300}) {
    for (int field = 0; field < 5; ++field) {
      Face face = FaceAt(100, 100);
      double* const fields[] = {&face.box.x, &face.box.y, &face.box.width, &face.box.height,
                                &face.points[3].y};
      *fields[field] = value;
      broken.push_back(face);
    }
  }
  for (const Box& box : {Box{100, 100, 0, 50}, Box{100, 100, 50, 0}, Box{100, 100, -50, 50},
                         Box{100, 100, -50, -50}, Box{100, 100, 1e-200, 1e-200}, Box{}}) {
    Face face = FaceAt(100, 100);
    face.box = box;
    broken.push_back(face);
  }
  FaceTracker tracker;
  for (int frame = 0; frame < 5; ++frame) {
    std::vector<Face> faces = broken;
    faces.insert(faces.begin() + 3, FaceAt(100, 100));
    const std::vector<size_t> tracks = tracker.Update(faces);
    ASSERT_EQ(tracks.size(), faces.size());
    for (size_t i = 0; i < faces.size(); ++i) {
      EXPECT_EQ(tracks[i], i == 3 ? 0 : FaceTracker::kNoTrack);
    }
    ASSERT_EQ(tracker.tracks().size(), 1u);
  }
  // Points in one place cannot be aligned, but they can be followed.
  Face flat = FaceAt(400, 100);
  flat.points.fill({400, 100});
  EXPECT_EQ(tracker.Update(std::vector<Face>{flat})[0], 1u);
  EXPECT_EQ(tracker.Update(std::vector<Face>{flat})[0], 1u);
}

// As many as the finder may hand out: apart, all keep their ids; all in one place, it still ends.
TEST(FaceTracker, AThousandFaces) {
  Random random(11);
  People people;
  for (int frame = 0; frame < 5; ++frame) {
    std::vector<std::pair<int, Face>> seen;
    for (int i = 0; i < 1000; ++i) {
      seen.push_back(
          {i, Jittered(FaceAt(30 + 30 * (i % 40), 40 + 40 * (i / 40), 20), 0.05, &random)});
    }
    people.Frame(seen);
  }
  EXPECT_EQ(people.tracker.tracks().size(), 1000u);

  FaceTracker heap;
  for (int frame = 0; frame < 2; ++frame) {
    std::vector<Face> faces;
    for (int i = 0; i < 1000; ++i) faces.push_back(Jittered(FaceAt(100, 100), 0.1, &random));
    heap.Update(faces);
  }
  EXPECT_EQ(heap.tracks().size(), 1000u);
}

}  // namespace
}  // namespace ag::test
