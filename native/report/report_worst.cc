#include "native/report/report_worst.h"

#include <algorithm>
#include <cmath>

#include "native/pictures/picture_writer.h"
#include "shared/base/file.h"
#include "shared/face/subject.h"

namespace ag {
namespace {

constexpr int kThumbnailSide = 144;  // shown at about 100 CSS pixels, sharp on dense screens

StatusOr<Image> ReadCrop(const EvalPrediction& prediction, bool as_is, const DecodeLimits& limits,
                         const FindOptions& find, Predictor* predictor) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                      ReadFile(prediction.label.path, limits.max_bytes));
  AG_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, limits));
  AG_ASSIGN_OR_RETURN(SubjectCrop crop, predictor->CropSubject(decoded.image, kThumbnailSide,
                                                               kThumbnailSide, as_is, find));
  return std::move(crop.image);
}

// The first `count` by descending key.
template <typename Key>
std::vector<const EvalPrediction*> Largest(std::vector<const EvalPrediction*> all, size_t count,
                                           const Key& key) {
  const size_t kept = std::min(count, all.size());
  std::stable_sort(all.begin(), all.end(), [&](const EvalPrediction* a, const EvalPrediction* b) {
    return key(*a) > key(*b);
  });
  all.resize(kept);
  return all;
}

}  // namespace

double AgeDistance(const EvalPrediction& p) {
  if (p.label.has_exact_age()) return std::abs(p.error());
  // Whole years: an age of 29.9 is one of the range 20-29.
  return std::max({0.0, p.label.age_lo - p.age, p.age - (p.label.age_hi + 1)});
}

WorstFaces FindWorstFaces(std::span<const EvalPrediction> predictions, size_t count, bool as_is,
                          const DecodeLimits& limits, const FindOptions& find,
                          Predictor* predictor) {
  std::vector<const EvalPrediction*> ages, genders;
  for (const EvalPrediction& p : predictions) {
    if (AgeDistance(p) > 0) ages.push_back(&p);
    const Gender gender = p.label.gender;
    if (gender != Gender::kUnknown && p.says_female() != (gender == Gender::kFemale)) {
      genders.push_back(&p);
    }
  }
  const auto sureness = [](const EvalPrediction& p) { return std::abs(p.p_female - 0.5); };
  const auto show = [&](const std::vector<const EvalPrediction*>& chosen) {
    std::vector<WorstFace> faces;
    for (const EvalPrediction* p : chosen) {
      WorstFace& face = faces.emplace_back();
      face.prediction = p;
      const StatusOr<Image> crop = ReadCrop(*p, as_is, limits, find, predictor);
      if (!crop.ok()) continue;
      face.jpeg = EncodeJpeg(*crop);
      face.width = crop->width;
      face.height = crop->height;
    }
    return faces;
  };
  return {show(Largest(std::move(ages), count, AgeDistance)),
          show(Largest(std::move(genders), count, sureness))};
}

}  // namespace ag
