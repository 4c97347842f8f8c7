// Pictures with faces at known places: crops of single faces pasted onto textures.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "native/bench/textures.h"
#include "shared/base/status.h"
#include "shared/face/detector.h"
#include "shared/image/image.h"

namespace ag::bench {

// A picture of one face, and where a single run of the detector sees it.
struct FaceSource {
  Image image;
  Face face;
};

// Pictures of a folder, drawn at random, in which one run of the detector sees one clear face.
// kNotFound if the folder does not exist or has none.
StatusOr<std::vector<FaceSource>> ReadFaceSources(const std::string& folder, size_t count,
                                                  uint64_t seed, FaceDetector* detector);

struct CollageFace {
  Box box;            // the smallest upright one around the turned ellipse of the source's box
  double height = 0;  // of the box before it was turned
  double tilt = 0;    // degrees clockwise
};

struct Collage {
  Image image;
  std::vector<CollageFace> faces;
};

struct CollageOptions {
  int width = 0, height = 0;
  std::vector<double> face_heights;  // pixels; each equally often, where there is room
  std::vector<double> tilts;         // degrees; the same
  double jitter = 10;                // degrees added to a tilt, in either direction
  int faces = 60;                    // at most
  size_t texture = 0;                // of kTextures
  uint64_t seed = 0;
};

Collage MakeCollage(const CollageOptions& options, const std::vector<FaceSource>& sources);

}  // namespace ag::bench
