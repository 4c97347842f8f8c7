// The figures of an evaluation: what they are called, and how a set of predictions gives them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/data/dataset.h"
#include "native/eval/statistics.h"

namespace ag {

// One picture's label beside what a model says of it. A picture's pixels are not kept.
struct EvalPrediction {
  std::string file;  // as the data set lists it
  std::string path;
  std::string group;
  double age_lo = 0, age_hi = 0;  // label, years; equal if known exactly, 0..120 if unknown
  Gender gender = Gender::kUnknown;
  double age = 0, age_low = 0, age_high = 0;  // predicted, years, with its 90 % interval
  bool has_interval = false;
  double p_female = 0;
  // How much of the predicted distribution lies below the labelled age, 0..1 (the labelled year
  // itself by half); NaN: the age is a range, or the model gives no distribution.
  double age_rank = std::numeric_limits<double>::quiet_NaN();
  int shorter_side = 0;     // of the picture, pixels
  double eye_distance = 0;  // pixels; 0: no face found
  uint32_t cluster = 0;     // pictures that are drawn together by the bootstrap share one

  bool has_age() const { return IsKnownAge(age_lo, age_hi); }
  bool has_exact_age() const { return age_lo == age_hi; }
  double error() const { return age - age_lo; }  // of an exact age
  // At least 0.5 says female.
  bool says_female() const { return p_female >= 0.5; }
};

enum class Figure : uint8_t {
  kMae,
  kMedianError,
  kWithin3,
  kWithin5,
  kWithin10,
  kBias,
  kWithinRange,
  kGenderAccuracy,
  kGenderAuc,
  kGenderEce,
  kIntervalCoverage,
  kIntervalWidth,
  kMinorsAsAdults,
};
inline constexpr size_t kFigureCount = 13;

enum class FigureUnit : uint8_t { kYears, kSignedYears, kShare, kNumber };

struct FigureInfo {
  std::string_view name;   // in JSON
  std::string_view title;  // in a table's head
  std::string_view meaning;
  FigureUnit unit;
};
const FigureInfo& InfoOf(Figure figure);
inline Figure FigureAt(size_t index) { return static_cast<Figure>(index); }

using FigureValues = std::array<double, kFigureCount>;  // NaN: undefined

// Who is a minor, and who is called an adult, in kMinorsAsAdults: years.
inline constexpr double kMinorBelow = 18, kCalledAdultFrom = 21;

// The predictions of one cell of a table, prepared so that each draw is measured in one pass.
class FigureCell {
 public:
  // `members`: indices into `predictions`.
  FigureCell(std::span<const EvalPrediction> predictions, const std::vector<uint32_t>& members);

  // `weights` [all predictions].
  FigureValues Measure(Draws weights) const;

  size_t pictures() const { return pictures_; }
  // Over how many pictures a figure is taken: those with an exact age, with a gender, ...
  size_t CountOf(Figure figure) const;

 private:
  struct Ages {
    std::vector<uint32_t> items;  // indices into the predictions
    std::vector<double> error, distance;
    std::vector<uint32_t> by_distance;
  };
  struct Genders {
    std::vector<uint32_t> items;
    std::vector<double> p_female, correct;
    std::vector<uint8_t> female;
    std::vector<uint32_t> by_p;
  };
  struct Marks {  // a mean over some of the pictures
    std::vector<uint32_t> items;
    std::vector<double> value;
  };

  size_t pictures_ = 0;
  Ages ages_;
  Genders genders_;
  Marks in_range_, covered_, width_, called_adult_;
};

}  // namespace ag
