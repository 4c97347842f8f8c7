#include "native/train/run/provenance.h"

#include <cmath>

#include "native/data/known_set.h"
#include "native/train/recipe/recipe.h"

// From git, at configure time.
#ifndef AG_CODE_COMMIT
#define AG_CODE_COMMIT ""
#endif

namespace ag::train {
namespace {

constexpr char kToyLicence[] = "CC0-1.0";
constexpr char kToySource[] = "faces drawn by the trainer (--toy)";

}  // namespace

Provenance MakeProvenance(const Settings& settings, const TrainingData& data,
                          const Position& position) {
  const std::string licence = settings.toy ? kToyLicence : LicenceOf(data.known);
  const std::string source = settings.toy ? kToySource : SourceOf(data.known);
  Provenance p;
  p.name = settings.name;
  p.licence = settings.licence.empty() ? licence : settings.licence;
  p.source = settings.source.empty() ? source : settings.source;
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
