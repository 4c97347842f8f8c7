// Cuts an upright crop out of a picture, with features at fixed places: one similarity transform,
// fitted to points, then sampled without aliasing.
//
// The same pixels on every platform, bit for bit: coordinates are IEEE doubles made with + - * /
// and sqrt alone (build with -ffp-contract=off), then fixed point; pixels see integers only.
#pragma once

#include <span>

#include "shared/base/status.h"
#include "shared/image/image.h"

namespace ag {

struct Point {
  double x = 0;  // pixels; the centre of the top-left pixel is (0.5, 0.5)
  double y = 0;
};

// From crop to picture. With c = (crop pixel centre) - (centre of the crop), in crop pixels:
//   picture.x = centre.x + a * c.x - b * c.y
//   picture.y = centre.y + b * c.x + a * c.y
// so sqrt(a * a + b * b) is the scale in picture pixels per crop pixel, and a larger crop with the
// same transform shows the same thing with more around it.
struct SimilarityTransform {
  double a = 1;
  double b = 0;
  Point centre;  // picture pixels
};

// The transform that brings the template's points nearest to the picture's: least squares over
// n >= 2 pairs of the distances in the picture (Umeyama 1991, "Least-squares estimation of
// transformation parameters between two point patterns", without reflection; for two dimensions it
// is linear in a, b and centre).
//   picture_points   [n] picture pixels
//   template_points  [n] crop pixels, relative to the CENTRE of the crop
// kInvalidArgument: fewer than two pairs, lengths that differ, a coordinate that is not finite or
// beyond 1e7, all template points in one place, or a result whose scale is below 1e-6.
StatusOr<SimilarityTransform> FitSimilarity(std::span<const Point> picture_points,
                                            std::span<const Point> template_points);

// A crop of [height, width, 3]. Where the scale is 4 or more, the part of the picture that is
// needed is first averaged down by the whole number floor(scale / 2) (boxes of whole pixels, at
// places that do not depend on the crop's size); then every crop pixel is the mean of a grid of n x
// n bilinear samples, n the remaining scale rounded up (1 to 4), spread so that together they are
// as wide as the crop pixel. At scale 1, at whole pixels, the picture is copied exactly, also by a
// quarter turn. Outside the picture its border pixels are replicated. A crop of another size of the
// same parity with the same transform holds the same pixels, bit for bit, around the same centre.
// Cost: tests/bench/image_bench.cc; 112x112 takes n * n * 12,544 samples, plus one read of the
// region that is averaged. An empty picture, a size outside 1..8192, or a transform that is not
// finite, whose centre is beyond 1e7 or whose scale is outside 1e-6..1e5 gives an empty picture.
Image WarpSimilarity(const Image& image, const SimilarityTransform& transform, int width,
                     int height);

// The middle [height, width, 3] of the picture; where the picture is smaller, border pixels are
// replicated. An odd difference leaves the extra pixel on the right and at the bottom.
Image CropCentre(const Image& image, int width, int height);

}  // namespace ag
