#include "shared/predict/video.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/number_text.h"
#include "shared/predict/outputs.h"

namespace ag {
namespace {

// The minimum number of frames between two searches when there is a reason to search before the
// usual interval is over (somebody stays away, the camera turns).
constexpr int kSoonestSearch = 3;
// A face whose score falls below this fraction of its last one is about to be lost or was mistaken.
constexpr double kFallenScore = 0.75;
// A face is looked at in the window of the last frame until it has moved by this much, in face
// sizes (mean over the points): another window shows the detector other pixels, and its points jump
// by more than the face moved.
constexpr double kSameWindow = 0.06;
// Mean difference of the brightness (0..255) of two frames' cells that marks a new scene.
constexpr double kSceneChange = 25;

double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// The brightness of a frame by region: enough to notice a cut, cheap enough for every frame.
constexpr int kCells = 16, kSamples = 4;  // a side; samples a side of a cell
using Thumbnail = std::array<int, kCells * kCells>;

Thumbnail MakeThumbnail(const Image& frame) {
  Thumbnail cells{};
  constexpr int kSide = kCells * kSamples;
  for (int row = 0; row < kSide; ++row) {
    const int y = static_cast<int>(int64_t{frame.height} * row / kSide);
    for (int column = 0; column < kSide; ++column) {
      const int x = static_cast<int>(int64_t{frame.width} * column / kSide);
      const uint8_t* pixel = frame.at(x, y);
      const int green_twice = pixel[0] + 2 * pixel[1] + pixel[2];
      cells[static_cast<size_t>(row / kSamples * kCells + column / kSamples)] += green_twice;
    }
  }
  return cells;
}

bool SceneChanged(const Thumbnail& a, const Thumbnail& b) {
  int64_t sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  constexpr double kFullScale = 4.0 * kSamples * kSamples * kCells * kCells;
  return static_cast<double>(sum) / kFullScale > kSceneChange;
}

// A track's running result for its person.
class RunningResult {
 public:
  // Probabilities are averaged, not logits: the distribution of ages has to be (a mean of logits
  // would grow sharper with every frame that agrees), and one frame in which the net is wrongly
  // sure of itself moves a mean of probabilities by its share and no more. For a still face neither
  // mean of p_female is more stable: their deviations differ by less than 5 % (bench
  // temporal-stability).
  void Add(const AgeGender& seen, double weight, double memory) {
    weight_ = weight_ * (1 - 1 / memory) + weight;
    const double share = weight / weight_;
    distribution_.resize(seen.age_distribution.size(), 0.0);
    for (size_t i = 0; i < distribution_.size(); ++i) {
      distribution_[i] +=
          share * (static_cast<double>(seen.age_distribution[i]) - distribution_[i]);
    }
    age_ += share * (seen.age - age_);
    p_female_ += share * (seen.p_female - p_female_);
  }

  AgeGender Read(const AgeGenderContract& contract) const {
    AgeGender result;
    if (distribution_.empty()) {
      SetAgeValue(contract, age_, &result);
    } else {
      SetAgeDistribution(contract, distribution_, &result);
    }
    result.p_female = p_female_;
    return result;
  }

 private:
  double weight_ = 0;
  std::vector<double> distribution_;
  double age_ = 0, p_female_ = 0;
};

// How far the points moved, on average, in face sizes.
double Moved(const Face& from, const Face& to) {
  double sum = 0;
  for (size_t i = 0; i < from.points.size(); ++i) {
    const double x = to.points[i].x - from.points[i].x, y = to.points[i].y - from.points[i].y;
    sum += std::sqrt(x * x + y * y);
  }
  return sum / static_cast<double>(from.points.size()) /
         std::sqrt(from.box.width * from.box.height);
}

// Adds `face` unless it is already there; the better of the two is kept if `may_replace`.
void AddUnlessThere(const Face& face, double nms_overlap, bool may_replace,
                    std::vector<Face>* faces) {
  for (Face& other : *faces) {
    if (IntersectionOverUnion(other.box, face.box) <= nms_overlap) continue;
    if (may_replace && face.score > other.score) other = face;
    return;
  }
  faces->push_back(face);
}

}  // namespace

Status CheckVideoOptions(const VideoOptions& options) {
  AG_RETURN_IF_ERROR(CheckFindOptions(options.find));
  const auto refuse = [](const std::string& what) { return Status(Code::kInvalidArgument, what); };
  if (options.search_every < 1) {
    return refuse("search_every " + std::to_string(options.search_every) + ", expected 1 or more");
  }
  if (!(options.memory >= 1 && std::isfinite(options.memory))) {
    return refuse("memory " + NumberText(options.memory) + ", expected 1 or more");
  }
  if (options.track.memory_frames < 0) {
    return refuse("memory_frames " + std::to_string(options.track.memory_frames) +
                  ", expected 0 or more");
  }
  if (options.track.confirm_frames < 1) {
    return refuse("confirm_frames " + std::to_string(options.track.confirm_frames) +
                  ", expected 1 or more");
  }
  return OkStatus();
}

struct VideoPredictor::Impl {
  // What is known of the frame before it is certain that it can be answered.
  struct Look {
    Thumbnail thumbnail{};
    bool resized = false;
    std::vector<Face> windows;  // of each track: where it was looked for
    std::vector<Face> near;     // of each track; score 0: not there
    std::vector<Face> faces;
    bool searched = false;
    bool search_wanted = false;  // now or, if the last one was a moment ago, soon
    int rotation = 0;
  };

  struct Running {
    uint64_t id = 0;
    RunningResult result;
    std::optional<Face> window;  // where it was looked for in the last frame
  };

  // What one frame leaves to the next. A frame changes a copy, which takes its place when nothing
  // can fail any more: memory that runs short in between leaves all as it was.
  struct State {
    explicit State(const TrackOptions& track) : tracker(track) {}
    void Commit(const Image& frame, const Look& look);
    void Follow(const AgeGenderContract& contract, double memory, std::vector<FaceResult> seen,
                FrameResult* result);

    FaceTracker tracker;
    std::vector<Running> running;  // of the tracker's tracks, in the same order
    bool started = false;
    int width = 0, height = 0;  // of the last frame
    Thumbnail thumbnail{};
    int rotation = 0;
    int frames_since_search = 0;
    bool search_wanted = false;
  };

  Impl(Predictor new_predictor, const VideoOptions& new_options)
      : predictor(std::move(new_predictor)), options(new_options), state(new_options.track) {}

  StatusOr<Look> LookAt(const Image& frame);
  std::vector<Face> Windows() const;
  bool FaceWasLost(const std::vector<Face>& near) const;
  Status Search(const Image& frame, Look* look);
  Status PredictFaces(const Image& frame, const std::vector<Face>& faces,
                      std::vector<FaceResult>* results, Timings* timings);

  Predictor predictor;
  VideoOptions options;
  State state;
};

std::vector<Face> VideoPredictor::Impl::Windows() const {
  std::vector<Face> windows = state.tracker.Predictions();
  for (size_t i = 0; i < windows.size(); ++i) {
    const std::optional<Face>& last = state.running[i].window;
    if (last && Moved(*last, windows[i]) < kSameWindow) windows[i] = *last;
  }
  return windows;
}

bool VideoPredictor::Impl::FaceWasLost(const std::vector<Face>& near) const {
  for (size_t i = 0; i < near.size(); ++i) {
    const Track& track = state.tracker.tracks()[i];
    if (!track.confirmed || !track.seen) continue;
    if (near[i].score < kFallenScore * track.face.score) return true;
  }
  return false;
}

// The whole frame: faces being followed stay as found near their places, because a face that is
// looked at in another window moves a little, and its age with it. The search adds the others, each
// as seen in the kind of window in which it will be followed.
Status VideoPredictor::Impl::Search(const Image& frame, Look* look) {
  AG_ASSIGN_OR_RETURN(const FoundFaces found, predictor.finder().Find(frame, options.find));
  if (!found.faces.empty()) look->rotation = found.rotation;
  std::vector<Face> others = look->faces;
  for (const Face& face : found.faces) {
    AddUnlessThere(face, options.find.nms_overlap, /*may_replace=*/false, &others);
  }
  others.erase(others.begin(), others.begin() + static_cast<ptrdiff_t>(look->faces.size()));
  AG_ASSIGN_OR_RETURN(const std::vector<Face> near,
                      predictor.finder().FindNear(frame, others, options.find));
  for (size_t i = 0; i < others.size(); ++i) {
    AddUnlessThere(near[i].score > 0 ? near[i] : others[i], options.find.nms_overlap,
                   /*may_replace=*/false, &look->faces);
  }
  look->searched = true;
  look->search_wanted = false;
  return OkStatus();
}

StatusOr<VideoPredictor::Impl::Look> VideoPredictor::Impl::LookAt(const Image& frame) {
  Look look;
  look.thumbnail = MakeThumbnail(frame);
  look.resized = state.started && (frame.width != state.width || frame.height != state.height);
  look.rotation = state.rotation;
  look.search_wanted = state.search_wanted;
  const bool fresh = !state.started || look.resized;
  if (!fresh) {
    look.windows = Windows();
    if (!look.windows.empty()) {
      AG_ASSIGN_OR_RETURN(look.near,
                          predictor.finder().FindNear(frame, look.windows, options.find));
    }
    for (const Face& face : look.near) {
      if (face.score <= 0) continue;
      AddUnlessThere(face, options.find.nms_overlap, /*may_replace=*/true, &look.faces);
    }
    look.search_wanted = look.search_wanted || FaceWasLost(look.near) ||
                         SceneChanged(state.thumbnail, look.thumbnail);
  }
  const int since = state.frames_since_search + 1;
  if (fresh || since >= options.search_every || (look.search_wanted && since >= kSoonestSearch)) {
    AG_RETURN_IF_ERROR(Search(frame, &look));
  }
  SortByScore(&look.faces);
  const size_t most = static_cast<size_t>(options.find.max_faces);
  if (look.faces.size() > most) look.faces.resize(most);
  return look;
}

Status VideoPredictor::Impl::PredictFaces(const Image& frame, const std::vector<Face>& faces,
                                          std::vector<FaceResult>* results, Timings* timings) {
  for (const Face& face : faces) {
    StatusOr<FaceResult> result = predictor.PredictFace(frame, face, timings);
    // Points that all coincide are not a face.
    if (!result.ok() && result.status().code() == Code::kInvalidArgument) continue;
    if (!result.ok()) return result.status();
    results->push_back(*std::move(result));
  }
  return OkStatus();
}

void VideoPredictor::Impl::State::Commit(const Image& frame, const Look& look) {
  if (look.resized) {
    tracker.Reset();
    running.clear();
  }
  for (size_t i = 0; i < look.windows.size(); ++i) running[i].window = look.windows[i];
  started = true;
  width = frame.width;
  height = frame.height;
  thumbnail = look.thumbnail;
  rotation = look.rotation;
  frames_since_search = look.searched ? 0 : frames_since_search + 1;
  search_wanted = look.search_wanted;
}

void VideoPredictor::Impl::State::Follow(const AgeGenderContract& contract, double memory,
                                         std::vector<FaceResult> seen, FrameResult* result) {
  std::vector<Face> faces;
  for (const FaceResult& face : seen) faces.push_back(face.face);
  const std::vector<size_t> track_of = tracker.Update(faces);

  const std::vector<Track>& tracks = tracker.tracks();
  std::vector<Running> kept;
  for (const Track& track : tracks) {
    const auto old = std::find_if(running.begin(), running.end(),
                                  [&](const Running& entry) { return entry.id == track.id; });
    kept.push_back(old == running.end() ? Running{track.id, {}, {}} : std::move(*old));
  }
  running = std::move(kept);

  std::vector<size_t> face_of(tracks.size(), FaceTracker::kNoTrack);
  for (size_t i = 0; i < track_of.size(); ++i) {
    if (track_of[i] != FaceTracker::kNoTrack) face_of[track_of[i]] = i;
  }
  for (size_t i = 0; i < tracks.size(); ++i) {
    if (face_of[i] == FaceTracker::kNoTrack) continue;
    TrackedFace tracked;
    tracked.face = std::move(seen[face_of[i]]);
    tracked.id = tracks[i].confirmed ? tracks[i].id : 0;
    tracked.sightings = tracks[i].sightings;
    running[i].result.Add(tracked.face.result, QualityWeight(tracked.face.quality), memory);
    tracked.running = running[i].result.Read(contract);
    result->faces.push_back(std::move(tracked));
  }
}

VideoPredictor::VideoPredictor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VideoPredictor::VideoPredictor(VideoPredictor&&) noexcept = default;
VideoPredictor& VideoPredictor::operator=(VideoPredictor&&) noexcept = default;
VideoPredictor::~VideoPredictor() = default;

StatusOr<VideoPredictor> VideoPredictor::Create(std::shared_ptr<Weights> net,
                                                std::shared_ptr<Weights> detector, int threads,
                                                const VideoOptions& options) {
  AG_RETURN_IF_ERROR(CheckVideoOptions(options));
  AG_ASSIGN_OR_RETURN(Predictor predictor,
                      Predictor::Create(std::move(net), std::move(detector), threads));
  return VideoPredictor(std::make_unique<Impl>(std::move(predictor), options));
}

StatusOr<FrameResult> VideoPredictor::Next(const Image& frame) {
  if (frame.empty()) return Status(Code::kEmpty, "a picture without pixels");
  FrameResult result;
  const auto start = std::chrono::steady_clock::now();
  AG_ASSIGN_OR_RETURN(const Impl::Look look, impl_->LookAt(frame));
  result.timings.detect_ms = MillisecondsSince(start);
  std::vector<FaceResult> seen;
  AG_RETURN_IF_ERROR(impl_->PredictFaces(frame, look.faces, &seen, &result.timings));

  Impl::State next = impl_->state;
  next.Commit(frame, look);
  next.Follow(*impl_->predictor.net().age_gender, impl_->options.memory, std::move(seen), &result);
  result.width = frame.width;
  result.height = frame.height;
  result.rotation = next.rotation;
  result.searched = look.searched;
  impl_->state = std::move(next);
  return result;
}

void VideoPredictor::Reset() {
  Impl::State& state = impl_->state;
  state.tracker.Reset();
  state.running.clear();
  state.started = false;
  state.rotation = 0;
  state.frames_since_search = 0;
  state.search_wanted = false;
}

}  // namespace ag
