// The ranges of years by which ages are told apart: an evaluation is broken down by them, and a
// calibration lets none of them pay for the others.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ag {

// Whole years, both ends included: "61-80" holds 61 <= age < 81.
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

// Index into kAgeRanges; the first range holds whatever lies below it too. `age` is a number.
constexpr size_t AgeRangeIndex(double age) {
  size_t index = kAgeRanges.size() - 1;
  while (index > 0 && age < kAgeRanges[index].first) --index;
  return index;
}

}  // namespace ag
