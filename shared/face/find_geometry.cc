#include "shared/face/find_geometry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

#include "shared/face/align.h"
#include "shared/image/exif.h"

namespace ag::face_internal {
namespace {

Point CentreOf(const Box& box) { return {box.x + box.width / 2, box.y + box.height / 2}; }

// The nearest number of the form m * 2^e with m = 16..32: steps of 3 to 6 %.
double CoarseScale(double scale) {
  int exponent = 0;
  const double mantissa = std::frexp(scale, &exponent);  // 0.5..1
  return std::ldexp(std::round(mantissa * 32) / 32, exponent);
}

}  // namespace

double WrapDegrees(double degrees) { return std::remainder(degrees, 360.0); }

std::optional<double> RollOf(const Face& face) {
  const StatusOr<SimilarityTransform> fit = AlignmentTransform(face, kDefaultCropPoints, 112, 112);
  if (!fit.ok()) return std::nullopt;
  return std::atan2(fit->b, fit->a) * 180 / std::numbers::pi;
}

double SizeOf(const Box& box) { return std::sqrt(box.width * box.height * 1.28); }

Window::Window(const Box& box, double roll_degrees, const WindowSize& size) : canvas_(size.canvas) {
  const double scale = CoarseScale(std::max(SizeOf(box), 1.0) / size.face);
  const double roll = std::round(roll_degrees) * std::numbers::pi / 180;
  transform_.a = scale * std::cos(roll);
  transform_.b = scale * std::sin(roll);
  // Half a pixel of the window.
  const double step = scale / 2;
  const Point centre = CentreOf(box);
  transform_.centre = {std::round(centre.x / step) * step, std::round(centre.y / step) * step};
}

Face Window::ToPicture(const Face& face) const {
  Face mapped = face;
  const Point centre = Map(CentreOf(face.box));
  const double rx = face.box.width / 2, ry = face.box.height / 2;
  const double a = transform_.a, b = transform_.b;
  const double half_width = std::sqrt(a * a * rx * rx + b * b * ry * ry);
  const double half_height = std::sqrt(b * b * rx * rx + a * a * ry * ry);
  mapped.box = {centre.x - half_width, centre.y - half_height, 2 * half_width, 2 * half_height};
  for (Point& point : mapped.points) point = Map(point);
  return mapped;
}

Point Window::Map(const Point& p) const {
  const double x = p.x - canvas_ / 2.0, y = p.y - canvas_ / 2.0;
  return {transform_.centre.x + transform_.a * x - transform_.b * y,
          transform_.centre.y + transform_.b * x + transform_.a * y};
}

TileAxis::TileAxis(int picture_side, double scale, double overlap, int max_tile)
    : picture(picture_side) {
  const double side = std::max(1.0, std::round(picture_side * scale));
  if (side > max_tile) {
    count = static_cast<int>(std::ceil((side - overlap) / (max_tile - overlap)));
  }
  canvas = static_cast<int>(std::ceil((side + (count - 1) * overlap) / count));
  length = count == 1 ? picture_side
                      : std::min(picture_side, static_cast<int>(std::lround(canvas / scale)));
}

int TileAxis::begin(int i) const {
  if (count == 1) return 0;
  return static_cast<int>(int64_t{i} * (picture - length) / (count - 1));
}

Image CropRegion(const Image& picture, int x, int y, int width, int height) {
  Image region(width, height);
  for (int row = 0; row < height; ++row) {
    std::memcpy(region.at(0, row), picture.at(x, y + row), static_cast<size_t>(width) * 3);
  }
  return region;
}

Image TurnPicture(const Image& picture, int quarters) {
  constexpr std::array<int, 4> kOrientations = {1, 6, 3, 8};
  return ApplyOrientation(picture, kOrientations[static_cast<size_t>(quarters)]);
}

Face TurnFaceBack(const Face& face, int quarters, int w, int h) {
  const auto map = [&](const Point& p) -> Point {
    if (quarters == 1) return {p.y, h - p.x};
    if (quarters == 2) return {w - p.x, h - p.y};
    return {w - p.y, p.x};
  };
  Face mapped = face;
  const Point a = map({face.box.x, face.box.y});
  const Point b = map({face.box.x + face.box.width, face.box.y + face.box.height});
  mapped.box = {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
  for (Point& point : mapped.points) point = map(point);
  return mapped;
}

}  // namespace ag::face_internal
