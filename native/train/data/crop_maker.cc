#include "native/train/data/crop_maker.h"

#include <utility>

#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/face/align.h"
#include "shared/image/decode.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"

namespace ag::train {

CropMaker::CropMaker(std::optional<FaceFinder> finder, CropGeometry geometry)
    : finder_(std::move(finder)), geometry_(geometry) {}

StatusOr<CropMaker> CropMaker::Create(std::shared_ptr<Weights> detector, CropGeometry geometry) {
  if (detector == nullptr) return CropMaker(std::nullopt, geometry);
  AG_ASSIGN_OR_RETURN(FaceFinder made, FaceFinder::Create(std::move(detector), 1));
  return CropMaker(std::move(made), geometry);
}

StatusOr<Crop> CropMaker::Make(std::span<const uint8_t> file) {
  AG_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(file));
  return Make(decoded.image);
}

StatusOr<Crop> CropMaker::Make(const Image& picture) {
  const int side = geometry_.input_side;
  Crop crop;
  SimilarityTransform transform = CentreTransform(picture.width, picture.height, side, side);
  if (finder_.has_value()) {
    AG_ASSIGN_OR_RETURN(const FoundFaces found, finder_->Find(picture));
    const std::optional<size_t> subject = ChooseSubject(found.faces, picture.width, picture.height);
    if (subject.has_value()) {
      StatusOr<SimilarityTransform> aligned =
          AlignmentTransform(found.faces[*subject], kDefaultCropPoints, side, side);
      // Degenerate points (all in one place) are as good as no face.
      if (aligned.ok()) {
        transform = *aligned;
        crop.aligned = true;
      }
    }
  }
  // A larger crop with the same transform shows the same with more around it (warp.h).
  crop.image = WarpSimilarity(picture, transform, geometry_.cache_side, geometry_.cache_side);
  if (crop.image.empty()) return Status(Code::kInternal, "the crop's transform is degenerate");
  return crop;
}

StatusOr<std::shared_ptr<Weights>> LoadDetector(const std::string& path,
                                                const std::string& sha256) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxModelBytes));
  if (HexString(HashSha256(bytes)) != sha256) {
    return Status(Code::kInvalidArgument, path + ": has just changed; start again");
  }
  StatusOr<Model> model = LoadModel(bytes);
  if (!model.ok()) return model.status().WithContext(path);
  if (!model->face_detector.has_value()) {
    return Status(Code::kModelContract, path + ": is no face detector");
  }
  StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(*std::move(model));
  if (!weights.ok()) return weights.status().WithContext(path);
  return weights;
}

}  // namespace ag::train
