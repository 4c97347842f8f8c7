#include "shared/image/resize.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/image/divider.h"

namespace ag {
namespace {

// One output pixel of one axis: source pixels [first, first + count) with whole weights. All but
// the first and the last have `inner_weight`. The weights sum to the same number for every output
// pixel.
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

// Output centre o + 1/2 lies at (o + 1/2) * source / target - 1/2 between source centres; all times
// 2 * target.
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

// sums[i] += weight * source[i]. Both factors fit into 16 bits nearly always, and so multiplied
// they take half the instructions where vectors have no 32-bit product (SSE2).
void AddRow(uint32_t weight, const uint8_t* source, size_t count, uint32_t* sums) {
  if (weight <= INT16_MAX) {
    const auto narrow = static_cast<int16_t>(weight);
    for (size_t i = 0; i < count; ++i) {
      sums[i] += static_cast<uint32_t>(narrow * static_cast<int16_t>(source[i]));
    }
  } else {
    for (size_t i = 0; i < count; ++i) sums[i] += weight * source[i];
  }
}

// One row of column sums -> one row of pixels. Sum: a type that holds 255.5 times the weights.
template <typename Sum, typename Divide>
void AverageAlongRow(const std::vector<Span>& columns, const uint32_t* sums, Sum half,
                     const Divide& divide, uint8_t* target) {
  for (const Span& span : columns) {
    const uint32_t* source = sums + static_cast<size_t>(span.first) * 3;
    Sum totals[3];
    for (int channel = 0; channel < 3; ++channel) {
      totals[channel] = half + Sum{span.first_weight} * source[channel];
    }
    if (span.count > 1) {
      Sum inner[3] = {0, 0, 0};
      for (int i = 2; i < span.count; ++i) {
        source += 3;
        for (int channel = 0; channel < 3; ++channel) inner[channel] += source[channel];
      }
      source += 3;
      for (int channel = 0; channel < 3; ++channel) {
        totals[channel] +=
            span.inner_weight * inner[channel] + Sum{span.last_weight} * source[channel];
      }
    }
    for (const Sum total : totals) *target++ = static_cast<uint8_t>(divide(total));
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
  const ByteDivider divide_small(total);
  const size_t row_samples = static_cast<size_t>(image.width) * 3;

  // First down the columns, one whole source row after another (long runs, which vectorise), then
  // along the one row of sums that is left. A sum is at most 255 * 2^21.
  std::vector<uint32_t> sums(row_samples);
  for (int y = 0; y < height; ++y) {
    const Span& row_span = rows.spans[static_cast<size_t>(y)];
    std::fill(sums.begin(), sums.end(), 0u);
    for (int i = 0; i < row_span.count; ++i) {
      AddRow(row_span.weight(i), image.at(0, row_span.first + i), row_samples, sums.data());
    }
    if (divide_small.usable()) {
      AverageAlongRow(columns.spans, sums.data(), static_cast<uint32_t>(total / 2), divide_small,
                      result.at(0, y));
    } else {
      AverageAlongRow(columns.spans, sums.data(), total / 2, divide, result.at(0, y));
    }
  }
  return result;
}

}  // namespace ag
