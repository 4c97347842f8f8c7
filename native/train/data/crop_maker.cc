#include "native/train/data/crop_maker.h"

#include <utility>

#include "shared/face/subject.h"
#include "shared/image/decode.h"

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

}  // namespace ag::train
