#include "shared/face/track.h"

#include <algorithm>
#include <cmath>

#include "shared/face/assignment.h"

namespace ag {
namespace {

// The alpha-beta filter is the Kalman filter of constant velocity once its gains have settled; beta
// follows from alpha (Kalata 1984, "The tracking index: a generalized parameter for alpha-beta and
// alpha-beta-gamma target trackers"): 2 (2 - alpha) - 4 sqrt(1 - alpha). The detector's boxes are
// steady compared with the motion of heads and cameras, so the filter relies on what is seen.
constexpr double kAlpha = 0.75;
constexpr double kBeta = 0.5;

// A missing face slows down, so that its prediction never moves further than v / (1 - kDamping)
// from where it was lost: mostly it turned away or stopped there.
constexpr double kDamping = 0.6;
// Nobody comes closer by more than a factor of exp(0.15) per frame; more is noise in a box.
constexpr double kMaxSizeVelocity = 0.15;

// How far the five points may lie from the prediction on average, in face sizes. Neighbouring heads
// are further apart, so that a face that vanishes cannot take its neighbour's place. The prediction
// of a missing face is worth less with each frame.
constexpr double kGate = 1.2;
constexpr double kGatePerMissing = 0.06;
constexpr double kMaxGate = 2.4;
// And by which factor its size may differ (natural logarithms of 1.65, and of 2.5 at most).
constexpr double kSizeGate = 0.5;
constexpr double kSizeGatePerMissing = 0.03;
constexpr double kMaxSizeGate = 0.9;

// A pair costs 0 (as predicted) to 1 (at the gate). The square of the distance makes the assignment
// keep the order of faces side by side when the camera turns: crossing would cost more.
constexpr double kOverlapShare = 0.2;
// The worth of a pair with a track of the last frame, before its cost; with a missing track it is
// 1. So a visible face does not lose its place to a memory.
constexpr double kWorthOfSeen = 1.2;

constexpr double kMaxCoordinate = 1e7;  // pixels, as SimilarityTransform's

bool InRange(double value) { return std::abs(value) <= kMaxCoordinate; }  // false for NaN

bool IsFace(const Face& face) {
  bool in_range = InRange(face.box.x) && InRange(face.box.y) && InRange(face.box.width) &&
                  InRange(face.box.height) && face.box.width > 0 && face.box.height > 0;
  for (const Point& point : face.points)
    in_range = in_range && InRange(point.x) && InRange(point.y);
  // Boxes so thin that their area, or its logarithm, means nothing.
  return in_range && face.box.width * face.box.height >= 1e-6;
}

double Size(const Box& box) { return std::sqrt(box.width * box.height); }

double MeanDistance(const Face& a, const Face& b) {
  double sum = 0;
  for (size_t i = 0; i < a.points.size(); ++i) {
    const double x = a.points[i].x - b.points[i].x, y = a.points[i].y - b.points[i].y;
    sum += std::sqrt(x * x + y * y);
  }
  return sum / static_cast<double>(a.points.size());
}

// `face` moved and scaled so that its box has this centre and size.
Face MovedTo(const Face& face, double centre_x, double centre_y, double size) {
  const double old_x = face.box.x + face.box.width / 2, old_y = face.box.y + face.box.height / 2;
  const double scale = size / Size(face.box);
  const auto x = [&](double value) { return centre_x + (value - old_x) * scale; };
  const auto y = [&](double value) { return centre_y + (value - old_y) * scale; };
  Face moved = face;
  moved.box = {x(face.box.x), y(face.box.y), face.box.width * scale, face.box.height * scale};
  for (Point& point : moved.points) point = {x(point.x), y(point.y)};
  return moved;
}

// The worth of assigning `detection` to a track; 0: impossible.
double Worth(const Face& predicted, int frames_missing, const Face& detection) {
  const double gate = std::min(kMaxGate, kGate + kGatePerMissing * frames_missing);
  const double size_gate = std::min(kMaxSizeGate, kSizeGate + kSizeGatePerMissing * frames_missing);
  const double size_a = Size(predicted.box), size_b = Size(detection.box);
  if (std::abs(std::log(size_b / size_a)) > size_gate) return 0;
  const double distance = MeanDistance(predicted, detection) / std::sqrt(size_a * size_b) / gate;
  if (!(distance <= 1)) return 0;
  const double apart = 1 - IntersectionOverUnion(predicted.box, detection.box);
  const double cost = (1 - kOverlapShare) * distance * distance + kOverlapShare * apart;
  return (frames_missing == 0 ? kWorthOfSeen : 1.0) - cost;
}

}  // namespace

FaceTracker::FaceTracker(const TrackOptions& options) : options_(options) {
  options_.memory_frames = std::max(0, options_.memory_frames);
  options_.confirm_frames = std::max(1, options_.confirm_frames);
}

FaceTracker::Motion FaceTracker::Standing(const Face& face) {
  Motion motion;
  motion.centre_x = face.box.x + face.box.width / 2;
  motion.centre_y = face.box.y + face.box.height / 2;
  motion.log_size = std::log(Size(face.box));
  return motion;
}

FaceTracker::Motion FaceTracker::Advanced(const Motion& motion) {
  Motion next = motion;
  next.centre_x += motion.velocity_x;
  next.centre_y += motion.velocity_y;
  next.log_size += motion.velocity_size;
  return next;
}

std::vector<Face> FaceTracker::Predictions() const {
  std::vector<Face> predictions;
  for (size_t i = 0; i < tracks_.size(); ++i) {
    const Motion next = Advanced(motions_[i]);
    predictions.push_back(
        MovedTo(tracks_[i].face, next.centre_x, next.centre_y, std::exp(next.log_size)));
  }
  return predictions;
}

void FaceTracker::See(size_t index, const Face& face) {
  Track& track = tracks_[index];
  Motion& motion = motions_[index];
  const Motion predicted = Advanced(motion);
  const Motion measured = Standing(face);
  // The second sighting gives the first velocity; and after a gap, what was predicted through it
  // counts for nothing.
  const bool second = track.sightings == 1;
  const double alpha = second || track.frames_missing > 0 ? 1.0 : kAlpha;
  const double beta = (second ? 1.0 : kBeta) / (track.frames_missing + 1);
  const auto update = [&](double Motion::*value, double Motion::*velocity) {
    const double surprise = measured.*value - predicted.*value;
    motion.*value = predicted.*value + alpha * surprise;
    motion.*velocity = predicted.*velocity + beta * surprise;
  };
  update(&Motion::centre_x, &Motion::velocity_x);
  update(&Motion::centre_y, &Motion::velocity_y);
  update(&Motion::log_size, &Motion::velocity_size);
  motion.velocity_size = std::clamp(motion.velocity_size, -kMaxSizeVelocity, kMaxSizeVelocity);
  track.face = face;
  track.seen = true;
  track.frames_missing = 0;
  ++track.sightings;
  track.confirmed = track.confirmed || track.sightings >= options_.confirm_frames;
}

void FaceTracker::Miss(size_t index) {
  Track& track = tracks_[index];
  Motion& motion = motions_[index];
  motion = Advanced(motion);
  motion.velocity_x *= kDamping;
  motion.velocity_y *= kDamping;
  motion.velocity_size *= kDamping;
  track.face = MovedTo(track.face, motion.centre_x, motion.centre_y, std::exp(motion.log_size));
  track.face.score = 0;
  track.seen = false;
  ++track.frames_missing;
}

size_t FaceTracker::Begin(const Face& face) {
  Track track;
  track.id = next_id_++;
  track.face = face;
  track.seen = true;
  track.sightings = 1;
  track.confirmed = options_.confirm_frames <= 1;
  tracks_.push_back(track);
  motions_.push_back(Standing(face));
  return tracks_.size() - 1;
}

void FaceTracker::Forget(std::vector<size_t>* indices) {
  std::vector<size_t> new_index(tracks_.size(), kNoTrack);
  size_t kept = 0;
  for (size_t i = 0; i < tracks_.size(); ++i) {
    const Track& track = tracks_[i];
    const bool lost = !track.seen && !track.confirmed;
    if (lost || track.frames_missing > options_.memory_frames) continue;
    new_index[i] = kept;
    tracks_[kept] = track;
    motions_[kept] = motions_[i];
    ++kept;
  }
  tracks_.resize(kept);
  motions_.resize(kept);
  for (size_t& index : *indices) {
    if (index != kNoTrack) index = new_index[index];
  }
}

std::vector<size_t> FaceTracker::Update(std::span<const Face> detections) {
  const std::vector<Face> predictions = Predictions();
  std::vector<PossiblePair> pairs;
  for (size_t i = 0; i < predictions.size(); ++i) {
    for (size_t k = 0; k < detections.size(); ++k) {
      if (!IsFace(detections[k])) continue;
      const double worth = Worth(predictions[i], tracks_[i].frames_missing, detections[k]);
      if (worth > 0) pairs.push_back({i, k, worth});
    }
  }
  const std::vector<size_t> detection_of = PairMostWorth(tracks_.size(), detections.size(), pairs);

  std::vector<size_t> track_of(detections.size(), kNoTrack);
  for (size_t i = 0; i < detection_of.size(); ++i) {
    if (detection_of[i] == kUnpaired) {
      Miss(i);
    } else {
      See(i, detections[detection_of[i]]);
      track_of[detection_of[i]] = i;
    }
  }
  for (size_t k = 0; k < detections.size(); ++k) {
    if (track_of[k] == kNoTrack && IsFace(detections[k])) track_of[k] = Begin(detections[k]);
  }
  Forget(&track_of);
  return track_of;
}

void FaceTracker::Reset() {
  tracks_.clear();
  motions_.clear();
}

}  // namespace ag
