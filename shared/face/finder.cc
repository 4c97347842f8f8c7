#include "shared/face/finder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "shared/face/detector.h"

namespace ag {
namespace {

constexpr int kFirstSize = 320;
constexpr int kSecondSize = 1024;
constexpr double kPortraitShare = 0.12;

Status CheckOptions(const FindOptions& options) {
  if (options.min_face != 0 && !(options.min_face >= 8 && options.min_face <= 4096)) {
    return Status(Code::kInvalidArgument,
                  "min_face " + std::to_string(options.min_face) + ", expected 0 or 8 to 4096");
  }
  if (options.detect_size != 0 && (options.detect_size < 32 || options.detect_size > 4096)) {
    return Status(Code::kInvalidArgument, "detect_size " + std::to_string(options.detect_size) +
                                              ", expected 0 or 32 to 4096");
  }
  if (!(options.min_score > 0 && options.min_score <= 1)) {
    return Status(Code::kInvalidArgument, "min_score " + std::to_string(options.min_score) +
                                              ", expected more than 0 and at most 1");
  }
  if (!(options.nms_overlap >= 0 && options.nms_overlap <= 1)) {
    return Status(Code::kInvalidArgument,
                  "nms_overlap " + std::to_string(options.nms_overlap) + ", expected 0 to 1");
  }
  if (options.max_faces < 1) {
    return Status(Code::kInvalidArgument,
                  "max_faces " + std::to_string(options.max_faces) + ", expected 1 or more");
  }
  return OkStatus();
}

}  // namespace

struct FaceFinder::Impl {
  FaceDetector detector;
};

FaceFinder::FaceFinder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FaceFinder::FaceFinder(FaceFinder&&) noexcept = default;
FaceFinder& FaceFinder::operator=(FaceFinder&&) noexcept = default;
FaceFinder::~FaceFinder() = default;

StatusOr<FaceFinder> FaceFinder::Create(std::shared_ptr<Weights> weights, int threads) {
  AG_ASSIGN_OR_RETURN(FaceDetector detector, FaceDetector::Create(std::move(weights), threads));
  return FaceFinder(std::make_unique<Impl>(std::move(detector)));
}

StatusOr<FoundFaces> FaceFinder::Find(const Image& picture, const FindOptions& options) {
  AG_RETURN_IF_ERROR(CheckOptions(options));
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  FoundFaces found;
  const int longest = std::max(picture.width, picture.height);
  const auto look = [&](int size) -> Status {
    AG_ASSIGN_OR_RETURN(found.faces,
                        impl_->detector.Detect(picture, {.detect_size = size,
                                                         .min_score = options.min_score,
                                                         .nms_overlap = options.nms_overlap,
                                                         .max_faces = options.max_faces}));
    ++found.runs;
    const double scale = std::min(1.0, static_cast<double>(size) / longest);
    found.pixels += std::llround(picture.width * scale) * std::llround(picture.height * scale);
    return OkStatus();
  };
  if (options.detect_size != 0) {
    AG_RETURN_IF_ERROR(look(options.detect_size));
    return found;
  }
  AG_RETURN_IF_ERROR(look(kFirstSize));
  const bool portrait =
      found.faces.size() == 1 && found.faces[0].box.height >= kPortraitShare * longest;
  if (!portrait && longest > kFirstSize) AG_RETURN_IF_ERROR(look(kSecondSize));
  return found;
}

StatusOr<std::vector<Face>> FaceFinder::FindNear(const Image& picture,
                                                 std::span<const Face> expected,
                                                 const FindOptions& options) {
  AG_RETURN_IF_ERROR(CheckOptions(options));
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  AG_ASSIGN_OR_RETURN(const std::vector<Face> faces,
                      impl_->detector.Detect(picture, {.min_score = options.min_score,
                                                       .nms_overlap = options.nms_overlap}));
  std::vector<Face> answers(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    double best = 0.3;
    for (const Face& face : faces) {
      const double overlap = IntersectionOverUnion(face.box, expected[i].box);
      if (overlap > best) {
        best = overlap;
        answers[i] = face;
      }
    }
  }
  return answers;
}

}  // namespace ag
