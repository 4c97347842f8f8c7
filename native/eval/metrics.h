// What an evaluation measures: the figures, their definitions, and how a set of predictions gives
// them. The only place where a figure is computed: `eval` as text and JSON, its report, `card` and
// `compare` are views of it. docs/evaluation.md says the same in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "native/eval/prediction.h"
#include "native/eval/statistics.h"

namespace ag {

// Three kinds of labelled age: exact (25), a range (20-29: whole years, both ends included), and
// none (Sample::has_age). Each picture counts once, whatever its weight.
enum class Figure : uint8_t {
  // Of exact ages: the error is predicted minus labelled, years.
  kMae,          // mean of |error|
  kMedianError,  // median of |error|
  kWithin3,      // share with |error| <= 3
  kWithin5,
  kWithin10,
  kBias,  // mean error
  // Of ranges: the share with age_lo <= predicted < age_hi + 1.
  kWithinRange,
  // Of genders that are known.
  kGenderAccuracy,  // share of which the more probable gender is the label's; 0.5 says female
  kGenderAuc,
  kGenderEce,
  // Of exact ages for which the model gives a 90 % interval, both: a width says something only
  // beside the coverage that it buys, on the same pictures. A range says of neither.
  kIntervalCoverage,  // share with low <= labelled <= high
  kIntervalWidth,     // mean of high - low, years
  // Of minors: the share that is called kCalledAdultFrom or older. A minor is who is labelled with
  // an exact age below kMinorBelow or with a range whose last year is below it; a range that
  // reaches both sides (FairFace's 10-19) may be of either, and counts as no minor.
  kMinorsAsAdults,
};
inline constexpr size_t kFigureCount = 13;

// Years. The error that does most harm: a minor whom the model calls clearly of age.
inline constexpr double kMinorBelow = 18, kCalledAdultFrom = 21;

bool IsMinor(const Sample& label);

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

// The predictions of one cell of a table, prepared so that each resample takes one pass.
class FigureCell {
 public:
  // `members`: indices into `predictions`.
  FigureCell(std::span<const EvalPrediction> predictions, const std::vector<uint32_t>& members);

  // `weights` [all predictions].
  FigureValues Measure(Draws weights) const;

  size_t pictures() const { return pictures_; }
  // The number of pictures that a figure is taken over: those with an exact age, with a gender, ...
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

    void Add(uint32_t item, double marked) {
      items.push_back(item);
      value.push_back(marked);
    }
  };

  void AddAge(uint32_t item, const EvalPrediction& prediction);
  void AddGender(uint32_t item, const EvalPrediction& prediction);

  size_t pictures_ = 0;
  Ages ages_;
  Genders genders_;
  Marks in_range_, covered_, width_, called_adult_;
};

}  // namespace ag
