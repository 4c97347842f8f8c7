// From a trained LibTorch net to a model file, with the proof that both compute the same.
#pragma once

#include <string>
#include <vector>

#include "native/train/data/training_data.h"
#include "native/train/loop/trainer.h"
#include "native/train/nets/net.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag::train {

// Graph, weights (in `storage`; biases stay float32) and both contracts; batch norm is folded into
// the convolution before it, in double. `net`: on the CPU. Provenance is left empty.
StatusOr<Model> ExportNet(const AgeGenderNet& net, Storage storage);

StatusOr<Storage> StorageFromName(const std::string& name);  // float32, float16, int8

// Sets the 90 % interval of a net whose age is a plain value: quantiles of (true - predicted).
// Examples with an age range are left out; fewer than 20 of the others leave the interval unknown.
void SetAgeErrors(const std::vector<Example>& examples, const Predictions& predictions,
                  Model* model);

// The largest differences between the shared engine on `model` and `net` on the same crops.
struct Parity {
  double age_years = 0;
  double p_female = 0;
  size_t pictures = 0;
};
inline constexpr double kMaxAgeDifference = 1e-3;     // years, float32 storage
inline constexpr double kMaxFemaleDifference = 1e-4;  // probability, float32 storage

// `net`: on the CPU, in evaluation mode. Takes at most `limit` of the examples.
StatusOr<Parity> CompareWithEngine(const Settings& settings, const TrainingData& data,
                                   const std::vector<Example>& examples, size_t limit,
                                   AgeGenderNet& net, const Model& model);

}  // namespace ag::train
