// The predictors of one run.
#pragma once

#include <cstddef>
#include <vector>

#include "native/pictures/model_files.h"
#include "shared/base/status.h"
#include "shared/predict/predictor.h"

namespace ag {

// For several pictures, one single-threaded predictor per thread, all on the same weights (a thread
// pool inside each would serialise them); for one picture, one predictor with all threads.
StatusOr<std::vector<Predictor>> MakePredictors(const ModelPair& models, int threads,
                                                size_t picture_count);

}  // namespace ag
