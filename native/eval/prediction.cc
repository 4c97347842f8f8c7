#include "native/eval/prediction.h"

#include <algorithm>

namespace ag {
namespace {

double RankOf(double age, std::span<const float> bins, const std::vector<float>& distribution) {
  if (bins.empty() || distribution.size() != bins.size()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double below = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    below += distribution[i] * (bins[i] < age ? 1.0 : bins[i] == age ? 0.5 : 0.0);
  }
  return std::clamp(below, 0.0, 1.0);
}

}  // namespace

EvalPrediction MakeEvalPrediction(const Sample& label, const AgeGender& result,
                                  std::span<const float> bins, const PictureFacts& facts) {
  EvalPrediction prediction;
  prediction.label = label;
  prediction.age = result.age;
  prediction.age_low = result.age_low;
  prediction.age_high = result.age_high;
  prediction.has_interval = result.has_interval;
  prediction.p_female = result.p_female;
  if (label.has_exact_age()) {
    prediction.age_rank = RankOf(label.age_lo, bins, result.age_distribution);
  }
  prediction.shorter_side = std::min(facts.width, facts.height);
  prediction.eye_distance = facts.eye_distance;
  return prediction;
}

}  // namespace ag
