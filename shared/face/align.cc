#include "shared/face/align.h"

#include <algorithm>
#include <cmath>

namespace ag {
namespace {

// Where YuNet's box is when a face stands in the crop as in kDefaultCropPoints, as fractions of the
// crop's side: medians over 299 UTKFace pictures (standard deviations 0.06, 0.03, 0.06).
constexpr double kBoxCentreX = 0.50;
constexpr double kBoxCentreY = 0.49;
constexpr double kBoxHeight = 1.01;

}  // namespace

StatusOr<SimilarityTransform> AlignmentTransform(
    const Face& face, const std::array<float, 2 * kFacePointCount>& crop_points, int width,
    int height) {
  std::array<Point, kFacePointCount> points;
  for (size_t i = 0; i < points.size(); ++i) {
    points[i] = {(static_cast<double>(crop_points[2 * i]) - 0.5) * width,
                 (static_cast<double>(crop_points[2 * i + 1]) - 0.5) * height};
  }
  return FitSimilarity(face.points, points);
}

SimilarityTransform CentreTransform(int picture_width, int picture_height, int width, int height) {
  SimilarityTransform transform;
  transform.a = std::min(static_cast<double>(picture_width) / width,
                         static_cast<double>(picture_height) / height);
  transform.centre = {picture_width / 2.0, picture_height / 2.0};
  return transform;
}

SimilarityTransform BoxTransform(const Box& box, int width, int height) {
  // Faces are taller than wide, but a square box is common too: the longer side is the height.
  const double side = std::max(box.width, box.height) / kBoxHeight;
  SimilarityTransform transform;
  transform.a = side / std::max(width, height);
  transform.centre = {box.x + box.width / 2 + (0.5 - kBoxCentreX) * side,
                      box.y + box.height / 2 + (0.5 - kBoxCentreY) * side};
  return transform;
}

std::optional<size_t> ChooseSubject(const std::vector<Face>& faces, int picture_width,
                                    int picture_height) {
  const double half_diagonal = std::sqrt(static_cast<double>(picture_width) * picture_width +
                                         static_cast<double>(picture_height) * picture_height) /
                               2;
  std::optional<size_t> best;
  double best_weight = -1;
  for (size_t i = 0; i < faces.size(); ++i) {
    const Box& box = faces[i].box;
    const double dx = box.x + box.width / 2 - picture_width / 2.0;
    const double dy = box.y + box.height / 2 - picture_height / 2.0;
    const double distance = std::sqrt(dx * dx + dy * dy) / half_diagonal;
    // At the corner a face counts as a tenth of the same face in the middle.
    const double weight = box.width * box.height * std::max(0.1, 1.0 - distance);
    if (weight > best_weight) {
      best_weight = weight;
      best = i;
    }
  }
  return best;
}

}  // namespace ag
