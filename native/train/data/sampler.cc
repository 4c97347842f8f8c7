#include "native/train/data/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "native/train/data/random.h"

namespace ag::train {
namespace {

constexpr int kAges = 121;      // 0..120
constexpr int kNeighbours = 2;  // years

using AgeTable = std::array<double, kAges>;

int YearOf(float age) { return std::clamp(static_cast<int>(std::lround(age)), 0, kAges - 1); }

bool HasAge(const Example& example) { return IsKnownAge(example.age_lo, example.age_hi); }

// How many pictures there are about each age; a range counts as spread evenly over its years.
AgeTable AgeFrequencies(const TrainingData& data, const std::vector<uint32_t>& members) {
  AgeTable counts{};
  for (const uint32_t index : members) {
    if (!HasAge(data.train[index])) continue;
    const int lo = YearOf(data.train[index].age_lo), hi = YearOf(data.train[index].age_hi);
    for (int year = lo; year <= hi; ++year)
      counts[static_cast<size_t>(year)] += 1.0 / (hi - lo + 1);
  }
  AgeTable smooth{};
  for (int year = 0; year < kAges; ++year) {
    const int lo = std::max(0, year - kNeighbours), hi = std::min(kAges - 1, year + kNeighbours);
    double sum = 0;
    for (int y = lo; y <= hi; ++y) sum += counts[static_cast<size_t>(y)];
    smooth[static_cast<size_t>(year)] = sum / (hi - lo + 1);
  }
  return smooth;
}

double FrequencyOf(const Example& example, const AgeTable& table) {
  const int lo = YearOf(example.age_lo), hi = YearOf(example.age_hi);
  double sum = 0;
  for (int year = lo; year <= hi; ++year) sum += table[static_cast<size_t>(year)];
  return sum / (hi - lo + 1);
}

// The members, each as often as its age's rarity wants it.
std::vector<uint32_t> Balanced(const TrainingData& data, const std::vector<uint32_t>& members,
                               const Settings& settings) {
  if (settings.age_balance <= 0) return members;
  const AgeTable table = AgeFrequencies(data, members);
  double mean = 0;
  size_t aged = 0;
  for (const uint32_t index : members) {
    if (!HasAge(data.train[index])) continue;
    mean += FrequencyOf(data.train[index], table);
    ++aged;
  }
  mean /= static_cast<double>(aged);
  std::vector<uint32_t> repeated;
  for (const uint32_t index : members) {
    if (!HasAge(data.train[index])) {  // neither rare nor frequent
      repeated.push_back(index);
      continue;
    }
    const double frequency = FrequencyOf(data.train[index], table);
    const double times =
        std::clamp(std::pow(mean / frequency, settings.age_balance), 1.0, kMaxAgeRepeats);
    // The fraction decides by a number of the picture's own, the same in every epoch.
    Random random(settings.seed, Purpose::kRepeats, index);
    const int whole = static_cast<int>(times);
    const int count = whole + (random.Chance(times - whole) ? 1 : 0);
    repeated.insert(repeated.end(), static_cast<size_t>(count), index);
  }
  return repeated;
}

// Draws of each set in an epoch of `total`; sums to it.
std::vector<int64_t> Quotas(const std::vector<double>& shares, int64_t total) {
  double sum = 0;
  for (const double share : shares) sum += share;
  std::vector<int64_t> quotas;
  int64_t given = 0;
  double upto = 0;
  for (const double share : shares) {
    upto += share;
    const int64_t until = std::llround(static_cast<double>(total) * upto / sum);
    quotas.push_back(until - given);
    given = until;
  }
  return quotas;
}

}  // namespace

int64_t EpochDraws(const Settings& settings, size_t train_size) {
  return settings.epoch_pictures > 0 ? settings.epoch_pictures : static_cast<int64_t>(train_size);
}

DrawPlan::DrawPlan(const TrainingData& data, const Settings& settings)
    : seed_(settings.seed),
      train_size_(data.train.size()),
      total_(EpochDraws(settings, train_size_)) {
  std::map<uint32_t, std::vector<uint32_t>> members;  // by set
  for (size_t i = 0; i < data.train.size(); ++i) {
    members[data.train[i].set].push_back(static_cast<uint32_t>(i));
  }
  std::vector<double> shares;
  for (const auto& [set, indices] : members) {
    shares.push_back(set < settings.dataset_weights.size() ? settings.dataset_weights[set] : 1.0);
  }
  const std::vector<int64_t> quotas = Quotas(shares, total_);
  size_t at = 0;
  for (const auto& [set, indices] : members) {
    sets_.push_back({Balanced(data, indices, settings), quotas[at++]});
  }
}

std::vector<Draw> DrawPlan::Epoch(int64_t epoch) const {
  // Each set's draws, in its order.
  std::vector<std::vector<uint32_t>> queues;
  for (size_t s = 0; s < sets_.size(); ++s) {
    const SetPlan& set = sets_[s];
    const int64_t size = static_cast<int64_t>(set.indices.size());
    const int64_t begin = epoch * set.quota;
    std::vector<uint32_t> queue, order;
    int64_t pass_of_order = -1;
    for (int64_t position = begin; position < begin + set.quota; ++position) {
      if (const int64_t pass = position / size; pass != pass_of_order) {
        order = Permutation(Random(seed_, Purpose::kOrder, static_cast<uint64_t>(pass), s),
                            static_cast<uint32_t>(size));
        pass_of_order = pass;
      }
      queue.push_back(set.indices[order[static_cast<size_t>(position % size)]]);
    }
    queues.push_back(std::move(queue));
  }
  // Merged so that the sets alternate as evenly as their quotas allow: the set that is furthest
  // behind comes next.
  std::vector<Draw> draws;
  std::vector<size_t> taken(queues.size(), 0);
  std::vector<uint32_t> times(train_size_, 0);
  for (int64_t n = 0; n < total_; ++n) {
    size_t next = queues.size();
    double furthest = 0;
    for (size_t s = 0; s < queues.size(); ++s) {
      if (taken[s] == queues[s].size()) continue;
      const double part =
          (static_cast<double>(taken[s]) + 0.5) / static_cast<double>(queues[s].size());
      if (next != queues.size() && part >= furthest) continue;
      next = s;
      furthest = part;
    }
    const uint32_t index = queues[next][taken[next]++];
    draws.push_back({index, times[index]++});
  }
  return draws;
}

}  // namespace ag::train
