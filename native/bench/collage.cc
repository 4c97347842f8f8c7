#include "native/bench/collage.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <numbers>
#include <utility>

#include "native/base/picture_extension.h"
#include "native/data/dataset.h"
#include "shared/base/file.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"

namespace ag::bench {
namespace {

constexpr double kClearScore = 0.8;
constexpr size_t kMaxFileBytes = size_t{64} << 20;

// The source shrunk until its face's box has the wanted height, with its border blended into the
// background.
void PasteFace(const FaceSource& source, const CollageFace& face, Image* image) {
  const double scale = face.height / source.face.box.height;
  const int width = std::max(1, static_cast<int>(std::lround(source.image.width * scale)));
  const int height = std::max(1, static_cast<int>(std::lround(source.image.height * scale)));
  const Image small = ResizeArea(source.image, width, height);
  const double x_scale = static_cast<double>(width) / source.image.width;
  const double y_scale = static_cast<double>(height) / source.image.height;
  const double centre_x = (source.face.box.x + source.face.box.width / 2) * x_scale;
  const double centre_y = (source.face.box.y + source.face.box.height / 2) * y_scale;
  const double cx = face.box.x + face.box.width / 2, cy = face.box.y + face.box.height / 2;

  // Pixel (u, v) of `turned` shows what lies at the same offset from the face's centre in the
  // picture.
  const int side = 2 * static_cast<int>(std::ceil(std::hypot(width, height)));
  const double radians = face.tilt * std::numbers::pi / 180;
  const double c = std::cos(radians), s = std::sin(radians);
  const int left = static_cast<int>(std::floor(cx)) - side / 2;
  const int top = static_cast<int>(std::floor(cy)) - side / 2;
  SimilarityTransform transform;
  transform.a = c;
  transform.b = -s;
  const double dx = left + side / 2.0 - cx, dy = top + side / 2.0 - cy;
  transform.centre = {centre_x + c * dx + s * dy, centre_y - s * dx + c * dy};
  const Image turned = WarpSimilarity(small, transform, side, side);
  const double border = std::max(1.0, 0.06 * width);
  for (int v = std::max(0, -top); v < std::min(side, image->height - top); ++v) {
    for (int u = std::max(0, -left); u < std::min(side, image->width - left); ++u) {
      const double px = u + 0.5 - side / 2.0, py = v + 0.5 - side / 2.0;
      const double x = transform.centre.x + c * px + s * py;
      const double y = transform.centre.y - s * px + c * py;
      const double inside = std::min({x, width - x, y, height - y});
      if (inside <= 0) continue;
      const double share = std::min(1.0, inside / border);
      const uint8_t* from = turned.at(u, v);
      uint8_t* to = image->at(left + u, top + v);
      for (int channel = 0; channel < 3; ++channel) {
        to[channel] =
            static_cast<uint8_t>(std::lround(to[channel] * (1 - share) + from[channel] * share));
      }
    }
  }
}

}  // namespace

StatusOr<std::vector<FaceSource>> ReadFaceSources(const std::string& folder, size_t count,
                                                  uint64_t seed, FaceDetector* detector) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (HasPictureExtension(entry.path().filename().string()))
      paths.push_back(entry.path().string());
  }
  if (paths.empty()) return Status(Code::kNotFound, folder + ": no folder of pictures");
  std::sort(paths.begin(), paths.end());
  Random random(seed);
  std::vector<FaceSource> sources;
  for (size_t tries = 0; sources.size() < count && tries < 4 * count; ++tries) {
    const std::string& path =
        paths[static_cast<size_t>(random.Below(static_cast<int>(paths.size())))];
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxFileBytes));
    StatusOr<DecodedImage> decoded = DecodeImage(bytes);
    if (!decoded.ok()) continue;
    AG_ASSIGN_OR_RETURN(const std::vector<Face> faces, detector->Detect(decoded->image));
    if (faces.size() != 1 || faces[0].score < kClearScore) continue;
    sources.push_back({std::move(decoded->image), faces[0]});
  }
  if (sources.empty())
    return Status(Code::kNotFound, folder + ": no picture with a single clear face");
  return sources;
}

Collage MakeCollage(const CollageOptions& options, const std::vector<FaceSource>& sources) {
  Random random(options.seed);
  Collage collage;
  collage.image = MakeTexture(options.texture, options.width, options.height, options.seed);
  // Largest first: large faces find no room later.
  std::vector<double> heights;
  for (int i = 0; i < options.faces; ++i) {
    heights.push_back(options.face_heights[static_cast<size_t>(i) % options.face_heights.size()]);
  }
  std::stable_sort(heights.begin(), heights.end(), std::greater<>());
  for (size_t i = 0; i < heights.size(); ++i) {
    const FaceSource& source =
        sources[static_cast<size_t>(random.Below(static_cast<int>(sources.size())))];
    CollageFace face;
    face.height = heights[i];
    face.tilt =
        options.tilts[i % options.tilts.size()] + random.Uniform(-options.jitter, options.jitter);
    const double radians = face.tilt * std::numbers::pi / 180;
    const double ry = face.height / 2, rx = ry * source.face.box.width / source.face.box.height;
    const double half_width = std::hypot(rx * std::cos(radians), ry * std::sin(radians));
    const double half_height = std::hypot(rx * std::sin(radians), ry * std::cos(radians));
    for (int tries = 0; tries < 200; ++tries) {
      const double room = face.height;  // about how far a crop reaches from its face's centre
      if (2 * room >= std::min(options.width, options.height)) break;
      const double x = random.Uniform(room, options.width - room);
      const double y = random.Uniform(room, options.height - room);
      const bool free =
          std::none_of(collage.faces.begin(), collage.faces.end(), [&](const CollageFace& other) {
            return std::hypot(other.box.x + other.box.width / 2 - x,
                              other.box.y + other.box.height / 2 - y) < face.height + other.height;
          });
      if (!free) continue;
      face.box = {x - half_width, y - half_height, 2 * half_width, 2 * half_height};
      PasteFace(source, face, &collage.image);
      collage.faces.push_back(face);
      break;
    }
  }
  return collage;
}

}  // namespace ag::bench
