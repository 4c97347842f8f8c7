#include "shared/predict/predictor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>

#include "shared/base/number_text.h"
#include "shared/face/align.h"
#include "shared/image/warp.h"
#include "shared/predict/outputs.h"

namespace ag {
namespace {

// A face found near a given box is that box's face from this overlap on.
constexpr double kMinBoxOverlap = 0.3;
// How much of the surroundings of a given box the finder sees, in sides of the box.
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
  FaceFinder finder;
  Engine engine;
  std::shared_ptr<Weights> net;
  std::array<float, 2 * kFacePointCount> crop_points;

  int side_x() const { return static_cast<int>(net->model().input.width); }
  int side_y() const { return static_cast<int>(net->model().input.height); }

  StatusOr<SimilarityTransform> Align(const Face& face) const {
    return AlignmentTransform(face, crop_points, side_x(), side_y());
  }
  StatusOr<AgeGender> RunCrop(const Image& crop);
  StatusOr<FaceResult> RunFace(const Image& picture, const Face& face,
                               const SimilarityTransform& transform, uint32_t flags,
                               Timings* timings);
  Status RunBox(const Image& picture, const Box& box, const FindOptions& options,
                PictureResult* result);
};

StatusOr<AgeGender> Predictor::Impl::RunCrop(const Image& crop) {
  AG_RETURN_IF_ERROR(engine.Run(crop));
  const AgeGenderContract& contract = *net->model().age_gender;
  const std::span<const float> age = engine.value(contract.age_value),
                               gender = engine.value(contract.gender_value);
  // Finite weights can still overflow on the way.
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(age.begin(), age.end(), finite) || !finite(gender[0])) {
    return Status(Code::kModelNonFinite, "the net's output is not finite");
  }
  return ReadOutputs(contract, age, gender);
}

StatusOr<FaceResult> Predictor::Impl::RunFace(const Image& picture, const Face& face,
                                              const SimilarityTransform& transform, uint32_t flags,
                                              Timings* timings) {
  Stopwatch watch;
  const Image crop = WarpSimilarity(picture, transform, side_x(), side_y());
  if (crop.empty()) {
    return Status(Code::kInternal, "a face at (" + NumberText(face.box.x) + ", " +
                                       NumberText(face.box.y) + ") cannot be aligned");
  }
  FaceResult result;
  result.face = face;
  result.quality = MeasureQuality(face, crop, transform, picture.width, picture.height);
  result.flags = flags | QualityFlags(result.quality);
  timings->align_ms += watch.Lap();
  AG_ASSIGN_OR_RETURN(result.result, RunCrop(crop));
  timings->predict_ms += watch.Lap();
  return result;
}

Status Predictor::Impl::RunBox(const Image& picture, const Box& box, const FindOptions& options,
                               PictureResult* result) {
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
  AG_ASSIGN_OR_RETURN(FoundFaces found, finder.Find(part, options));
  result->timings.detect_ms += watch.Lap();

  const Face* best = nullptr;
  double best_overlap = kMinBoxOverlap;
  for (Face& face : found.faces) {
    face.box.x += left;
    face.box.y += top;
    for (Point& point : face.points) point = {point.x + left, point.y + top};
    const double overlap = IntersectionOverUnion(face.box, box);
    if (overlap < best_overlap) continue;
    best_overlap = overlap;
    best = &face;
  }
  if (best != nullptr) {
    const auto transform = Align(*best);
    if (transform.ok()) {
      AG_ASSIGN_OR_RETURN(FaceResult face,
                          RunFace(picture, *best, *transform, 0, &result->timings));
      result->faces.push_back(std::move(face));
      result->rotation = found.rotation;
      return OkStatus();
    }
  }
  // Nothing to align by: the features are assumed to be where they usually are in a box.
  const SimilarityTransform transform = BoxTransform(box, side_x(), side_y());
  Face face{box, {}, 0};
  for (size_t i = 0; i < face.points.size(); ++i) {
    face.points[i] = FromCrop(transform, (crop_points[2 * i] - 0.5) * side_x(),
                              (crop_points[2 * i + 1] - 0.5) * side_y());
  }
  AG_ASSIGN_OR_RETURN(FaceResult unaligned,
                      RunFace(picture, face, transform, kFlagBoxOnly, &result->timings));
  result->faces.push_back(std::move(unaligned));
  return OkStatus();
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
  AG_ASSIGN_OR_RETURN(FaceFinder finder, FaceFinder::Create(std::move(detector), threads));
  AG_ASSIGN_OR_RETURN(Engine engine, Engine::Create(net, {.threads = threads}));
  const auto crop_points = model.input.crop_points.value_or(kDefaultCropPoints);
  return Predictor(std::unique_ptr<Impl>(
      new Impl{std::move(finder), std::move(engine), std::move(net), crop_points}));
}

StatusOr<PictureResult> Predictor::Predict(const Image& picture, const PredictOptions& options) {
  PictureResult result;
  result.width = picture.width;
  result.height = picture.height;
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  if (options.box) {
    AG_RETURN_IF_ERROR(impl_->RunBox(picture, *options.box, options.find, &result));
    return result;
  }
  Stopwatch watch;
  AG_ASSIGN_OR_RETURN(const FoundFaces found, impl_->finder.Find(picture, options.find));
  result.timings.detect_ms = watch.Lap();
  result.rotation = found.rotation;
  for (const Face& face : found.faces) {
    const auto transform = impl_->Align(face);
    // Points that all coincide are not a face.
    if (!transform.ok()) continue;
    AG_ASSIGN_OR_RETURN(FaceResult read,
                        impl_->RunFace(picture, face, *transform, 0, &result.timings));
    result.faces.push_back(std::move(read));
  }
  return result;
}

FaceFinder& Predictor::finder() { return impl_->finder; }

StatusOr<FaceResult> Predictor::PredictFace(const Image& picture, const Face& face,
                                            Timings* timings) {
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  AG_ASSIGN_OR_RETURN(const SimilarityTransform transform, impl_->Align(face));
  return impl_->RunFace(picture, face, transform, 0, timings);
}

StatusOr<Image> Predictor::CropFace(const Image& picture, const Face& face, int width,
                                    int height) const {
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  AG_ASSIGN_OR_RETURN(const SimilarityTransform transform,
                      AlignmentTransform(face, impl_->crop_points, width, height));
  Image crop = WarpSimilarity(picture, transform, width, height);
  if (crop.empty())
    return Status(Code::kInvalidArgument, "the face cannot be cut out at this size");
  return crop;
}

StatusOr<SubjectCrop> Predictor::CropSubject(const Image& picture, int width, int height,
                                             bool as_is, const FindOptions& options) {
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  return ag::CropSubject(picture, {width, height, impl_->crop_points}, width, height,
                         as_is ? nullptr : &impl_->finder, options);
}

StatusOr<Predictor::Subject> Predictor::PredictSubject(const Image& picture,
                                                       const FindOptions& options) {
  AG_ASSIGN_OR_RETURN(const SubjectCrop crop,
                      CropSubject(picture, impl_->side_x(), impl_->side_y(), false, options));
  Subject subject;
  AG_ASSIGN_OR_RETURN(subject.result, impl_->RunCrop(crop.image));
  subject.face_found = crop.face.has_value();
  subject.face = crop.face.value_or(Face());
  return subject;
}

StatusOr<AgeGender> Predictor::PredictAsIs(const Image& picture) {
  AG_ASSIGN_OR_RETURN(const SubjectCrop crop,
                      CropSubject(picture, impl_->side_x(), impl_->side_y(), true, {}));
  return impl_->RunCrop(crop.image);
}

}  // namespace ag
