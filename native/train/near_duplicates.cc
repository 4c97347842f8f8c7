#include "native/train/near_duplicates.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <span>

#include "native/train/torch_compat.h"
#include "shared/base/file.h"

namespace ag::train {
namespace {

constexpr int kThumbnailSide = 24;
constexpr int kThumbnailSize = kThumbnailSide * kThumbnailSide;
constexpr int64_t kBlock = 2048;  // crops compared with as many at once

// Mean luma of the cells of a 24x24 grid over the crop, mean 0 and length 1; all zero for a crop
// without contrast, which is like nothing.
void MakeThumbnail(std::span<const uint8_t> crop, int side, float* out) {
  for (int row = 0; row < kThumbnailSide; ++row) {
    const int top = row * side / kThumbnailSide, bottom = (row + 1) * side / kThumbnailSide;
    for (int column = 0; column < kThumbnailSide; ++column) {
      const int left = column * side / kThumbnailSide;
      const int right = (column + 1) * side / kThumbnailSide;
      double sum = 0;
      for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
          const uint8_t* p = crop.data() + (static_cast<size_t>(y) * side + x) * 3;
          sum += 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        }
      }
      out[row * kThumbnailSide + column] =
          static_cast<float>(sum / ((bottom - top) * (right - left)));
    }
  }
  double mean = 0, squares = 0;
  for (int i = 0; i < kThumbnailSize; ++i) mean += out[i] / kThumbnailSize;
  for (int i = 0; i < kThumbnailSize; ++i) squares += (out[i] - mean) * (out[i] - mean);
  const double scale = squares > kThumbnailSize ? 1 / std::sqrt(squares) : 0;
  for (int i = 0; i < kThumbnailSize; ++i) out[i] = static_cast<float>((out[i] - mean) * scale);
}

class Clusters {
 public:
  explicit Clusters(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), uint32_t{0});
  }
  uint32_t Find(uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  // The smaller index stays the cluster's name.
  void Join(uint32_t a, uint32_t b) {
    a = Find(a);
    b = Find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

std::string CacheFile(const CropsCache& crops, double correlation, const std::string& folder) {
  char name[160];
  std::snprintf(name, sizeof(name), "/clusters-%.32s-%.3f.bin", crops.key().c_str(), correlation);
  return folder + name;
}

// Empty if the file is not there or is not of this cache.
std::vector<uint32_t> ReadKept(const std::string& path, size_t count) {
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(path, count * sizeof(uint32_t) + 1);
  if (!bytes.ok() || bytes->size() != count * sizeof(uint32_t)) return {};
  std::vector<uint32_t> clusters(count);
  std::memcpy(clusters.data(), bytes->data(), bytes->size());
  for (size_t i = 0; i < count; ++i) {
    if (clusters[i] > i) return {};
  }
  return clusters;
}

}  // namespace

StatusOr<std::vector<uint32_t>> FindNearDuplicates(const CropsCache& crops, double correlation,
                                                   const std::string& folder,
                                                   const std::atomic<bool>* stop) {
  const std::string path = CacheFile(crops, correlation, folder);
  if (std::vector<uint32_t> kept = ReadKept(path, crops.size()); !kept.empty()) return kept;

  const torch::NoGradGuard no_grad;
  const int64_t count = static_cast<int64_t>(crops.size());
  torch::Tensor thumbnails = torch::zeros({count, kThumbnailSize});
  for (int64_t i = 0; i < count; ++i) {
    const size_t index = static_cast<size_t>(i);
    if (crops.state(index) == CropState::kUnreadable) continue;
    MakeThumbnail(crops.pixels(index), crops.side(),
                  thumbnails.data_ptr<float>() + i * kThumbnailSize);
  }
  Clusters clusters(crops.size());
  for (int64_t a = 0; a < count; a += kBlock) {
    const torch::Tensor rows = thumbnails.slice(0, a, std::min(a + kBlock, count));
    for (int64_t b = a; b < count; b += kBlock) {
      if (stop != nullptr && stop->load()) return Status(Code::kInterrupted, "interrupted");
      const torch::Tensor columns = thumbnails.slice(0, b, std::min(b + kBlock, count));
      const torch::Tensor pairs =
          (rows.matmul(columns.t()) >= correlation).nonzero().contiguous();  // [n, 2]
      const int64_t* pair = pairs.data_ptr<int64_t>();
      for (int64_t n = 0; n < pairs.size(0); ++n, pair += 2) {
        if (a + pair[0] < b + pair[1]) {
          clusters.Join(static_cast<uint32_t>(a + pair[0]), static_cast<uint32_t>(b + pair[1]));
        }
      }
    }
  }
  std::vector<uint32_t> result(crops.size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = clusters.Find(static_cast<uint32_t>(i));
  const auto* bytes = reinterpret_cast<const uint8_t*>(result.data());
  AG_RETURN_IF_ERROR(WriteFileAtomically(path, std::span(bytes, result.size() * sizeof(uint32_t))));
  return result;
}

}  // namespace ag::train
