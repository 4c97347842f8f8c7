// Labels that trained nets find hard to believe: listed for a person to look at, and, where the
// recipe says so, weighed down in training. Never in validation or in a test.
#pragma once

#include <string>
#include <vector>

#include "native/train/data/training_data.h"
#include "native/train/loop/distillation.h"

namespace ag::train {

// Doubted is an age if the teachers give less than kLeastAgeMass to the years within
// kAgeTolerance of the label (or of its range), and a gender, of three years and older, if they
// give it less than kLeastGenderProbability.
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
