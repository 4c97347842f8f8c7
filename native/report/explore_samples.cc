#include "native/report/explore_samples.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "native/base/markup.h"
#include "native/data/label_text.h"
#include "native/pictures/picture_writer.h"
#include "native/plot/svg_chart.h"
#include "shared/base/file.h"
#include "shared/image/decode.h"
#include "shared/image/resize.h"
#include "shared/image/warp.h"

namespace ag {
namespace {

constexpr int kFirstSide = 400;  // pixels
constexpr int kGridSide = 192;   // shown at about 100 to 150 CSS pixels, sharp on dense screens
constexpr int kSampleQuality = 88;
constexpr size_t kMostFailures = 1000;

ShownPicture MakeShown(const Sample& sample, const Image& image) {
  return {sample, EncodeJpeg(image, {}, kSampleQuality), image.width, image.height};
}

// So that `side_now` becomes at most `side`; never enlarges.
Image Shrink(const Image& image, int side_now, int side) {
  if (side_now <= side) return image;
  const auto scaled = [&](int length) {
    return std::max(1, static_cast<int>(static_cast<int64_t>(length) * side / side_now));
  };
  return ResizeArea(image, scaled(image.width), scaled(image.height));
}

Image SquareThumbnail(const Image& image) {
  const Image small = Shrink(image, std::min(image.width, image.height), kGridSide);
  const int side = std::min({small.width, small.height, kGridSide});
  return CropCentre(small, side, side);
}

StatusOr<Image> ReadPicture(const Sample& sample) {
  const DecodeLimits limits;
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(sample.path, limits.max_bytes));
  AG_ASSIGN_OR_RETURN(DecodedImage decoded, DecodeImage(bytes, limits));
  return std::move(decoded.image);
}

}  // namespace

std::vector<size_t> ShuffledOrder(size_t count, uint64_t seed) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  // std::shuffle is another one in each standard library. The modulo's bias is below count / 2^64.
  std::mt19937_64 random(seed);
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

ShownPictures ReadShownPictures(const std::vector<Sample>& samples, size_t count, uint64_t seed) {
  ShownPictures shown;
  for (const size_t index : ShuffledOrder(samples.size(), seed)) {
    if (shown.grid.size() == count || shown.unread.size() > kMostFailures) break;
    const Sample& sample = samples[index];
    ++shown.tried;
    const StatusOr<Image> image = ReadPicture(sample);
    if (!image.ok()) {
      shown.unread.push_back({sample.file, image.status().message()});
      continue;
    }
    if (shown.grid.empty()) {
      shown.first =
          MakeShown(sample, Shrink(*image, std::max(image->width, image->height), kFirstSide));
      shown.first_width = image->width;
      shown.first_height = image->height;
    }
    shown.grid.push_back(MakeShown(sample, SquareThumbnail(*image)));
  }
  return shown;
}

std::string DrawSampleGrid(const std::vector<ShownPicture>& grid) {
  constexpr int kPicture = 132, kGap = 18, kCaption = 28;
  const int columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(grid.size()))));
  const int rows = (static_cast<int>(grid.size()) + columns - 1) / columns;
  Markup svg =
      SvgFileStart(columns * (kPicture + kGap) + kGap, rows * (kPicture + kCaption + kGap) + kGap,
                   "Pictures with age and gender");
  const std::string side = std::to_string(kPicture);
  for (size_t i = 0; i < grid.size(); ++i) {
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    const int x = kGap + column * (kPicture + kGap), y = kGap + row * (kPicture + kCaption + kGap);
    const Sample& sample = grid[i].sample;
    svg += Line("image",
                {{"x", std::to_string(x)},
                 {"y", std::to_string(y)},
                 {"width", side},
                 {"height", side},
                 {"href", DataUrl("image/jpeg", grid[i].jpeg)}},
                Element("title", sample.file)) +
           Line("text",
                {{"class", "label strong"},
                 {"x", std::to_string(x + kPicture / 2)},
                 {"y", std::to_string(y + kPicture + 20)},
                 {"text-anchor", "middle"}},
                AgeWords(sample) + ", " + GenderWord(sample.gender));
  }
  return (svg + SvgFileEnd()).text();
}

}  // namespace ag
