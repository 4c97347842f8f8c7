#include "native/pictures/predictors.h"

#include <algorithm>
#include <utility>

namespace ag {

StatusOr<std::vector<Predictor>> MakePredictors(const ModelPair& models, int threads,
                                                size_t picture_count) {
  const bool one_picture = picture_count <= 1;
  const size_t count = one_picture ? 1 : std::min(static_cast<size_t>(threads), picture_count);
  std::vector<Predictor> predictors;
  for (size_t i = 0; i < count; ++i) {
    AG_ASSIGN_OR_RETURN(Predictor predictor,
                        Predictor::Create(models.net, models.detector, one_picture ? threads : 1));
    predictors.push_back(std::move(predictor));
  }
  return predictors;
}

}  // namespace ag
