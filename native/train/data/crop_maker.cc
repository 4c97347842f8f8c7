#include "native/train/data/crop_maker.h"

#include <utility>

#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/face/subject.h"
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
  AG_ASSIGN_OR_RETURN(
      SubjectCrop crop,
      CropSubject(picture, {geometry_.input_side, geometry_.input_side}, geometry_.cache_side,
                  geometry_.cache_side, finder_.has_value() ? &*finder_ : nullptr));
  return Crop{std::move(crop.image), crop.face.has_value()};
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
