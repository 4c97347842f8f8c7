// How `eval --report` divides the pictures.
#pragma once

#include <span>
#include <vector>

#include "native/eval/results.h"

namespace ag {

// by_age, by_predicted_age (the ranges of eval_report.h; a labelled range counts where its middle
// falls), by_group (group and gender), by_gender, by_picture_size (shorter side, pixels),
// by_face_size (distance of the eyes, pixels). A group that the data do not name is "group not
// given".
std::vector<Breakdown> ReportBreakdowns(std::span<const EvalPrediction> predictions);

}  // namespace ag
