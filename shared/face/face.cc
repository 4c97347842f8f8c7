#include "shared/face/face.h"

#include <algorithm>

namespace ag {

double IntersectionOverUnion(const Box& a, const Box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}

void SortByScore(std::vector<Face>* faces) {
  std::stable_sort(faces->begin(), faces->end(),
                   [](const Face& a, const Face& b) { return a.score > b.score; });
}

}  // namespace ag
