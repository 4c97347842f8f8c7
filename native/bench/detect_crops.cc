#include "native/bench/detect_crops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "native/bench/textures.h"
#include "native/data/dataset.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/face/align.h"
#include "shared/image/decode.h"

namespace ag::bench {
namespace {

constexpr double kValidationPart = 0.1;  // what the trainer sets aside
constexpr size_t kMaxFileBytes = size_t{64} << 20;

struct Change {
  const char* name;
  double shift;  // of the crop's side
  double scale;  // of its size
  double degrees;
};
constexpr std::array<Change, 9> kChanges = {{{"aligned", 0, 0, 0},
                                             {"shift 5 %", 0.05, 0, 0},
                                             {"shift 10 %", 0.1, 0, 0},
                                             {"shift 20 %", 0.2, 0, 0},
                                             {"size 5 %", 0, 0.05, 0},
                                             {"size 10 %", 0, 0.1, 0},
                                             {"size 20 %", 0, 0.2, 0},
                                             {"turn 10 degrees", 0, 0, 10},
                                             {"turn 20 degrees", 0, 0, 20}}};

// The face whose aligned crop is off by the change.
Face Disturb(const Face& face, const SimilarityTransform& crop, int crop_side, const Change& change,
             double direction, double sign) {
  const double side = std::hypot(crop.a, crop.b) * crop_side;
  const double radians = sign * change.degrees * std::numbers::pi / 180;
  const double scale = sign > 0 ? 1 + change.scale : 1 / (1 + change.scale);
  const double c = scale * std::cos(radians), s = scale * std::sin(radians);
  Face off = face;
  for (Point& p : off.points) {
    const double x = p.x - crop.centre.x, y = p.y - crop.centre.y;
    p = {crop.centre.x + c * x - s * y + change.shift * side * std::cos(direction),
         crop.centre.y + s * x + c * y + change.shift * side * std::sin(direction)};
  }
  return off;
}

}  // namespace

StatusOr<std::vector<CropRow>> MeasureCrops(const std::string& data, size_t limit, uint64_t seed,
                                            Predictor* predictor) {
  AG_ASSIGN_OR_RETURN(const Dataset dataset, ListDataset(data));
  const InputContract& input = predictor->net().input;
  const int width = static_cast<int>(input.width), height = static_cast<int>(input.height);
  std::vector<CropRow> rows;
  for (const Change& change : kChanges) rows.push_back({.change = change.name});
  Random random(seed);
  // Enough pictures in expectation, spread over the whole list.
  const double share = std::min(1.0, static_cast<double>(limit) / kValidationPart /
                                         static_cast<double>(dataset.samples.size()));
  for (const Sample& sample : dataset.samples) {
    if (rows[0].pictures >= limit) break;
    if (random.Uniform(0, 1) >= share) continue;
    if (!sample.has_exact_age() || sample.gender == Gender::kUnknown) continue;
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(sample.path, kMaxFileBytes));
    if (!IsValidation(HexString(HashSha256(bytes)), kValidationPart)) continue;
    const StatusOr<DecodedImage> decoded = DecodeImage(bytes);
    if (!decoded.ok()) continue;
    const Image& picture = decoded->image;
    AG_ASSIGN_OR_RETURN(const FoundFaces found, predictor->finder().Find(picture));
    const auto subject = ChooseSubject(found.faces, picture.width, picture.height);
    if (!subject) continue;
    const Face& face = found.faces[*subject];
    const auto crop = AlignmentTransform(face, kDefaultCropPoints, width, height);
    if (!crop.ok()) continue;
    const double direction = random.Uniform(0, 2 * std::numbers::pi);
    const double sign = random.Below(2) == 0 ? 1 : -1;
    for (size_t i = 0; i < kChanges.size(); ++i) {
      Timings timings;
      AG_ASSIGN_OR_RETURN(
          const FaceResult result,
          predictor->PredictFace(picture, Disturb(face, *crop, width, kChanges[i], direction, sign),
                                 &timings));
      rows[i].mae += std::abs(result.result.age - sample.age_lo);
      rows[i].gender_right +=
          (result.result.p_female > 0.5) == (sample.gender == Gender::kFemale) ? 1 : 0;
      ++rows[i].pictures;
    }
  }
  if (rows[0].pictures == 0) return Status(Code::kEmpty, data + ": no validation picture");
  for (CropRow& row : rows) {
    row.mae /= static_cast<double>(row.pictures);
    row.gender_right /= static_cast<double>(row.pictures);
  }
  return rows;
}

}  // namespace ag::bench
