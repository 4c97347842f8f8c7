#include "shared/image/resize.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/image/divider.h"

namespace ag {
namespace {

// One output pixel along one axis: source pixels [first, first + count) with integer weights. All
// but the first and the last have `inner_weight`. The weights sum to the same number for every
// output pixel.
struct Span {
  int first = 0;
  int count = 1;
  uint32_t first_weight = 1;
  uint32_t inner_weight = 1;
  uint32_t last_weight = 0;  // when count > 1

  uint32_t weight(int i) const {
    if (i == 0) return first_weight;
    return i == count - 1 ? last_weight : inner_weight;
  }
};

struct Axis {
  std::vector<Span> spans;  // [output pixels]
  uint64_t weight_sum = 1;
};

// Source pixel i covers [i * target, (i + 1) * target), output pixel o covers [o * source,
// (o + 1) * source), on one line of length source * target.
Axis AreaAxis(int source, int target) {
  Axis axis{.spans = std::vector<Span>(static_cast<size_t>(target)),
            .weight_sum = static_cast<uint64_t>(source)};
  for (int o = 0; o < target; ++o) {
    const int64_t begin = int64_t{o} * source;
    const int64_t end = begin + source;
    Span& span = axis.spans[static_cast<size_t>(o)];
    span.first = static_cast<int>(begin / target);
    span.count = static_cast<int>((end + target - 1) / target) - span.first;
    span.inner_weight = static_cast<uint32_t>(target);
    span.first_weight =
        static_cast<uint32_t>(std::min(end, (int64_t{span.first} + 1) * target) - begin);
    if (span.count > 1) {
      const int64_t last_begin = (int64_t{span.first} + span.count - 1) * target;
      span.last_weight = static_cast<uint32_t>(end - last_begin);
    }
  }
  return axis;
}

// Output centre o + 1/2 lies at (o + 1/2) * source / target - 1/2 between source centres;
// everything times 2 * target.
Axis LinearAxis(int source, int target) {
  Axis axis{.spans = std::vector<Span>(static_cast<size_t>(target)),
            .weight_sum = 2 * static_cast<uint64_t>(target)};
  const int64_t unit = 2 * int64_t{target};
  for (int o = 0; o < target; ++o) {
    const int64_t last_centre = (int64_t{source} - 1) * unit;
    const int64_t position =
        std::clamp((2 * int64_t{o} + 1) * source - target, int64_t{0}, last_centre);
    Span& span = axis.spans[static_cast<size_t>(o)];
    span.first = static_cast<int>(position / unit);
    span.last_weight = static_cast<uint32_t>(position % unit);
    span.first_weight = static_cast<uint32_t>(unit) - span.last_weight;
    span.count = span.last_weight > 0 ? 2 : 1;
  }
  return axis;
}

Axis MakeAxis(int source, int target) {
  return target <= source ? AreaAxis(source, target) : LinearAxis(source, target);
}

// The source rows of one output row, weighted and summed: [3 * width].
class RowSummer {
 public:
  static constexpr int kMaxTaps = 3;

  RowSummer(const Image& image, const Axis& rows)
      : image_(image),
        count_(static_cast<size_t>(image.width) * 3),
        exact_in_floats_(255 * rows.weight_sum <= (uint64_t{1} << 24)),
        sums_(count_ + kMaxTaps * 3) {}

  // Valid until the next call. 3 * kMaxTaps zeros follow.
  const uint32_t* Sum(const Span& span) {
    if (exact_in_floats_ && span.count <= kMaxTaps) {
      SumFewRows(span);
    } else {
      SumRows(span);
    }
    return sums_.data();
  }

 private:
  const uint8_t* Row(const Span& span, int i) const { return image_.at(0, span.first + i); }

  // In one pass, a missing row has the weight 0. Floats hold integers up to 2^24, and so these
  // sums, exactly; and they are multiplied four at a time everywhere, while SSE2 has no such
  // product of 32-bit integers.
  void SumFewRows(const Span& span) {
    const uint8_t* source[kMaxTaps];
    float weight[kMaxTaps];
    for (int row = 0; row < kMaxTaps; ++row) {
      source[row] = Row(span, std::min(row, span.count - 1));
      weight[row] = row < span.count ? static_cast<float>(span.weight(row)) : 0.0f;
    }
    for (size_t i = 0; i < count_; ++i) {
      const float sum =
          weight[0] * source[0][i] + weight[1] * source[1][i] + weight[2] * source[2][i];
      sums_[i] = static_cast<uint32_t>(static_cast<int32_t>(sum));
    }
  }

  // The rows between the first and the last share one weight: they are added first, multiplied
  // once.
  void SumRows(const Span& span) {
    const uint8_t* first = Row(span, 0);
    const uint8_t* last = Row(span, span.count - 1);
    const uint32_t last_weight = span.count > 1 ? span.last_weight : 0;
    std::fill(sums_.begin(), sums_.end(), 0u);
    for (int row = 1; row + 1 < span.count; ++row) {
      const uint8_t* source = Row(span, row);
      for (size_t i = 0; i < count_; ++i) sums_[i] += source[i];
    }
    for (size_t i = 0; i < count_; ++i) {
      sums_[i] =
          span.first_weight * first[i] + span.inner_weight * sums_[i] + last_weight * last[i];
    }
  }

  const Image& image_;
  const size_t count_;
  const bool exact_in_floats_;
  std::vector<uint32_t> sums_;
};

// One row of column sums -> one row of pixels.
void AverageAlongRow(const std::vector<Span>& columns, const uint32_t* sums, uint64_t half,
                     const Divider& divide, uint8_t* target) {
  for (const Span& span : columns) {
    uint64_t totals[3] = {half, half, half};
    const uint32_t* source = sums + static_cast<size_t>(span.first) * 3;
    for (int i = 0; i < span.count; ++i, source += 3) {
      const uint64_t weight = span.weight(i);
      for (int channel = 0; channel < 3; ++channel) totals[channel] += weight * source[channel];
    }
    for (const uint64_t total : totals) *target++ = static_cast<uint8_t>(divide(total));
  }
}

// As AverageAlongRow, if no output pixel covers more than kMaxTaps: branch-free, a missing source
// pixel has the weight 0.
void AverageFewAlongRow(const std::vector<Span>& columns, const uint32_t* sums, uint32_t half,
                        const ByteDivider& divide, uint8_t* target) {
  for (const Span& span : columns) {
    const uint32_t* source = sums + static_cast<size_t>(span.first) * 3;
    const uint32_t third = span.count == 3 ? span.last_weight : 0;
    const uint32_t second = span.count == 3 ? span.inner_weight : span.last_weight;
    for (int channel = 0; channel < 3; ++channel, ++source) {
      *target++ = static_cast<uint8_t>(
          divide(half + span.first_weight * source[0] + second * source[3] + third * source[6]));
    }
  }
}

}  // namespace

Image ResizeArea(const Image& image, int width, int height) {
  if (image.empty()) return Image();
  Image result(width, height);
  if (result.empty()) return result;
  if (width == image.width && height == image.height) {
    result.pixels = image.pixels;
    return result;
  }
  const Axis columns = MakeAxis(image.width, width);
  const Axis rows = MakeAxis(image.height, height);
  // At most 2^21 * 2^21: a side has at most 2^20 pixels.
  const uint64_t total = columns.weight_sum * rows.weight_sum;
  const Divider divide(total);
  const ByteDivider divide_bytes(total);
  const bool few = std::all_of(columns.spans.begin(), columns.spans.end(),
                               [](const Span& span) { return span.count <= RowSummer::kMaxTaps; });

  // First down the columns, one whole source row after another (long runs, which vectorise), then
  // along the remaining row of sums. A sum is at most 255 * 2^21.
  RowSummer summer(image, rows);
  for (int y = 0; y < height; ++y) {
    const uint32_t* sums = summer.Sum(rows.spans[static_cast<size_t>(y)]);
    uint8_t* target = result.at(0, y);
    if (few && divide_bytes.usable()) {
      AverageFewAlongRow(columns.spans, sums, static_cast<uint32_t>(total / 2), divide_bytes,
                         target);
    } else {
      AverageAlongRow(columns.spans, sums, total / 2, divide, target);
    }
  }
  return result;
}

}  // namespace ag
