// Counts of an evaluation, as a whole and by age and by group x gender.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/data/dataset.h"
#include "shared/predict/predictor.h"

namespace ag {

// The error that does most harm: a true minor whom the model calls clearly of age.
inline constexpr double kMajority = 18, kClearlyAdult = 21;  // years

// One cell. Weights of samples are not used: each picture counts once.
struct Tally {
  size_t count = 0;
  size_t age_count = 0;  // of samples with an exact age
  double absolute_error_sum = 0;
  size_t within_5 = 0;        // absolute error of at most 5 years
  size_t range_count = 0;     // of samples with a range (age_lo < age_hi)
  size_t within_range = 0;    // age_lo <= predicted < age_hi + 1: whole years, both included
  size_t gender_count = 0;    // of samples with a gender
  size_t gender_correct = 0;  // p_female >= 0.5 says female
  size_t interval_count = 0;  // exact ages where the model gives an interval
  size_t interval_covers = 0;
  double interval_width_sum = 0;   // years
  size_t minor_count = 0;          // of samples with an exact age under kMajority
  size_t minors_called_adult = 0;  // of those: predicted kClearlyAdult or older

  void Add(const Sample& sample, const AgeGender& result);
};

// [first, last]: "61-80" holds 61 <= age < 81.
struct AgeRange {
  std::string_view name;
  double first;
};
inline constexpr std::array<AgeRange, 8> kAgeRanges = {{{"0-3", 0},
                                                        {"4-8", 4},
                                                        {"9-18", 9},
                                                        {"19-28", 19},
                                                        {"29-40", 29},
                                                        {"41-60", 41},
                                                        {"61-80", 61},
                                                        {"81+", 81}}};
// A sample whose age is a range counts where the range's middle falls.
size_t AgeRangeIndex(const Sample& sample);
size_t AgeRangeIndex(double age);

std::string_view GenderName(Gender gender);  // "male", "female", "" for unknown

class EvalReport {
 public:
  void Add(const Sample& sample, const AgeGender& result);

  // {overall: {...}, by_age: [{range, ...}], by_predicted_age: [{range, ...}],
  // by_group: [{group, gender, ...}]}; a mean over nothing is null.
  nlohmann::ordered_json ToJson() const;
  std::string ToText() const;

 private:
  Tally overall_;
  std::array<Tally, kAgeRanges.size()> by_age_, by_predicted_age_;
  std::map<std::pair<std::string, std::string>, Tally> by_group_;  // (group, gender)
};

}  // namespace ag
