// What is said of one face: an age with its interval, and the probability of "female".
#pragma once

#include <vector>

namespace ag {

// No age that is answered is above this: nobody is older, and no label of a data set is.
inline constexpr double kOldestAge = 120;

// Ages and their intervals lie in 0..kOldestAge, and ages within the net's first and last bin if it
// has any, whatever the net says. (The last bin stands for all who are older too: an interval may
// reach beyond it.)
struct AgeGender {
  double age = 0;      // years: mean of the distribution, or the net's value
  double age_low = 0;  // 90 % interval (5 % and 95 % quantiles)
  double age_high = 0;
  bool has_interval = false;            // false: the model knows no interval
  double p_female = 0;                  // 0..1
  std::vector<float> age_distribution;  // per bin, sums to 1; empty for a net with a plain value
};

}  // namespace ag
