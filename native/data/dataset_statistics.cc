#include "native/data/dataset_statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace ag {
namespace {

void AddAge(const Sample& sample, std::array<double, kAgeYears>* years) {
  const auto year = [](double age) {
    return static_cast<size_t>(std::clamp(std::floor(age), 0.0, double{kAgeYears - 1}));
  };
  const size_t first = year(sample.age_lo), last = std::max(first, year(sample.age_hi));
  for (size_t i = first; i <= last; ++i) {
    (*years)[i] += 1.0 / static_cast<double>(last - first + 1);
  }
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

void CountAges(const std::vector<Sample>& samples, DatasetStats* stats) {
  std::vector<double> middles;
  middles.reserve(samples.size());
  stats->age_min = kMaxAgeYears;
  for (const Sample& sample : samples) {
    if (!sample.has_age()) continue;
    AddAge(sample, &stats->ages[GenderIndex(sample.gender)]);
    middles.push_back((sample.age_lo + sample.age_hi) / 2);
    stats->age_min = std::min(stats->age_min, sample.age_lo);
    stats->age_max = std::max(stats->age_max, sample.age_hi);
    stats->age_ranges += sample.has_exact_age() ? 0 : 1;
  }
  stats->ages_known = middles.size();
  if (middles.empty()) {
    stats->age_min = 0;
    return;
  }
  stats->age_mean =
      std::accumulate(middles.begin(), middles.end(), 0.0) / static_cast<double>(middles.size());
  stats->age_median = Median(std::move(middles));
}

}  // namespace

size_t GenderIndex(Gender gender) {
  return gender == Gender::kMale ? 0 : gender == Gender::kFemale ? 1 : 2;
}

Gender GenderAt(size_t index) {
  return index == 0 ? Gender::kMale : index == 1 ? Gender::kFemale : Gender::kUnknown;
}

size_t GroupCounts::total() const {
  return std::accumulate(by_gender.begin(), by_gender.end(), size_t{0});
}

DatasetStats CountDataset(const std::vector<Sample>& samples) {
  DatasetStats stats;
  stats.samples = samples.size();
  std::map<std::string, GenderCounts> groups;
  for (const Sample& sample : samples) {
    const size_t gender = GenderIndex(sample.gender);
    ++stats.genders[gender];
    ++groups[sample.group][gender];
  }
  for (const auto& [name, counts] : groups) stats.groups.push_back({name, counts});
  std::stable_sort(
      stats.groups.begin(), stats.groups.end(),
      [](const GroupCounts& a, const GroupCounts& b) { return a.total() > b.total(); });
  CountAges(samples, &stats);
  return stats;
}

}  // namespace ag
