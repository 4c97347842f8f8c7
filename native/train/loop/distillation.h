// Distillation: what trained nets say about the training pictures, as soft labels for a net that
// learns from them (Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015).
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "native/train/data/training_data.h"
#include "native/train/nets/torch_compat.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// Of every training picture, in the order of TrainingData::train.
struct Lessons {
  torch::Tensor age;               // [N, kAgeBins] probabilities
  torch::Tensor female;            // [N] probability
  torch::Tensor trust;             // [N] weight of the label beside them; undefined: 1
  std::string teachers;            // SHA-256 (hex) over the teachers' model files
  bool reused = false;             // found in the cache
  std::vector<std::string> notes;  // what was damaged in the cache; its teachers were asked again

  bool empty() const { return !age.defined(); }
};

// Whether all of settings.teachers can teach, without asking them anything.
Status CheckTeachers(const Settings& settings);

// With Settings::folds: whether the net of settings.init has not learnt from the fold either.
Status CheckFoldsStart(const Settings& settings);

// The mean over settings.teachers, each shown the centre of its own crop and its mirror image. A
// teacher trained without a fold (Settings::fold) speaks of that fold only: it does not know those
// labels, so its answer reflects the pictures (cross-fitting: Chernozhukov et al.,
// "Double/debiased machine learning", 2018). The nets of all folds together act as one teacher.
// Computed once: each teacher's answer is kept in settings.cache, named after its file, its crops,
// the precision and the pictures; its crops are made only if it is not there. A damaged answer is
// noted and computed again. Without teachers: empty. kInvalidArgument: a teacher that is not a
// model of this trainer with a distribution over ages, or a picture of which none may speak;
// kInterrupted, kIo.
StatusOr<Lessons> PrepareLessons(const Settings& settings, const TrainingData& data,
                                 torch::Device device,
                                 const std::function<void(size_t, size_t, const char*)>& progress,
                                 const std::atomic<bool>* stop);

}  // namespace ag::train
