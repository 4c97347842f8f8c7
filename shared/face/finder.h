// Every face in a picture: from one that fills it to one of a dozen pixels among millions.
//
// FaceDetector looks once, at one size. This class decides at which sizes, where and how often to
// look:
//   1. once at a longest side of kFirstSize or less. If that shows one face of normal size, it is
//      a portrait and nothing more is done;
//   2. if it shows several faces, small ones or none, or if min_face asks for it, again at the size
//      at which a face of min_face pixels is large enough for the detector: in overlapping tiles
//      where one run would need too much memory, merged by non-maximum suppression;
//   3. each small find is looked at again in a window at its own scale, which drops patterns that
//      only look like a face from afar and sharpens box and points; the best of the finds that are
//      too faint to count get the same chance. Anything still uncertain is looked at in slightly
//      displaced windows: a face is seen in each of them;
//   4. if nothing is found, or everything found turns out to lie on its side or to stand on its
//      head, the picture is searched turned by 90, 180 or 270 degrees; if there is still nothing,
//      once more with a margin around it;
//   5. a face tilted in the plane is found again in a window turned upright, because the detector
//      pulls the points of tilted faces towards upright. Its box is the smallest upright one around
//      the ellipse in the box that it has in that window.
// The numbers are in finder.cc, each with the measurement behind it (./ag bench detect).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/face/face.h"
#include "shared/image/image.h"
#include "shared/infer/engine.h"

namespace ag {

struct FindOptions {
  // Height in pixels of the smallest face's box to look for, 8..4096. 0: chosen after the first
  // look; a portrait costs one run.
  double min_face = 0;
  int detect_size = 0;       // not 0: a single run at this longest side (32..4096): step 1 alone
  double min_score = 0.6;    // 0..1; small finds need more (step 3)
  double nms_overlap = 0.3;  // of two faces with a larger IoU only the better one is kept
  int max_faces = 1000;
  bool rotate = true;  // steps 4 and 5
};

// kInvalidArgument names the option that is out of range.
Status CheckFindOptions(const FindOptions& options);

struct FoundFaces {
  // Best score first, in pixels of the picture as given (whatever `rotation` is). The order of a
  // face's points is that of the face held upright: points[0] is the eye that is then on the
  // left.
  std::vector<Face> faces;
  // Degrees (0, 90, 180, 270) by which the picture must be turned clockwise for the faces to be
  // upright. Not 0 only if nothing upright was found in the picture as it is.
  int rotation = 0;
  // What it cost.
  int runs = 0;
  int64_t pixels = 0;  // of all runs' inputs together
};

class FaceFinder {
 public:
  // `weights`: a model with a face detector's contract (otherwise kInvalidArgument). One thread at
  // a time.
  static StatusOr<FaceFinder> Create(std::shared_ptr<Weights> weights, int threads);
  FaceFinder(FaceFinder&&) noexcept;
  FaceFinder& operator=(FaceFinder&&) noexcept;
  ~FaceFinder();

  // An empty list is an answer, not an error. kEmpty: a picture without pixels. kInvalidArgument
  // as CheckFindOptions. Deterministic.
  StatusOr<FoundFaces> Find(const Image& picture, const FindOptions& options = {});

  // For video: looks only around where faces are expected, in one small window each, turned and
  // scaled so that the expected face is upright in it at a fixed size. Answer i belongs to
  // expected[i]; its score is 0 if no face of min_score overlaps the expectation. Two expectations
  // may find the same face: the caller decides. min_face and rotate are ignored.
  StatusOr<std::vector<Face>> FindNear(const Image& picture, std::span<const Face> expected,
                                       const FindOptions& options = {});

 private:
  struct Impl;
  explicit FaceFinder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ag
