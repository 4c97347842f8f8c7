#include "native/bench/detect_crops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <numbers>
#include <optional>
#include <utility>

#include "native/bench/textures.h"
#include "native/data/dataset.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/face/subject.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"

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

// The face, with its aligned crop displaced by the change.
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

// A validation picture with an exact age and a known gender, and its face.
struct Subject {
  Sample sample;
  Image picture;
  Face face;
  SimilarityTransform crop;  // from the net's crop to the picture
};

StatusOr<SubjectCrop> CropOf(const Image& picture, Predictor* predictor) {
  const InputContract& input = predictor->net().input;
  return predictor->CropSubject(picture, static_cast<int>(input.width),
                                static_cast<int>(input.height));
}

// Calls `use` for `limit` of them, spread over the whole list.
Status ForEachSubject(const std::string& data, size_t limit, Random* random, Predictor* predictor,
                      const std::function<Status(const Subject&)>& use) {
  AG_ASSIGN_OR_RETURN(const Dataset dataset, ListDataset(data));
  // Enough pictures in expectation.
  const double share = std::min(1.0, static_cast<double>(limit) / kValidationPart /
                                         static_cast<double>(dataset.samples.size()));
  size_t used = 0;
  for (const Sample& sample : dataset.samples) {
    if (used >= limit) break;
    if (random->Uniform(0, 1) >= share) continue;
    if (!sample.has_exact_age() || sample.gender == Gender::kUnknown) continue;
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(sample.path, kMaxFileBytes));
    if (!IsValidation(HexString(HashSha256(bytes)), kValidationPart)) continue;
    StatusOr<DecodedImage> decoded = DecodeImage(bytes);
    if (!decoded.ok()) continue;
    AG_ASSIGN_OR_RETURN(const SubjectCrop crop, CropOf(decoded->image, predictor));
    if (!crop.face) continue;
    AG_RETURN_IF_ERROR(use({sample, std::move(decoded->image), *crop.face, crop.transform}));
    ++used;
  }
  if (used == 0) return Status(Code::kEmpty, data + ": no validation picture");
  return OkStatus();
}

// The same picture, seen differently.
struct View {
  const char* name;
  double size;        // of the face in it
  double degrees;     // of its turn
  double room;        // of the picture around the face: 2 is twice as wide, border replicated
  double brightness;  // factor
  bool blurred;       // half the size and back
};
constexpr std::array<View, 8> kViews = {{{"three quarters of the size", 0.75, 0, 1, 1, false},
                                         {"half the size", 0.5, 0, 1, 1, false},
                                         {"a quarter of the size", 0.25, 0, 1, 1, false},
                                         {"turned by 5 degrees", 1, 5, 1, 1, false},
                                         {"turned by 10 degrees", 1, 10, 1, 1, false},
                                         {"twice as much around it", 1, 0, 2, 1, false},
                                         {"half as bright", 1, 0, 1, 0.5, false},
                                         {"blurred", 1, 0, 1, 1, true}}};

// `to_picture`: from the view to the picture.
Image Show(const Image& picture, const View& view, double sign, SimilarityTransform* to_picture) {
  const double radians = sign * view.degrees * std::numbers::pi / 180;
  to_picture->a = std::cos(radians) / view.size;
  to_picture->b = std::sin(radians) / view.size;
  to_picture->centre = {picture.width / 2.0, picture.height / 2.0};
  Image shown = WarpSimilarity(
      picture, *to_picture, static_cast<int>(std::lround(picture.width * view.size * view.room)),
      static_cast<int>(std::lround(picture.height * view.size * view.room)));
  if (view.blurred) {
    const Image half = ResizeArea(shown, shown.width / 2, shown.height / 2);
    shown = ResizeArea(half, shown.width, shown.height);
  }
  for (uint8_t& value : shown.pixels) {
    value = static_cast<uint8_t>(value * view.brightness);
  }
  return shown;
}

// How far a crop of the view is from `reference`, a crop of the picture.
struct Offset {
  double shift, scale, degrees;
};
Offset Compare(const SimilarityTransform& reference, int crop_side,
               const SimilarityTransform& to_picture, const Image& view,
               const SimilarityTransform& crop) {
  // Similarities of the plane are complex numbers: first the crop's, then the view's.
  using Complex = std::complex<double>;
  const Complex turn(to_picture.a, to_picture.b), own(reference.a, reference.b);
  const Complex centre =
      Complex(to_picture.centre.x, to_picture.centre.y) +
      turn * Complex(crop.centre.x - view.width / 2.0, crop.centre.y - view.height / 2.0);
  const Complex ratio = turn * Complex(crop.a, crop.b) / own;
  const Complex moved = centre - Complex(reference.centre.x, reference.centre.y);
  return {std::abs(moved) / (std::abs(own) * crop_side), std::abs(std::abs(ratio) - 1),
          std::abs(std::arg(ratio)) * 180 / std::numbers::pi};
}

double Quantile95(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * 95 / 100];
}

}  // namespace

StatusOr<std::vector<CropRow>> MeasureCrops(const std::string& data, size_t limit, uint64_t seed,
                                            Predictor* predictor) {
  const int width = static_cast<int>(predictor->net().input.width);
  std::vector<CropRow> rows;
  for (const Change& change : kChanges) rows.push_back({.change = change.name});
  Random random(seed);
  AG_RETURN_IF_ERROR(
      ForEachSubject(data, limit, &random, predictor, [&](const Subject& subject) -> Status {
        const double direction = random.Uniform(0, 2 * std::numbers::pi);
        const double sign = random.Below(2) == 0 ? 1 : -1;
        for (size_t i = 0; i < kChanges.size(); ++i) {
          Timings timings;
          AG_ASSIGN_OR_RETURN(const FaceResult result,
                              predictor->PredictFace(subject.picture,
                                                     Disturb(subject.face, subject.crop, width,
                                                             kChanges[i], direction, sign),
                                                     &timings));
          rows[i].mae += std::abs(result.result.age - subject.sample.age_lo);
          rows[i].gender_right +=
              (result.result.p_female > 0.5) == (subject.sample.gender == Gender::kFemale) ? 1 : 0;
          ++rows[i].pictures;
        }
        return OkStatus();
      }));
  for (CropRow& row : rows) {
    row.mae /= static_cast<double>(row.pictures);
    row.gender_right /= static_cast<double>(row.pictures);
  }
  return rows;
}

StatusOr<std::vector<AlignmentRow>> MeasureAlignment(const std::string& data, size_t limit,
                                                     uint64_t seed, Predictor* predictor) {
  const InputContract& input = predictor->net().input;
  const int width = static_cast<int>(input.width);
  std::vector<AlignmentRow> rows;
  for (const View& view : kViews) rows.push_back({.change = view.name});
  std::array<std::array<std::vector<double>, 3>, kViews.size()> offsets;
  Random random(seed);
  AG_RETURN_IF_ERROR(
      ForEachSubject(data, limit, &random, predictor, [&](const Subject& subject) -> Status {
        const double sign = random.Below(2) == 0 ? 1 : -1;
        for (size_t i = 0; i < kViews.size(); ++i) {
          SimilarityTransform to_picture;
          const Image shown = Show(subject.picture, kViews[i], sign, &to_picture);
          AG_ASSIGN_OR_RETURN(const SubjectCrop crop, CropOf(shown, predictor));
          ++rows[i].pictures;
          if (!crop.face) {
            ++rows[i].lost;
            continue;
          }
          const Offset off = Compare(subject.crop, width, to_picture, shown, crop.transform);
          offsets[i][0].push_back(off.shift);
          offsets[i][1].push_back(off.scale);
          offsets[i][2].push_back(off.degrees);
        }
        return OkStatus();
      }));
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].shift = Quantile95(offsets[i][0]);
    rows[i].scale = Quantile95(offsets[i][1]);
    rows[i].degrees = Quantile95(offsets[i][2]);
  }
  return rows;
}

}  // namespace ag::bench
