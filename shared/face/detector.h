// Finds faces with YuNet-n (S. Yu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023).
//
// The picture is shrunk by area averaging until its longest side is detect_size (never enlarged),
// placed in the top left corner of a black canvas whose sides are multiples of 32, and run. Engines
// for the last few canvas sizes are kept, up to about 200 MB.
#pragma once

#include <memory>
#include <vector>

#include "shared/base/status.h"
#include "shared/face/face.h"
#include "shared/image/image.h"
#include "shared/infer/engine.h"

namespace ag {

struct DetectOptions {
  int detect_size = 320;     // longest side in pixels, 32..4096
  double min_score = 0.6;    // sqrt(class * object)
  double nms_overlap = 0.3;  // of two faces with a larger IoU only the better one is kept
  int max_faces = 1000;
  // Not 0: also report scores between faint_score and min_score, from at most the best max_faint
  // cells of the net's outputs (one face is seen by several).
  double faint_score = 0;
  int max_faint = 0;
};

class FaceDetector {
 public:
  // `weights`: a model with a face detector's contract (otherwise kInvalidArgument). The options of
  // Detect may change from call to call. One thread at a time.
  static StatusOr<FaceDetector> Create(std::shared_ptr<Weights> weights, int threads);
  FaceDetector(FaceDetector&&) noexcept;
  FaceDetector& operator=(FaceDetector&&) noexcept;
  ~FaceDetector();

  // Best score first. An empty list is an answer, not an error. `picture` must not be empty.
  StatusOr<std::vector<Face>> Detect(const Image& picture, const DetectOptions& options = {});

 private:
  struct Impl;
  explicit FaceDetector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ag
