#include "shared/image/warp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/image/divider.h"

namespace ag {
namespace {

constexpr double kMaxCoordinate = 1e7;
constexpr double kMinScale = 1e-6;
constexpr double kMaxScale = 1e5;
constexpr int kMaxCropSide = 8192;

// Sampling positions have 10 fractional bits: 16 samples of 255 with two weights of 10 bits each
// still fit into 32 bits.
constexpr int kFractionBits = 10;
constexpr int64_t kOne = int64_t{1} << kFractionBits;

// Before sampling, the picture is averaged down by floor(scale / kResidualScale), so sampling
// itself shrinks by less than 2 * kResidualScale; it takes that many samples an axis, rounded up.
constexpr double kResidualScale = 2;
constexpr int kMaxSamples = 4;
constexpr int kReciprocalBits = 18;

bool IsUsable(double value) { return std::isfinite(value) && std::abs(value) <= kMaxCoordinate; }

// The largest integer that is not above it; `value` fits into 63 bits.
int64_t Floor(double value) {
  const auto truncated = static_cast<int64_t>(value);
  return truncated - (value < static_cast<double>(truncated) ? 1 : 0);
}

// Part of a picture, averaged over boxes of factor x factor pixels. Box (i, j) covers the pixels
// from (i * factor, j * factor) on, wherever the part begins: two crops with one transform then see
// the same boxes.
struct Part {
  int64_t left = 0;  // in boxes; may be negative: outside, the border is replicated
  int64_t top = 0;
  int width = 0;
  int height = 0;
  const uint8_t* pixels = nullptr;  // [height, width, 3], not owned

  const uint8_t* at(int64_t x, int64_t y) const {
    x = std::clamp<int64_t>(x - left, 0, width - 1);
    y = std::clamp<int64_t>(y - top, 0, height - 1);
    return pixels + (y * width + x) * 3;
  }
};

// A box's pixels along one axis, those outside moved to the border: `first` counts `first_weight`
// times, `last` `last_weight` times, those in between once.
struct BoxRun {
  int first = 0;
  int last = 0;
  int64_t first_weight = 0;
  int64_t last_weight = 0;

  BoxRun(int64_t begin, int64_t factor, int side) {
    const int64_t end = begin + factor;
    first = static_cast<int>(std::clamp<int64_t>(begin, 0, side - 1));
    last = static_cast<int>(std::clamp<int64_t>(end - 1, 0, side - 1));
    if (first == last) {
      first_weight = factor;
      return;
    }
    first_weight = std::max<int64_t>(0, -begin) + 1;
    last_weight = std::max<int64_t>(0, end - side) + 1;
  }
  int64_t weight(int at) const {
    if (at == first) return first_weight;
    return at == last ? last_weight : 1;
  }
};

void PrefetchRow(const uint8_t* bytes, size_t count) {
  constexpr size_t kCacheLine = 64;
  for (size_t i = 0; i < count; i += kCacheLine) __builtin_prefetch(bytes + i);
}

// Reads every pixel of the picture under the boxes once, and none twice.
std::vector<uint8_t> AverageBoxes(const Image& image, int64_t factor, const Part& part) {
  std::vector<uint8_t> boxes(static_cast<size_t>(part.width) * static_cast<size_t>(part.height) *
                             3);
  const auto box_area = static_cast<uint64_t>(factor * factor);
  const ByteDivider divide(box_area);
  std::vector<BoxRun> columns;
  columns.reserve(static_cast<size_t>(part.width));
  for (int x = 0; x < part.width; ++x) {
    columns.emplace_back((part.left + x) * factor, factor, image.width);
  }
  // First down the columns, in long runs that vectorise. A box is at most 1e5 pixels high, so 32
  // bits hold a column's sum.
  const int first_column = columns.front().first;
  std::vector<uint32_t> sums(static_cast<size_t>(columns.back().last - first_column + 1) * 3);
  uint8_t* target = boxes.data();
  for (int y = 0; y < part.height; ++y) {
    const BoxRun rows((part.top + y) * factor, factor, image.height);
    std::fill(sums.begin(), sums.end(), 0u);
    for (int row = rows.first; row <= rows.last; ++row) {
      const auto weight = static_cast<uint32_t>(rows.weight(row));
      const uint8_t* source = image.at(first_column, row);
      const size_t count = sums.size();
      // The next row lies a picture's width away, where no hardware prefetches.
      if (row < rows.last) PrefetchRow(image.at(first_column, row + 1), count);
      if (weight == 1) {
        for (size_t i = 0; i < count; ++i) sums[i] += source[i];
      } else {
        for (size_t i = 0; i < count; ++i) sums[i] += weight * source[i];
      }
    }
    for (const BoxRun& column : columns) {
      const uint32_t* sum = sums.data() + static_cast<size_t>(column.first - first_column) * 3;
      uint64_t totals[3];
      for (int channel = 0; channel < 3; ++channel) {
        totals[channel] = box_area / 2 + static_cast<uint64_t>(column.first_weight) * sum[channel];
      }
      if (column.first != column.last) {
        for (int x = column.first + 1; x < column.last; ++x) {
          sum += 3;
          for (int channel = 0; channel < 3; ++channel) totals[channel] += sum[channel];
        }
        sum += 3;
        for (int channel = 0; channel < 3; ++channel) {
          totals[channel] += static_cast<uint64_t>(column.last_weight) * sum[channel];
        }
      }
      for (const uint64_t total : totals) {
        *target++ = static_cast<uint8_t>(divide.usable() ? divide(static_cast<uint32_t>(total))
                                                         : total / box_area);
      }
    }
  }
  return boxes;
}

// A position or a step in boxes, with 32 fractional bits. Positions are sums of integer multiples
// of steps, so a crop pixel's position does not depend on the crop's size.
using Fixed = int64_t;
constexpr int kFixedBits = 32;

Fixed ToFixed(double value) { return Floor(value * 4294967296.0 + 0.5); }

// Where the crop's samples are.
struct SampleGrid {
  double a = 1;  // boxes per crop pixel
  double b = 0;
  double x0 = 0;  // the crop's centre, relative to the centre of box (0, 0)
  double y0 = 0;
  int samples = 1;                            // an axis and crop pixel
  std::array<double, kMaxSamples> offsets{};  // from the crop pixel's centre, in crop pixels
};

// `samples` = n samples per axis, d boxes apart. Their spread, d^2 (n^2 - 1) / 12, is made that of
// a crop pixel, s^2 / 12, less that of the picture's own pixel, 1 / 12: so at scale 1 they coincide
// (the picture is copied) and at scale n they are one box apart (a box filter); nothing jumps in
// between.
void PlaceSamples(double scale, SampleGrid* grid) {
  if (scale <= 1) return;
  const auto whole = static_cast<int>(Floor(scale));
  grid->samples = std::min(whole + (scale > whole ? 1 : 0), kMaxSamples);
  const double n = grid->samples;
  const double spacing = std::sqrt((scale * scale - 1) / (n * n - 1)) / scale;
  for (int i = 0; i < grid->samples; ++i) {
    grid->offsets[static_cast<size_t>(i)] = spacing * (i - (n - 1) / 2);
  }
}

struct FixedPoint {
  Fixed x = 0;
  Fixed y = 0;
};

class CropSampler {
 public:
  CropSampler(const Part& part, const SampleGrid& grid);
  void Run(Image* crop) const;

 private:
  // One sample's place along one axis: two neighbours, whose weights sum to 2^10.
  struct AxisSample {
    int64_t first = 0;
    uint32_t first_weight = 0;
    uint32_t second_weight = 0;
  };
  static AxisSample PlaceOf(Fixed position);
  // The mean of all samples of a crop pixel, whose weights sum to 2^20 each.
  uint8_t MeanOf(uint32_t sum) const;
  // kInside: all four corners are in the part.
  template <bool kInside>
  void AddSample(FixedPoint position, uint32_t* sums) const;
  template <bool kInside>
  void SampleRow(FixedPoint first, int width, uint8_t* target) const;
  void RunTurned(Image* crop) const;
  // Without a turn the weights along the axes are independent, so rows are blended first, in long
  // runs that vectorise. In integers, so the sums, and with them the pixels, are the same.
  void RunUpright(Image* crop) const;
  bool IsUpright() const;
  bool IsInside(FixedPoint position) const;

  Part part_;
  FixedPoint centre_;
  Fixed half_a_;  // half a step: crop pixel centres are odd multiples of it from the crop's centre
  Fixed half_b_;
  int samples_;          // an axis
  uint32_t reciprocal_;  // of all samples of a crop pixel, times 2^kReciprocalBits, rounded up
  std::array<FixedPoint, kMaxSamples * kMaxSamples> offsets_{};
  Fixed margin_ = 0;  // the farthest that an offset reaches along x or y
};

CropSampler::CropSampler(const Part& part, const SampleGrid& grid)
    : part_(part),
      centre_{ToFixed(grid.x0), ToFixed(grid.y0)},
      half_a_(ToFixed(grid.a / 2)),
      half_b_(ToFixed(grid.b / 2)),
      samples_(grid.samples),
      reciprocal_(static_cast<uint32_t>(((1 << kReciprocalBits) + grid.samples * grid.samples - 1) /
                                        (grid.samples * grid.samples))) {
  for (int j = 0; j < grid.samples; ++j) {
    for (int i = 0; i < grid.samples; ++i) {
      const double u = grid.offsets[static_cast<size_t>(i)];
      const double v = grid.offsets[static_cast<size_t>(j)];
      const FixedPoint offset = {ToFixed(grid.a * u - grid.b * v),
                                 ToFixed(grid.b * u + grid.a * v)};
      offsets_[static_cast<size_t>(j * grid.samples + i)] = offset;
      margin_ = std::max({margin_, std::abs(offset.x), std::abs(offset.y)});
    }
  }
}

// Whether a crop pixel here has all its samples, and their corners, inside the part. One more box
// is required on each side: rounding a position may move it to the next.
bool CropSampler::IsInside(FixedPoint position) const {
  const int64_t left = ((position.x - margin_) >> kFixedBits) - part_.left;
  const int64_t top = ((position.y - margin_) >> kFixedBits) - part_.top;
  const int64_t right = ((position.x + margin_) >> kFixedBits) - part_.left;
  const int64_t bottom = ((position.y + margin_) >> kFixedBits) - part_.top;
  return left >= 1 && top >= 1 && right + 2 < part_.width && bottom + 2 < part_.height;
}

CropSampler::AxisSample CropSampler::PlaceOf(Fixed position) {
  constexpr int kDropped = kFixedBits - kFractionBits;
  constexpr Fixed kHalf = Fixed{1} << (kDropped - 1);
  const int64_t rounded = (position + kHalf) >> kDropped;
  const auto second_weight = static_cast<uint32_t>(rounded & (kOne - 1));
  return {rounded >> kFractionBits, static_cast<uint32_t>(kOne) - second_weight, second_weight};
}

uint8_t CropSampler::MeanOf(uint32_t sum) const {
  // 16 samples of 255 and the half still fit into 32 bits. The whole part is at most 4,088, so that
  // the rounding of the reciprocal of 9 (those of 1, 4 and 16 are exact) adds less than 1/9.
  const auto count = static_cast<uint32_t>(samples_ * samples_);
  const uint32_t whole = (sum + (count << (2 * kFractionBits - 1))) >> (2 * kFractionBits);
  return static_cast<uint8_t>((whole * reciprocal_) >> kReciprocalBits);
}

template <bool kInside>
void CropSampler::AddSample(FixedPoint position, uint32_t* sums) const {
  const AxisSample x = PlaceOf(position.x);
  const AxisSample y = PlaceOf(position.y);
  const uint8_t* top_left;
  const uint8_t* top_right;
  const uint8_t* bottom_left;
  const uint8_t* bottom_right;
  if constexpr (kInside) {
    top_left = part_.pixels + ((y.first - part_.top) * part_.width + (x.first - part_.left)) * 3;
    top_right = top_left + 3;
    bottom_left = top_left + ptrdiff_t{3} * part_.width;
    bottom_right = bottom_left + 3;
  } else {
    top_left = part_.at(x.first, y.first);
    top_right = part_.at(x.first + 1, y.first);
    bottom_left = part_.at(x.first, y.first + 1);
    bottom_right = part_.at(x.first + 1, y.first + 1);
  }
  for (int channel = 0; channel < 3; ++channel) {
    sums[channel] +=
        y.first_weight *
            (x.first_weight * top_left[channel] + x.second_weight * top_right[channel]) +
        y.second_weight *
            (x.first_weight * bottom_left[channel] + x.second_weight * bottom_right[channel]);
  }
}

template <bool kInside>
void CropSampler::SampleRow(FixedPoint first, int width, uint8_t* target) const {
  const auto count = static_cast<size_t>(samples_ * samples_);
  FixedPoint position = first;
  for (int x = 0; x < width; ++x) {
    uint32_t sums[3] = {0, 0, 0};
    for (size_t i = 0; i < count; ++i) {
      AddSample<kInside>({position.x + offsets_[i].x, position.y + offsets_[i].y}, sums);
    }
    for (const uint32_t sum : sums) *target++ = MeanOf(sum);
    position.x += 2 * half_a_;
    position.y += 2 * half_b_;
  }
}

void CropSampler::RunTurned(Image* crop) const {
  const int width = crop->width;
  for (int y = 0; y < crop->height; ++y) {
    const int64_t half_steps_x = 1 - width;
    const int64_t half_steps_y = 2 * y + 1 - crop->height;
    const FixedPoint first = {centre_.x + half_a_ * half_steps_x - half_b_ * half_steps_y,
                              centre_.y + half_b_ * half_steps_x + half_a_ * half_steps_y};
    const FixedPoint last = {first.x + 2 * half_a_ * (width - 1),
                             first.y + 2 * half_b_ * (width - 1)};
    if (IsInside(first) && IsInside(last)) {  // and so all between them
      SampleRow<true>(first, width, crop->at(0, y));
    } else {
      SampleRow<false>(first, width, crop->at(0, y));
    }
  }
}

void CropSampler::RunUpright(Image* crop) const {
  const auto clamped = [](int64_t at, int64_t begin, int side) {
    return static_cast<size_t>(std::clamp<int64_t>(at - begin, 0, side - 1));
  };
  struct Column {
    size_t left, right;  // in the part, then among the blended values
    uint32_t left_weight, right_weight;
  };
  std::vector<Column> columns;
  columns.reserve(static_cast<size_t>(crop->width * samples_));
  size_t begin = static_cast<size_t>(part_.width), end = 0;
  for (int x = 0; x < crop->width; ++x) {
    const Fixed centre = centre_.x + half_a_ * (2 * x + 1 - crop->width);
    for (int i = 0; i < samples_; ++i) {
      const AxisSample at = PlaceOf(centre + offsets_[static_cast<size_t>(i)].x);
      columns.push_back({clamped(at.first, part_.left, part_.width),
                         clamped(at.first + 1, part_.left, part_.width), at.first_weight,
                         at.second_weight});
      begin = std::min(begin, columns.back().left);
      end = std::max(end, columns.back().right + 1);
    }
  }
  for (Column& column : columns) {
    column.left = (column.left - begin) * 3;
    column.right = (column.right - begin) * 3;
  }

  std::vector<uint32_t> blended((end - begin) * 3);
  for (int y = 0; y < crop->height; ++y) {
    const Fixed centre = centre_.y + half_a_ * (2 * y + 1 - crop->height);
    std::fill(blended.begin(), blended.end(), 0u);
    for (int j = 0; j < samples_; ++j) {
      const AxisSample at = PlaceOf(centre + offsets_[static_cast<size_t>(j * samples_)].y);
      const auto row = [&](int64_t index) {
        const size_t above = clamped(index, part_.top, part_.height);
        return part_.pixels + (above * static_cast<size_t>(part_.width) + begin) * 3;
      };
      const uint8_t* top = row(at.first);
      const uint8_t* bottom = row(at.first + 1);
      // In 16 bits: without 32-bit products of vectors (SSE2) that is half the work.
      const auto top_weight = static_cast<int16_t>(at.first_weight);
      const auto bottom_weight = static_cast<int16_t>(at.second_weight);
      uint32_t* sums = blended.data();
      const size_t count = blended.size();
      for (size_t i = 0; i < count; ++i) {
        sums[i] += static_cast<uint32_t>(top_weight * static_cast<int16_t>(top[i]) +
                                         bottom_weight * static_cast<int16_t>(bottom[i]));
      }
    }
    uint8_t* target = crop->at(0, y);
    const Column* column = columns.data();
    for (int x = 0; x < crop->width; ++x) {
      uint32_t totals[3] = {0, 0, 0};
      for (int i = 0; i < samples_; ++i, ++column) {
        const uint32_t* left = blended.data() + column->left;
        const uint32_t* right = blended.data() + column->right;
        for (int channel = 0; channel < 3; ++channel) {
          totals[channel] +=
              column->left_weight * left[channel] + column->right_weight * right[channel];
        }
      }
      for (const uint32_t total : totals) *target++ = MeanOf(total);
    }
  }
}

bool CropSampler::IsUpright() const {
  if (half_b_ != 0) return false;
  for (int j = 0; j < samples_; ++j) {
    for (int i = 0; i < samples_; ++i) {
      const FixedPoint& offset = offsets_[static_cast<size_t>(j * samples_ + i)];
      if (offset.x != offsets_[static_cast<size_t>(i)].x ||
          offset.y != offsets_[static_cast<size_t>(j * samples_)].y) {
        return false;
      }
    }
  }
  return true;
}

void CropSampler::Run(Image* crop) const {
  if (IsUpright()) {
    RunUpright(crop);
  } else {
    RunTurned(crop);
  }
}

// The boxes that the crop's samples can touch. Of the boxes wholly outside the picture one ring is
// enough: those further out hold the same pixels.
Part NeededPart(const Image& image, int64_t factor, const SampleGrid& grid, int width, int height) {
  const double half_width = width / 2.0 + 1;
  const double half_height = height / 2.0 + 1;
  const double reach_x = std::abs(grid.a) * half_width + std::abs(grid.b) * half_height + 2;
  const double reach_y = std::abs(grid.b) * half_width + std::abs(grid.a) * half_height + 2;
  const int64_t last_x = (image.width - 1) / factor + 1;
  const int64_t last_y = (image.height - 1) / factor + 1;
  Part part;
  part.left = std::clamp<int64_t>(Floor(grid.x0 - reach_x), -1, last_x);
  part.top = std::clamp<int64_t>(Floor(grid.y0 - reach_y), -1, last_y);
  const int64_t right = std::clamp<int64_t>(Floor(grid.x0 + reach_x), -1, last_x);
  const int64_t bottom = std::clamp<int64_t>(Floor(grid.y0 + reach_y), -1, last_y);
  part.width = static_cast<int>(right - part.left + 1);
  part.height = static_cast<int>(bottom - part.top + 1);
  return part;
}

}  // namespace

StatusOr<SimilarityTransform> FitSimilarity(std::span<const Point> picture_points,
                                            std::span<const Point> template_points) {
  const size_t count = picture_points.size();
  if (count < 2 || template_points.size() != count) {
    return Status(Code::kInvalidArgument, "FitSimilarity: " + std::to_string(count) +
                                              " picture points and " +
                                              std::to_string(template_points.size()) +
                                              " template points; at least two pairs are needed");
  }
  Point picture_mean;
  Point template_mean;
  for (size_t i = 0; i < count; ++i) {
    if (!IsUsable(picture_points[i].x) || !IsUsable(picture_points[i].y) ||
        !IsUsable(template_points[i].x) || !IsUsable(template_points[i].y)) {
      return Status(Code::kInvalidArgument, "FitSimilarity: point " + std::to_string(i) +
                                                " is not finite or beyond 1e7 pixels");
    }
    picture_mean.x += picture_points[i].x;
    picture_mean.y += picture_points[i].y;
    template_mean.x += template_points[i].x;
    template_mean.y += template_points[i].y;
  }
  const auto n = static_cast<double>(count);
  picture_mean = {picture_mean.x / n, picture_mean.y / n};
  template_mean = {template_mean.x / n, template_mean.y / n};

  // The normal equations: with both sets about their means, a and b separate.
  double spread = 0;
  double dot = 0;
  double cross = 0;
  for (size_t i = 0; i < count; ++i) {
    const double tx = template_points[i].x - template_mean.x;
    const double ty = template_points[i].y - template_mean.y;
    const double px = picture_points[i].x - picture_mean.x;
    const double py = picture_points[i].y - picture_mean.y;
    spread += tx * tx + ty * ty;
    dot += tx * px + ty * py;
    cross += tx * py - ty * px;
  }
  if (!(spread > 1e-12)) {
    return Status(Code::kInvalidArgument, "FitSimilarity: all template points are in one place");
  }
  SimilarityTransform transform;
  transform.a = dot / spread;
  transform.b = cross / spread;
  const double scale = std::sqrt(transform.a * transform.a + transform.b * transform.b);
  if (!(scale >= kMinScale)) {
    return Status(Code::kInvalidArgument, "FitSimilarity: the picture's points fall together");
  }
  transform.centre.x =
      picture_mean.x - (transform.a * template_mean.x - transform.b * template_mean.y);
  transform.centre.y =
      picture_mean.y - (transform.b * template_mean.x + transform.a * template_mean.y);
  return transform;
}

Image WarpSimilarity(const Image& image, const SimilarityTransform& transform, int width,
                     int height) {
  if (image.empty() || width < 1 || height < 1 || width > kMaxCropSide || height > kMaxCropSide) {
    return Image();
  }
  const double scale = std::sqrt(transform.a * transform.a + transform.b * transform.b);
  if (!IsUsable(transform.centre.x) || !IsUsable(transform.centre.y) || !(scale >= kMinScale) ||
      !(scale <= kMaxScale)) {
    return Image();
  }
  const int64_t factor = std::max<int64_t>(1, Floor(scale / kResidualScale));
  const auto box = static_cast<double>(factor);
  SampleGrid grid;
  grid.a = transform.a / box;
  grid.b = transform.b / box;
  grid.x0 = transform.centre.x / box - 0.5;
  grid.y0 = transform.centre.y / box - 0.5;
  PlaceSamples(scale / box, &grid);

  Part part{.width = image.width, .height = image.height, .pixels = image.pixels.data()};
  std::vector<uint8_t> boxes;
  if (factor > 1) {
    part = NeededPart(image, factor, grid, width, height);
    boxes = AverageBoxes(image, factor, part);
    part.pixels = boxes.data();
  }
  Image crop(width, height);
  CropSampler(part, grid).Run(&crop);
  return crop;
}

Image CropCentre(const Image& image, int width, int height) {
  if (image.empty()) return Image();
  Image crop(width, height);
  const auto floor_half = [](int value) { return value >= 0 ? value / 2 : -((1 - value) / 2); };
  const int left = floor_half(image.width - crop.width);
  const int top = floor_half(image.height - crop.height);
  for (int y = 0; y < crop.height; ++y) {
    const int source_y = std::clamp(y + top, 0, image.height - 1);
    for (int x = 0; x < crop.width; ++x) {
      std::copy_n(image.at(std::clamp(x + left, 0, image.width - 1), source_y), 3, crop.at(x, y));
    }
  }
  return crop;
}

}  // namespace ag
