// The pictures on which a model errs most, as thumbnails for the report's page.
//
// They show people, and belong to whoever took them: the page says not to publish it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "native/eval/prediction.h"
#include "shared/image/decode.h"
#include "shared/predict/predictor.h"

namespace ag {

struct WorstFace {
  const EvalPrediction* prediction = nullptr;
  std::string jpeg;  // the aligned crop, made anew; empty: the picture can no longer be read
  int width = 0, height = 0;
};

struct WorstFaces {
  std::vector<WorstFace> ages;     // largest error (of a range: farthest outside of it) first
  std::vector<WorstFace> genders;  // the more probable gender is not the label's; surest first
};

// At most `count` of each. Reads the pictures again and finds their faces as `eval` did; with
// `as_is` shows their centres.
WorstFaces FindWorstFaces(std::span<const EvalPrediction> predictions, size_t count, bool as_is,
                          const DecodeLimits& limits, const FindOptions& find,
                          Predictor* predictor);

// Years between a predicted age and its label: the error, or how far it lies outside the range.
double AgeDistance(const EvalPrediction& prediction);

}  // namespace ag
