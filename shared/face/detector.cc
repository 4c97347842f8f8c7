#include "shared/face/detector.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <list>
#include <string>

#include "shared/base/number_text.h"
#include "shared/image/resize.h"
#include "shared/model/op_rule.h"

namespace ag {
namespace {

// Pictures from one camera or data set come in a few proportions. An engine of the shipped detector
// holds about 100 bytes of activations per pixel of its canvas; the cache is bounded by count and
// by memory, because another detector may hold more.
constexpr size_t kMaxEngines = 8;
constexpr uint64_t kMaxKeptPixels = 2'000'000;
constexpr uint64_t kMaxKeptBytes = 600'000'000;

// Cells with a score: a picture has thousands at most (a face is seen by up to twenty); a hostile
// net gives millions, and suppression compares each with every face that it keeps.
constexpr size_t kMaxFinds = 65'536;

int RoundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

// What a cell's row of outputs means; coordinates in pixels of the canvas.
struct CellView {
  double column, row, stride;

  Box ReadBox(const float* b) const {
    const double width = std::exp(static_cast<double>(b[2])) * stride;
    const double height = std::exp(static_cast<double>(b[3])) * stride;
    return {(column + b[0]) * stride - width / 2, (row + b[1]) * stride - height / 2, width,
            height};
  }
  Point ReadPoint(const float* k) const {
    return {(column + k[0]) * stride, (row + k[1]) * stride};
  }
};

bool AllFinite(const Face& face) {
  bool finite = std::isfinite(face.box.x) && std::isfinite(face.box.y) &&
                std::isfinite(face.box.width) && std::isfinite(face.box.height);
  for (const Point& point : face.points) {
    finite = finite && std::isfinite(point.x) && std::isfinite(point.y);
  }
  return finite;
}

// Keeps the best kMaxFinds in their order; among equal scores the first.
void DropTheWorst(std::vector<Face>* faces) {
  if (faces->size() <= kMaxFinds) return;
  std::vector<double> scores;
  for (const Face& face : *faces) scores.push_back(face.score);
  std::nth_element(scores.begin(), scores.begin() + kMaxFinds, scores.end(), std::greater<>());
  const double least = scores[kMaxFinds];
  const auto better = [least](const Face& face) { return face.score > least; };
  auto equal =
      static_cast<ptrdiff_t>(kMaxFinds) - std::count_if(faces->begin(), faces->end(), better);
  std::erase_if(*faces, [&](const Face& face) {
    return !better(face) && (face.score < least || --equal < 0);
  });
}

// Appends all cells of one scale whose score reaches min_score, up to twice kMaxFinds.
Status ReadScale(const Engine& engine, const DetectorScale& scale, const Shape& canvas,
                 double min_score, std::vector<Face>* faces) {
  const std::span<const float> classes = engine.value(scale.class_value);
  const std::span<const float> objects = engine.value(scale.object_value);
  const std::span<const float> boxes = engine.value(scale.box_value);
  const std::span<const float> points = engine.value(scale.points_value);
  const size_t columns = canvas[1] / scale.stride;
  const size_t cells = columns * (canvas[0] / scale.stride);
  // CheckModel saw the shapes at the model's own size only; at another size a hostile graph can
  // give different ones.
  if (classes.size() != cells || objects.size() != cells || boxes.size() != 4 * cells ||
      points.size() != 2 * kFacePointCount * cells) {
    return Status(Code::kModelShape, "detector: the outputs of stride " +
                                         std::to_string(scale.stride) + " do not fit an input of " +
                                         ShapeText(canvas));
  }
  // Compared before taking the root: nearly every cell fails.
  const double min_product = min_score * min_score;
  for (size_t i = 0; i < classes.size(); ++i) {
    const double product = static_cast<double>(classes[i]) * static_cast<double>(objects[i]);
    if (!(product >= min_product)) continue;
    // NOLINTNEXTLINE(bugprone-integer-division): column and row
    const CellView cell{static_cast<double>(i % columns), static_cast<double>(i / columns),
                        static_cast<double>(scale.stride)};
    Face face;
    face.score = std::sqrt(product);
    face.box = cell.ReadBox(&boxes[4 * i]);
    for (size_t p = 0; p < face.points.size(); ++p) {
      face.points[p] = cell.ReadPoint(&points[2 * face.points.size() * i + 2 * p]);
    }
    if (AllFinite(face)) faces->push_back(face);
    if (faces->size() >= 2 * kMaxFinds) DropTheWorst(faces);
  }
  return OkStatus();
}

// Greedy non-maximum suppression; the result is ordered by score, ties by the order of cells.
std::vector<Face> SuppressOverlaps(std::vector<Face> faces, const DetectOptions& options) {
  SortByScore(&faces);
  std::vector<Face> kept;
  int faint = 0;
  for (const Face& face : faces) {
    if (static_cast<int>(kept.size()) >= options.max_faces) break;
    if (face.score < options.min_score && ++faint > options.max_faint) break;
    const bool overlaps = std::any_of(kept.begin(), kept.end(), [&](const Face& better) {
      return IntersectionOverUnion(better.box, face.box) > options.nms_overlap;
    });
    if (!overlaps) kept.push_back(face);
  }
  return kept;
}

void ScaleFace(double x_scale, double y_scale, Face* face) {
  face->box = {face->box.x * x_scale, face->box.y * y_scale, face->box.width * x_scale,
               face->box.height * y_scale};
  for (Point& point : face->points) point = {point.x * x_scale, point.y * y_scale};
}

Status CheckOptions(const DetectOptions& options) {
  if (options.detect_size < 32 || options.detect_size > 4096) {
    return Status(Code::kInvalidArgument,
                  "detect_size " + std::to_string(options.detect_size) + ", expected 32 to 4096");
  }
  if (!(options.min_score > 0 && options.min_score <= 1)) {
    return Status(Code::kInvalidArgument, "min_score " + NumberText(options.min_score) +
                                              ", expected more than 0 and at most 1");
  }
  if (!(options.nms_overlap >= 0 && options.nms_overlap <= 1) || options.max_faces < 1 ||
      !(options.faint_score >= 0)) {
    return Status(Code::kInvalidArgument, "nms_overlap, max_faces or faint_score is out of range");
  }
  return OkStatus();
}

}  // namespace

struct FaceDetector::Impl {
  std::shared_ptr<Weights> weights;
  int threads = 1;
  std::list<Engine> engines;  // the one used last comes first
  Image canvas;

  StatusOr<Engine*> EngineFor(uint32_t width, uint32_t height);
};

StatusOr<Engine*> FaceDetector::Impl::EngineFor(uint32_t width, uint32_t height) {
  for (auto it = engines.begin(); it != engines.end(); ++it) {
    if (it->input_shape()[0] != height || it->input_shape()[1] != width) continue;
    engines.splice(engines.begin(), engines, it);
    return &engines.front();
  }
  StatusOr<Engine> engine =
      Engine::Create(weights, {.threads = threads, .height = height, .width = width});
  if (!engine.ok()) return engine.status();
  engines.push_front(*std::move(engine));
  const auto too_many = [&] {
    uint64_t pixels = 0, bytes = 0;
    for (const Engine& kept : engines) {
      pixels += uint64_t{kept.input_shape()[0]} * kept.input_shape()[1];
      bytes += kept.memory_bytes();
    }
    return engines.size() > kMaxEngines || pixels > kMaxKeptPixels || bytes > kMaxKeptBytes;
  };
  while (engines.size() > 1 && too_many()) engines.pop_back();
  return &engines.front();
}

FaceDetector::FaceDetector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FaceDetector::FaceDetector(FaceDetector&&) noexcept = default;
FaceDetector& FaceDetector::operator=(FaceDetector&&) noexcept = default;
FaceDetector::~FaceDetector() = default;

StatusOr<FaceDetector> FaceDetector::Create(std::shared_ptr<Weights> weights, int threads) {
  const Model& model = weights->model();
  if (!model.face_detector) {
    return Status(Code::kInvalidArgument,
                  "the model '" + model.provenance.name + "' is not a face detector");
  }
  if (threads < 1) return Status(Code::kInvalidArgument, "fewer than one thread");
  auto impl = std::make_unique<Impl>();
  impl->weights = std::move(weights);
  impl->threads = threads;
  return FaceDetector(std::move(impl));
}

StatusOr<std::vector<Face>> FaceDetector::Detect(const Image& picture,
                                                 const DetectOptions& options) {
  AG_RETURN_IF_ERROR(CheckOptions(options));
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  const InputContract& input = impl_->weights->model().input;

  const int longest = std::max(picture.width, picture.height);
  const bool shrink = longest > options.detect_size;
  const auto scaled = [&](int side) {
    return shrink ? std::max(1, static_cast<int>(std::lround(static_cast<double>(side) *
                                                             options.detect_size / longest)))
                  : side;
  };
  const int width = scaled(picture.width), height = scaled(picture.height);
  Image small;
  if (shrink) small = ResizeArea(picture, width, height);
  const Image& source = shrink ? small : picture;

  // A net of fixed size puts every picture into its own canvas.
  const int multiple = static_cast<int>(input.size_multiple);
  const int canvas_width = multiple ? RoundUp(width, multiple) : static_cast<int>(input.width);
  const int canvas_height = multiple ? RoundUp(height, multiple) : static_cast<int>(input.height);
  if (width > canvas_width || height > canvas_height) {
    return Status(Code::kInvalidArgument, "detect_size is larger than this detector's fixed input");
  }
  impl_->canvas = Image(canvas_width, canvas_height);
  for (int y = 0; y < height; ++y) {
    std::memcpy(impl_->canvas.at(0, y), source.at(0, y), static_cast<size_t>(width) * 3);
  }

  AG_ASSIGN_OR_RETURN(Engine * engine, impl_->EngineFor(static_cast<uint32_t>(canvas_width),
                                                        static_cast<uint32_t>(canvas_height)));
  AG_RETURN_IF_ERROR(engine->Run(impl_->canvas));
  const double least_score = options.faint_score > 0
                                 ? std::min(options.faint_score, options.min_score)
                                 : options.min_score;
  std::vector<Face> faces;
  for (const DetectorScale& scale : impl_->weights->model().face_detector->scales) {
    AG_RETURN_IF_ERROR(ReadScale(*engine, scale, engine->input_shape(), least_score, &faces));
  }
  DropTheWorst(&faces);
  faces = SuppressOverlaps(std::move(faces), options);
  for (Face& face : faces) {
    ScaleFace(static_cast<double>(picture.width) / width,
              static_cast<double>(picture.height) / height, &face);
  }
  return faces;
}

}  // namespace ag
