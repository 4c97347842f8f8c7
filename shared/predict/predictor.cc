#include "shared/predict/predictor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

#include "shared/face/align.h"
#include "shared/image/warp.h"

namespace ag {
namespace {

// Under this distance of the eyes the crop shows no more than a blur (16 of 45 pixels at 112).
constexpr double kMinEyeDistance = 16;
constexpr double kMaxOutside = 0.2;
// A face found near a given box is that box's face from this overlap on.
constexpr double kMinBoxOverlap = 0.3;
// How much of the surroundings of a given box the detector sees, in sides of the box.
constexpr double kBoxSurroundings = 1.0;

class Stopwatch {
 public:
  // Milliseconds since the last call (or the start).
  double Lap() {
    const auto now = std::chrono::steady_clock::now();
    const double ms = std::chrono::duration<double, std::milli>(now - start_).count();
    start_ = now;
    return ms;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Point FromCrop(const SimilarityTransform& transform, double x, double y) {
  return {transform.centre.x + transform.a * x - transform.b * y,
          transform.centre.y + transform.b * x + transform.a * y};
}

// The share of the crop that lies outside the picture, sampled on a grid.
double ShareOutside(const SimilarityTransform& transform, int side_x, int side_y, int width,
                    int height) {
  constexpr int kGrid = 16;
  int outside = 0;
  for (int i = 0; i < kGrid; ++i) {
    for (int j = 0; j < kGrid; ++j) {
      const Point p = FromCrop(transform, ((i + 0.5) / kGrid - 0.5) * side_x,
                               ((j + 0.5) / kGrid - 0.5) * side_y);
      outside += p.x < 0 || p.y < 0 || p.x > width || p.y > height;
    }
  }
  return static_cast<double>(outside) / (kGrid * kGrid);
}

Image CutRectangle(const Image& picture, int left, int top, int right, int bottom) {
  Image part(right - left, bottom - top);
  for (int y = top; y < bottom; ++y) {
    std::memcpy(part.at(0, y - top), picture.at(left, y), static_cast<size_t>(right - left) * 3);
  }
  return part;
}

Status CheckBox(const Box& box, const Image& picture) {
  const bool finite = std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.width) &&
                      std::isfinite(box.height);
  if (finite && box.width >= 1 && box.height >= 1 && box.x < picture.width &&
      box.y < picture.height && box.x + box.width > 0 && box.y + box.height > 0) {
    return OkStatus();
  }
  return Status(Code::kInvalidArgument, "the box does not lie in the picture of " +
                                            std::to_string(picture.width) + " x " +
                                            std::to_string(picture.height));
}

}  // namespace

struct Predictor::Impl {
  FaceDetector detector;
  Engine engine;
  std::shared_ptr<Weights> net;
  std::array<float, 2 * kFacePointCount> crop_points;

  int side_x() const { return static_cast<int>(net->model().input.width); }
  int side_y() const { return static_cast<int>(net->model().input.height); }

  StatusOr<AgeGender> RunCrop(const Image& crop);
  StatusOr<FaceResult> RunFace(const Image& picture, const Face& face,
                               const SimilarityTransform& transform, uint32_t flags,
                               Timings* timings);
  StatusOr<FaceResult> RunBox(const Image& picture, const Box& box, const DetectOptions& options,
                              Timings* timings);
};

StatusOr<AgeGender> Predictor::Impl::RunCrop(const Image& crop) {
  AG_RETURN_IF_ERROR(engine.Run(crop));
  const AgeGenderContract& contract = *net->model().age_gender;
  const AgeGender result =
      ReadOutputs(contract, engine.value(contract.age_value), engine.value(contract.gender_value));
  // Finite weights can still overflow on the way.
  if (!std::isfinite(result.age) || !std::isfinite(result.p_female)) {
    return Status(Code::kModelNonFinite, "the net's output is not finite");
  }
  return result;
}

StatusOr<FaceResult> Predictor::Impl::RunFace(const Image& picture, const Face& face,
                                              const SimilarityTransform& transform, uint32_t flags,
                                              Timings* timings) {
  Stopwatch watch;
  const Image crop = WarpSimilarity(picture, transform, side_x(), side_y());
  if (crop.empty()) {
    return Status(Code::kInternal, "a face at (" + std::to_string(face.box.x) + ", " +
                                       std::to_string(face.box.y) + ") cannot be aligned");
  }
  timings->align_ms += watch.Lap();
  FaceResult result{face, {}, flags};
  AG_ASSIGN_OR_RETURN(result.result, RunCrop(crop));
  timings->predict_ms += watch.Lap();

  const double dx = face.points[1].x - face.points[0].x, dy = face.points[1].y - face.points[0].y;
  if (std::sqrt(dx * dx + dy * dy) < kMinEyeDistance) result.flags |= kFlagTooSmall;
  if (ShareOutside(transform, side_x(), side_y(), picture.width, picture.height) >= kMaxOutside) {
    result.flags |= kFlagCutOff;
  }
  return result;
}

StatusOr<FaceResult> Predictor::Impl::RunBox(const Image& picture, const Box& box,
                                             const DetectOptions& options, Timings* timings) {
  AG_RETURN_IF_ERROR(CheckBox(box, picture));
  Stopwatch watch;
  // Only the surroundings are searched, so that a small face is seen at a useful size.
  const double margin = kBoxSurroundings * std::max(box.width, box.height);
  const int left = static_cast<int>(std::max(0.0, std::floor(box.x - margin)));
  const int top = static_cast<int>(std::max(0.0, std::floor(box.y - margin)));
  const int right =
      static_cast<int>(std::min<double>(picture.width, std::ceil(box.x + box.width + margin)));
  const int bottom =
      static_cast<int>(std::min<double>(picture.height, std::ceil(box.y + box.height + margin)));
  const Image part = CutRectangle(picture, left, top, right, bottom);
  AG_ASSIGN_OR_RETURN(std::vector<Face> faces, detector.Detect(part, options));
  timings->detect_ms += watch.Lap();

  const Face* best = nullptr;
  double best_overlap = kMinBoxOverlap;
  for (Face& face : faces) {
    face.box.x += left;
    face.box.y += top;
    for (Point& point : face.points) point = {point.x + left, point.y + top};
    const double overlap = IntersectionOverUnion(face.box, box);
    if (overlap < best_overlap) continue;
    best_overlap = overlap;
    best = &face;
  }
  if (best != nullptr) {
    const auto transform = AlignmentTransform(*best, crop_points, side_x(), side_y());
    if (transform.ok()) return RunFace(picture, *best, *transform, 0, timings);
  }
  // Nothing to align by: the features are taken to be where they usually are in a box.
  const SimilarityTransform transform = BoxTransform(box, side_x(), side_y());
  Face face{box, {}, 0};
  for (size_t i = 0; i < face.points.size(); ++i) {
    face.points[i] = FromCrop(transform, (crop_points[2 * i] - 0.5) * side_x(),
                              (crop_points[2 * i + 1] - 0.5) * side_y());
  }
  return RunFace(picture, face, transform, kFlagBoxOnly, timings);
}

Predictor::Predictor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

const Model& Predictor::net() const { return impl_->net->model(); }

StatusOr<Predictor> Predictor::Create(std::shared_ptr<Weights> net,
                                      std::shared_ptr<Weights> detector, int threads) {
  const Model& model = net->model();
  if (!model.age_gender) {
    return Status(Code::kInvalidArgument,
                  "the model '" + model.provenance.name + "' does not predict age and gender");
  }
  AG_ASSIGN_OR_RETURN(FaceDetector faces, FaceDetector::Create(std::move(detector), threads));
  AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(net, {.threads = threads}));
  const auto crop_points = model.input.crop_points.value_or(kDefaultCropPoints);
  return Predictor(std::unique_ptr<Impl>(
      new Impl{std::move(faces), std::move(engine), std::move(net), crop_points}));
}

StatusOr<PictureResult> Predictor::Predict(const Image& picture, const PredictOptions& options) {
  PictureResult result;
  result.width = picture.width;
  result.height = picture.height;
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  if (options.box) {
    AG_ASSIGN_OR_RETURN(FaceResult face,
                        impl_->RunBox(picture, *options.box, options.detect, &result.timings));
    result.faces.push_back(std::move(face));
    return result;
  }
  Stopwatch watch;
  AG_ASSIGN_OR_RETURN(const std::vector<Face> faces,
                      impl_->detector.Detect(picture, options.detect));
  result.timings.detect_ms = watch.Lap();
  for (const Face& face : faces) {
    const auto transform =
        AlignmentTransform(face, impl_->crop_points, impl_->side_x(), impl_->side_y());
    // Points that all fall together are no face.
    if (!transform.ok()) continue;
    AG_ASSIGN_OR_RETURN(FaceResult found,
                        impl_->RunFace(picture, face, *transform, 0, &result.timings));
    result.faces.push_back(std::move(found));
  }
  return result;
}

StatusOr<Predictor::Subject> Predictor::PredictSubject(const Image& picture,
                                                       const DetectOptions& options) {
  AG_ASSIGN_OR_RETURN(const std::vector<Face> faces, impl_->detector.Detect(picture, options));
  Subject subject;
  SimilarityTransform transform =
      CentreTransform(picture.width, picture.height, impl_->side_x(), impl_->side_y());
  if (const auto chosen = ChooseSubject(faces, picture.width, picture.height)) {
    const auto aligned =
        AlignmentTransform(faces[*chosen], impl_->crop_points, impl_->side_x(), impl_->side_y());
    if (aligned.ok()) {
      transform = *aligned;
      subject.face_found = true;
    }
  }
  const Image crop = WarpSimilarity(picture, transform, impl_->side_x(), impl_->side_y());
  if (crop.empty()) return Status(Code::kInternal, "the subject cannot be aligned");
  AG_ASSIGN_OR_RETURN(subject.result, impl_->RunCrop(crop));
  return subject;
}

StatusOr<AgeGender> Predictor::PredictAsIs(const Image& picture) {
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  const SimilarityTransform transform =
      CentreTransform(picture.width, picture.height, impl_->side_x(), impl_->side_y());
  const Image crop = WarpSimilarity(picture, transform, impl_->side_x(), impl_->side_y());
  if (crop.empty()) return Status(Code::kInternal, "the picture cannot be scaled");
  return impl_->RunCrop(crop);
}

}  // namespace ag
