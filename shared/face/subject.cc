#include "shared/face/subject.h"

#include <cstddef>

namespace ag {

StatusOr<SubjectCrop> CropSubject(const Image& picture, const CropFrame& frame, int image_width,
                                  int image_height, FaceFinder* finder,
                                  const FindOptions& options) {
  SubjectCrop crop;
  crop.transform = CentreTransform(picture.width, picture.height, frame.width, frame.height);
  if (finder != nullptr) {
    AG_ASSIGN_OR_RETURN(const FoundFaces found, finder->Find(picture, options));
    if (const auto chosen = ChooseSubject(found.faces, picture.width, picture.height)) {
      const Face& face = found.faces[*chosen];
      const auto aligned = AlignmentTransform(face, frame.points, frame.width, frame.height);
      // Points that all fall together are as good as no face.
      if (aligned.ok()) {
        crop.transform = *aligned;
        crop.face = face;
      }
    }
  }
  crop.image = WarpSimilarity(picture, crop.transform, image_width, image_height);
  if (crop.image.empty()) return Status(Code::kInternal, "the subject cannot be cut out");
  return crop;
}

}  // namespace ag
