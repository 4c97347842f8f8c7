// Which pictures an epoch shows, in which order.
#pragma once

#include <cstdint>
#include <vector>

#include "native/train/data/training_data.h"
#include "native/train/settings/settings.h"

namespace ag::train {

struct Draw {
  uint32_t index = 0;       // into TrainingData::train
  uint32_t repetition = 0;  // how often it was drawn before in this epoch
  bool operator==(const Draw&) const = default;
};

// An epoch has epoch_pictures draws, by default as many as there are training pictures. Several
// sets share it by dataset_weights (equally by default), evenly mixed, so that every batch holds
// all of them; a set smaller than its share is repeated. With age_balance > 0 rare ages are
// oversampled: a picture counts (mean frequency / frequency of its age) ^ age_balance times, at
// least once and at most kMaxAgeRepeats times, with frequencies of ages within +-2 years in its set
// (for a range: the mean over it). Every set is traversed in random permutations, one after the
// other, epoch after epoch, so no picture is drawn n + 1 times before all are drawn n times their
// count.
inline constexpr double kMaxAgeRepeats = 4;

// Draws of an epoch of these settings.
int64_t EpochDraws(const Settings& settings, size_t train_size);

class DrawPlan {
 public:
  // Reads the labels once. `data` and `settings` are not kept.
  DrawPlan(const TrainingData& data, const Settings& settings);

  // Depends only on the seed and `epoch`, whatever was asked before.
  std::vector<Draw> Epoch(int64_t epoch) const;

 private:
  struct SetPlan {
    std::vector<uint32_t> indices;  // into train, repeated as age_balance wants it
    int64_t quota = 0;              // draws in an epoch
  };
  uint64_t seed_;
  size_t train_size_;
  int64_t total_;  // draws of an epoch
  std::vector<SetPlan> sets_;
};

}  // namespace ag::train
