// Follows faces from frame to frame: who is who, nothing about ages.
//
// Each track predicts where its face will be (constant velocity of centre and size, smoothed by
// what is seen). Detections are assigned to tracks so that the sum of a cost of overlap and of the
// distance of the five points (in face sizes) is smallest; pairs beyond a limit are excluded.
// Deterministic: the same calls give the same ids. The outline is that of SORT (Bewley et al. 2016,
// "Simple online and realtime tracking"), with an alpha-beta filter in place of its Kalman filter
// and with the points in addition to the overlap.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "shared/face/face.h"

namespace ag {

struct TrackOptions {
  int memory_frames = 30;  // a track not seen for more frames than this is forgotten
  int confirm_frames = 2;  // a track's id is shown from this many sightings on
};

struct Track {
  uint64_t id = 0;    // 1, 2, ... in the order of the first sighting; never used again
  Face face;          // where it is: as seen in this frame, else as predicted
  bool seen = false;  // in this frame
  bool confirmed = false;
  int sightings = 0;
  int frames_missing = 0;  // since it was last seen; 0 if seen
};

class FaceTracker {
 public:
  // Update's answer for an invalid detection: a coordinate that is not finite or beyond 1e7, or a
  // box without area.
  static constexpr size_t kNoTrack = std::numeric_limits<size_t>::max();

  explicit FaceTracker(const TrackOptions& options = {});

  // Where the tracks will be in the next frame, in the order of tracks(). Changes nothing.
  std::vector<Face> Predictions() const;

  // One frame. Returns, for each detection, the index into tracks() of its track, or kNoTrack.
  // Detections must not overlap each other much (the finder's suppression sees to that). A track
  // that is not confirmed yet must be seen in every frame until it is, or it is forgotten. Cost:
  // tracks x detections, and the cube of the largest group of close faces (above 200, that group's
  // assignment is only greedy, no longer optimal).
  std::vector<size_t> Update(std::span<const Face> detections);

  // In the order of ids: those seen, and those within their memory.
  const std::vector<Track>& tracks() const { return tracks_; }

  void Reset();  // forgets the tracks; ids go on

 private:
  struct Motion {
    double centre_x = 0, centre_y = 0, log_size = 0;           // pixels, ln pixels
    double velocity_x = 0, velocity_y = 0, velocity_size = 0;  // per frame
  };

  static Motion Standing(const Face& face);
  static Motion Advanced(const Motion& motion);
  void See(size_t track, const Face& face);
  void Miss(size_t track);
  size_t Begin(const Face& face);
  // Forgets tracks; `indices` (into tracks_) follow.
  void Forget(std::vector<size_t>* indices);

  TrackOptions options_;
  uint64_t next_id_ = 1;
  std::vector<Track> tracks_;
  std::vector<Motion> motions_;  // of tracks_, same order
};

}  // namespace ag
