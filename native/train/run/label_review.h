// Labels that trained nets doubt: listed for a person to look at and, if the recipe says so,
// weighted down in training. Never in validation or in a test.
#pragma once

#include <string>
#include <vector>

#include "native/train/data/training_data.h"
#include "native/train/loop/distillation.h"

namespace ag::train {

// An age is doubted if the teachers give less than kLeastAgeMass to the years within kAgeTolerance
// of the label (or its range); a gender, from three years on, if they give it less than
// kLeastGenderProbability.
inline constexpr double kAgeTolerance = 8;
inline constexpr double kLeastAgeMass = 0.02;
inline constexpr double kLeastGenderProbability = 0.02;

struct Doubt {
  uint32_t picture = 0;  // index into TrainingData::train
  std::string reason;    // "age 5: the teachers say 34 (27 to 41)"
};

// In the order of data.train; a picture has at most one entry, with both reasons.
std::vector<Doubt> FindDoubts(const TrainingData& data, const Lessons& lessons);

// file,age,gender,group,sha256,reason: RUN/review.csv.
std::string ReviewCsv(const TrainingData& data, const std::vector<Doubt>& doubts);

}  // namespace ag::train
