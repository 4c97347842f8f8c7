#include "native/train/run/provenance.h"

#include <cmath>

// From git, at configure time.
#ifndef AG_CODE_COMMIT
#define AG_CODE_COMMIT ""
#endif

namespace ag::train {
namespace {

struct Terms {
  const char* licence;
  const char* source;
};

Terms GuessTerms(const Settings& settings, const TrainingData& data) {
  if (settings.toy) return {"CC0-1.0", "faces drawn by the trainer (--toy)"};
  if (data.looks_like_utkface) {
    return {"Weights trained on UTKFace: non-commercial research use only",
            "UTKFace (Zhang, Song, Qi: Age Progression/Regression by Conditional Adversarial "
            "Autoencoder, CVPR 2017)"};
  }
  return {"Not stated: the terms of the training data apply", "not stated"};
}

}  // namespace

Provenance MakeProvenance(const Settings& settings, const TrainingData& data,
                          const Position& position) {
  const Terms terms = GuessTerms(settings, data);
  Provenance p;
  p.name = settings.name;
  p.licence = settings.licence.empty() ? terms.licence : settings.licence;
  p.source = settings.source.empty() ? terms.source : settings.source;
  p.recipe = RecipeToJson(settings).dump();
  p.data_hash = data.data_hash;
  p.code_commit = AG_CODE_COMMIT;
  p.metrics = {{"epochs", static_cast<double>(position.epoch)},
               {"training_pictures", static_cast<double>(data.train.size())},
               {"validation_pictures", static_cast<double>(data.val.size())}};
  if (position.history.empty()) return p;
  const EpochRow& last = position.history.back();
  const Metric measured[] = {{"validation_age_mae", last.val_age_mae},
                             {"validation_gender_accuracy", last.val_gender_accuracy},
                             {"validation_loss", last.val_loss}};
  for (const Metric& metric : measured) {
    if (std::isfinite(metric.value)) p.metrics.push_back(metric);
  }
  return p;
}

}  // namespace ag::train
