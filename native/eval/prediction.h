// One picture of an evaluation: its label beside what a model says of it.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "native/data/dataset.h"
#include "native/data/labelled_pictures.h"
#include "shared/predict/age_gender.h"

namespace ag {

// A picture's pixels and its distribution are not kept: about 300 bytes, and its names.
struct EvalPrediction {
  Sample label;  // its weight counts for nothing here: each picture counts once
  double age = 0, age_low = 0, age_high = 0;  // predicted, years, with its 90 % interval
  bool has_interval = false;
  double p_female = 0;
  // How much of the predicted distribution lies below the labelled age, 0..1 (the labelled year
  // itself by half); NaN: the age is a range, or the model gives no distribution.
  double age_rank = std::numeric_limits<double>::quiet_NaN();
  int shorter_side = 0;     // of the picture, pixels
  double eye_distance = 0;  // pixels; 0: no face found
  uint32_t cluster = 0;     // pictures that are drawn together by the bootstrap share one

  double error() const { return age - label.age_lo; }  // of an exact age
  // At least 0.5 says female.
  bool says_female() const { return p_female >= 0.5; }
};

// `bins`: of the model's age distribution, years; empty if it gives none. `cluster` stays 0.
EvalPrediction MakeEvalPrediction(const Sample& label, const AgeGender& result,
                                  std::span<const float> bins, const PictureFacts& facts);

}  // namespace ag
