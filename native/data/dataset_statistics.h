// The numbers of a data set that `explore` plots and tabulates.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "native/data/dataset.h"

namespace ag {

constexpr size_t kGenderKinds = 3;  // male, female, not given
constexpr size_t kAgeYears = 121;   // 0..120

// 0 male, 1 female, 2 not given: the order of every array below.
size_t GenderIndex(Gender gender);
Gender GenderAt(size_t index);

using GenderCounts = std::array<size_t, kGenderKinds>;

struct GroupCounts {
  std::string name;  // as in the data set; empty: not given
  GenderCounts by_gender{};

  size_t total() const;
};

struct DatasetStats {
  size_t samples = 0;
  // Pictures by year and gender. A picture whose age is a range counts as one in all, in equal
  // parts for each year of the range: then these are not integers.
  std::array<std::array<double, kAgeYears>, kGenderKinds> ages{};
  GenderCounts genders{};
  std::vector<GroupCounts> groups;      // most pictures first, then by name
  size_t ages_known = 0;                // pictures with an age or a range of ages; only they count
  size_t age_ranges = 0;                // pictures whose age is a range
  double age_min = 0, age_max = 0;      // years
  double age_mean = 0, age_median = 0;  // a range counts as its middle
};

// `samples` is not empty.
DatasetStats CountDataset(const std::vector<Sample>& samples);

}  // namespace ag
