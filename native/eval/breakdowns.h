// How an evaluation divides its pictures.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "native/eval/prediction.h"

namespace ag {

struct CellName {
  std::string label;                 // "61-80", "White female"
  std::string group = {};            // of by_group alone; empty: not given
  Gender gender = Gender::kUnknown;  // of by_group alone
};

// One way to divide the pictures.
struct Breakdown {
  std::string name;   // in JSON: "by_age"
  std::string title;  // "By labelled age"
  std::vector<CellName> cells;
  std::function<int(const EvalPrediction&)> cell_of;  // index into `cells`; -1: in none
};

// by_age, by_predicted_age (kAgeRanges; a labelled range counts where its middle falls, an unknown
// age nowhere), by_group (group and gender), by_gender, by_picture_size (shorter side, pixels),
// by_face_size (distance of the eyes, pixels). What the data do not name is "not given", and comes
// last.
std::vector<Breakdown> EvalBreakdowns(std::span<const EvalPrediction> predictions);

}  // namespace ag
