// What an exported model says about itself: where it came from, and under which terms.
#pragma once

#include "native/train/data/training_data.h"
#include "native/train/loop/trainer.h"
#include "native/train/settings/settings.h"
#include "shared/model/model.h"

namespace ag::train {

// Depends only on recipe, data and results: two runs of one recipe give the same.
Provenance MakeProvenance(const Settings& settings, const TrainingData& data,
                          const Position& position);

}  // namespace ag::train
