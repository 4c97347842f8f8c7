// The batches of one epoch, made by separate threads ahead of the training step.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "native/train/data/sampler.h"
#include "native/train/data/training_data.h"
#include "native/train/settings/settings.h"

namespace ag::train {

struct Batch {
  int64_t size = 0;
  std::vector<uint8_t> pixels;                        // [size, side, side, channels]
  std::vector<float> age_lo, age_hi, gender, weight;  // [size]; gender -1: unknown
  std::vector<int64_t> index;  // [size] into TrainingData::train; empty in validation
};

// Steps per epoch: the last batch may be smaller; a batch of a single picture is left out (batch
// norm cannot handle it).
int64_t StepsPerEpoch(int64_t draws, int batch);

// The centres of examples [first, first + count): validation.
Batch CentreBatch(const TrainingData& data, const Settings& settings,
                  const std::vector<Example>& examples, size_t first, size_t count);

// The batch depends on (seed, epoch, step) alone. `draws`: of this epoch.
Batch TrainingBatch(const TrainingData& data, const Settings& settings,
                    const std::vector<Draw>& draws, int64_t epoch, int64_t step);

// Which pictures of a batch are mixed, and each one's share of itself; share 1: not mixed.
struct MixupDraw {
  double share = 1;
  std::vector<int64_t> partner;  // [size]
};
MixupDraw DrawMixup(const Settings& settings, int64_t global_step, int64_t size);

// Runs through an epoch from `first_step` on, with `workers` threads (1 to kMaxWorkers are used).
// The order of the batches does not depend on them. `data` and `settings` must outlive it.
class BatchLoader {
 public:
  BatchLoader(const TrainingData& data, const Settings& settings, const DrawPlan& plan,
              int64_t epoch, int64_t first_step, int workers = 1);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  static constexpr int kMaxWorkers = 32;

  // The next batch; call at most StepsPerEpoch - first_step times. Rethrows what a thread threw
  // (std::bad_alloc).
  Batch Next();

 private:
  void Produce();
  void ProduceUntilStopped();

  const TrainingData& data_;
  const Settings& settings_;
  const int64_t epoch_, steps_;
  const int64_t ahead_;  // batches that may be in the making or wait
  const std::vector<Draw> draws_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Batch> ready_;  // by step
  int64_t next_;                    // step that no worker has begun
  int64_t taken_;                   // step that Next() gives
  std::exception_ptr error_;        // the first of the workers'
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace ag::train
