// A series of pictures as a video: faces keep their ids, and their numbers are stable.
//
// Whole frames are searched now and then (at first, every search_every frames, when a face is lost,
// when the scene changes); in between the detector looks only where the faces were, at a fraction
// of the cost. Each track keeps a running age distribution and gender probability: the mean over
// its sightings, weighted by quality (QualityWeight), with an effective length of at most `memory`
// sightings, so that it follows a person who comes closer and is stable for one who sits still.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "shared/base/status.h"
#include "shared/face/track.h"
#include "shared/image/image.h"
#include "shared/predict/predictor.h"

namespace ag {

struct VideoOptions {
  FindOptions find;
  TrackOptions track;
  int search_every = 15;  // frames from one search of a whole frame to the next, >= 1
  double memory = 60;     // sightings, >= 1
};

// kInvalidArgument names the option that is out of range.
Status CheckVideoOptions(const VideoOptions& options);

struct TrackedFace {
  FaceResult face;    // of this frame alone
  uint64_t id = 0;    // 0: not confirmed yet
  int sightings = 0;  // of its track, this one included
  AgeGender running;  // of its track
};

struct FrameResult {
  int width = 0, height = 0;
  int rotation = 0;  // as FoundFaces; kept from search to search
  std::vector<TrackedFace>
      faces;              // seen in this frame, in the order of their tracks' first sighting
  bool searched = false;  // the whole frame was searched
  Timings timings;
};

class VideoPredictor {
 public:
  static StatusOr<VideoPredictor> Create(std::shared_ptr<Weights> net,
                                         std::shared_ptr<Weights> detector, int threads,
                                         const VideoOptions& options = {});
  VideoPredictor(VideoPredictor&&) noexcept;
  VideoPredictor& operator=(VideoPredictor&&) noexcept;
  ~VideoPredictor();

  // The next frame. Frames may differ in size (then everything is searched again and the tracks are
  // forgotten, because nothing is where it was). Errors as from Predictor::Predict; after one the
  // tracks are as before. One thread at a time.
  StatusOr<FrameResult> Next(const Image& frame);

  // Forgets all tracks: another video begins.
  void Reset();

 private:
  struct Impl;
  explicit VideoPredictor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ag
