// The subject's crop: what a net is trained on, tested on and asked about where a picture shows one
// labelled face. The one function for it, so that training and prediction cannot drift apart.
#pragma once

#include <array>
#include <optional>

#include "shared/base/status.h"
#include "shared/face/align.h"
#include "shared/face/face.h"
#include "shared/face/finder.h"
#include "shared/image/image.h"
#include "shared/image/warp.h"

namespace ag {

// Where the subject stands in a net's input, in pixels of the input.
struct CropFrame {
  int width = 0, height = 0;
  std::array<float, 2 * kFacePointCount> points = kDefaultCropPoints;  // as in InputContract
};

struct SubjectCrop {
  Image image;
  // Of the upright picture, and aligned; empty: none was found, or its points are all in one place.
  // The crop is then the picture's centre (CentreTransform).
  std::optional<Face> face;
  SimilarityTransform transform;  // from the frame to the picture
};

// Finds the subject (FaceFinder::Find, ChooseSubject) and cuts it out. `image_width`,
// `image_height`: of the crop; larger than the frame and of the same parity it shows the same pixels
// with more around them. `finder`: null looks for nothing and takes the centre.
// Errors: the finder's; kInternal where the transform is out of all bounds (warp.h).
StatusOr<SubjectCrop> CropSubject(const Image& picture, const CropFrame& frame, int image_width,
                                  int image_height, FaceFinder* finder,
                                  const FindOptions& options = {});

}  // namespace ag
