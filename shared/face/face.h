// What the detector finds, in pixels of the upright picture.
#pragma once

#include <array>
#include <vector>

#include "shared/image/warp.h"
#include "shared/model/model.h"

namespace ag {

struct Box {
  double x = 0, y = 0;  // top left corner; may lie outside the picture
  double width = 0, height = 0;
};

double IntersectionOverUnion(const Box& a, const Box& b);

struct Face {
  Box box;
  // Eye at the left of the picture, the other eye, tip of the nose, corners of the mouth (left of
  // the picture first).
  std::array<Point, kFacePointCount> points{};
  double score = 0;  // 0..1
};

// Best first; equal scores keep their order. A single function, because a sort is 2 KB of the
// page's engine.
void SortByScore(std::vector<Face>* faces);

}  // namespace ag
