#include "native/train/data/near_duplicates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <span>

#include "native/train/nets/checkpoint.h"
#include "native/train/nets/torch_compat.h"

namespace ag::train {
namespace {

constexpr int kThumbnailSide = 24;
constexpr int kThumbnailSize = kThumbnailSide * kThumbnailSide;
constexpr char kClusterTensor[] = "cluster";  // of each crop: the least index of its cluster
constexpr int64_t kBlock = 2048;              // crops compared with as many at once

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

std::string CacheFile(const CropsCache& crops, const DuplicateRules& rules,
                      const std::string& folder) {
  std::array<char, 160> name;
  std::snprintf(name.data(), name.size(), "/clusters-%.32s-%.3f", crops.key().c_str(),
                rules.correlation);
  std::string path = folder + name.data();
  if (rules.features > 0) {
    std::snprintf(name.data(), name.size(), "-%.3f-%.3f-%.16s", rules.features, kConfirmingCosine,
                  rules.features_key.c_str());
    path += name.data();
  }
  return path + ".agc";
}

// Empty if the file is not there, or is damaged: that is noted.
std::vector<uint32_t> ReadKept(const std::string& path, size_t count,
                               std::vector<std::string>* notes) {
  const torch::Tensor rows = torch::zeros({static_cast<int64_t>(count)}, torch::kInt64);
  Status read = ReadCheckpoint(path, {{kClusterTensor, rows}}).status();
  if (read.code() == Code::kNotFound) return {};
  std::vector<uint32_t> clusters(count);
  const int64_t* first = rows.data_ptr<int64_t>();
  for (size_t i = 0; i < count && read.ok(); ++i) {
    if (first[i] < 0 || first[i] > static_cast<int64_t>(i)) {
      read = Status(Code::kInvalidArgument, path + ": joins what is not there");
    }
    clusters[i] = static_cast<uint32_t>(first[i]);
  }
  if (read.ok()) return clusters;
  if (notes != nullptr) notes->push_back(read.message() + "; near-duplicates are looked for anew");
  return {};
}

Status Keep(const std::string& path, const std::vector<uint32_t>& clusters) {
  const torch::Tensor rows = torch::empty({static_cast<int64_t>(clusters.size())}, torch::kInt64);
  std::copy(clusters.begin(), clusters.end(), rows.data_ptr<int64_t>());
  return WriteCheckpoint(path, {{kClusterTensor, rows}}, nlohmann::json::object());
}

torch::Tensor MakeThumbnails(const CropsCache& crops) {
  torch::Tensor thumbnails = torch::zeros({static_cast<int64_t>(crops.size()), kThumbnailSize});
  for (size_t i = 0; i < crops.size(); ++i) {
    if (crops.state(i) == CropState::kUnreadable) continue;
    MakeThumbnail(crops.pixels(i), crops.side(), thumbnails.data_ptr<float>() + i * kThumbnailSize);
  }
  return thumbnails;
}

// Of length 1 about the mean of all: faces have much in common, and what they have in common is in
// the mean. Rows of zeros stay zeros.
StatusOr<torch::Tensor> MakeDirections(const CropsCache& crops, const DuplicateRules& rules) {
  AG_ASSIGN_OR_RETURN(std::vector<float> features, rules.make_features());
  const auto count = static_cast<int64_t>(crops.size());
  if (features.empty() || features.size() % crops.size() != 0) {
    return Status(Code::kInternal, "features of another number of crops");
  }
  const auto width = static_cast<int64_t>(features.size() / crops.size());
  const torch::Tensor rows = torch::from_blob(features.data(), {count, width});
  const torch::Tensor known = (rows.abs().sum(1, true) > 0).to(torch::kFloat32);
  const torch::Tensor centred = (rows - rows.sum(0, true) / known.sum().clamp_min(1)) * known;
  return centred / centred.norm(2, 1, true).clamp_min(1e-6);
}

// What is compared of the crops, a row each: undefined where its rule is off.
struct Rows {
  torch::Tensor thumbnails, directions;
};

// Which of the pairs of crops in [a, a + kBlock) x [b, b + kBlock) are joined: [n, m].
torch::Tensor AreAlike(const Rows& rows, const DuplicateRules& rules, int64_t a, int64_t b) {
  const auto products = [&](const torch::Tensor& of) {
    const auto some = [&](int64_t from) {
      return of.slice(0, from, std::min(from + kBlock, of.size(0)));
    };
    return some(a).matmul(some(b).t());
  };
  if (!rows.directions.defined()) return products(rows.thumbnails) >= rules.correlation;
  const torch::Tensor cosine = products(rows.directions);
  torch::Tensor alike = cosine >= rules.features;
  if (rows.thumbnails.defined()) {
    const double confirmed = std::min(rules.features, kConfirmingCosine);
    alike |= (products(rows.thumbnails) >= rules.correlation) & (cosine >= confirmed);
  }
  return alike;
}

Status JoinAlike(const Rows& rows, const DuplicateRules& rules, const std::atomic<bool>* stop,
                 Clusters* clusters) {
  const int64_t count = (rows.thumbnails.defined() ? rows.thumbnails : rows.directions).size(0);
  for (int64_t a = 0; a < count; a += kBlock) {
    for (int64_t b = a; b < count; b += kBlock) {
      if (stop != nullptr && stop->load()) return Status(Code::kInterrupted, "interrupted");
      const torch::Tensor pairs = AreAlike(rows, rules, a, b).nonzero().contiguous();  // [n, 2]
      const int64_t* pair = pairs.data_ptr<int64_t>();
      for (int64_t n = 0; n < pairs.size(0); ++n, pair += 2) {
        if (a + pair[0] < b + pair[1]) {
          clusters->Join(static_cast<uint32_t>(a + pair[0]), static_cast<uint32_t>(b + pair[1]));
        }
      }
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<uint32_t>> FindNearDuplicates(const CropsCache& crops,
                                                   const DuplicateRules& rules,
                                                   const std::string& folder,
                                                   const std::atomic<bool>* stop,
                                                   std::vector<std::string>* notes) {
  const std::string path = CacheFile(crops, rules, folder);
  if (std::vector<uint32_t> kept = ReadKept(path, crops.size(), notes); !kept.empty()) return kept;

  const torch::NoGradGuard no_grad;
  Clusters clusters(crops.size());
  Rows rows;
  if (rules.correlation > 0) rows.thumbnails = MakeThumbnails(crops);
  AG_RETURN_IF_ERROR(crops.Check());
  if (rules.features > 0) {
    AG_ASSIGN_OR_RETURN(rows.directions, MakeDirections(crops, rules));
  }
  if (rules.correlation > 0 || rules.features > 0) {
    AG_RETURN_IF_ERROR(JoinAlike(rows, rules, stop, &clusters));
  }
  std::vector<uint32_t> result(crops.size());
  for (size_t i = 0; i < result.size(); ++i) result[i] = clusters.Find(static_cast<uint32_t>(i));
  AG_RETURN_IF_ERROR(Keep(path, result));
  return result;
}

}  // namespace ag::train
