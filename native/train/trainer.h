// The loop: steps, validation, checkpoints. Knows nothing of options, folders of data or export.
//
// What a run ends with depends on the recipe, the data, the precision, the number of threads and
// the machine's instruction set, and not on how often it was interrupted: data order, augmentation
// and dropout are drawn from (seed, epoch, step), and everything else that changes is in the
// checkpoint.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "native/train/batches.h"
#include "native/train/checkpoint.h"
#include "native/train/history.h"
#include "native/train/losses.h"
#include "native/train/nets.h"
#include "native/train/optimiser.h"
#include "native/train/progress.h"
#include "native/train/settings.h"
#include "native/train/training_data.h"
#include "shared/base/status.h"

namespace ag::train {

// Where a run stands.
struct Position {
  int64_t epoch = 0;   // 0-based; == settings.epochs: finished
  int64_t step = 0;    // steps done in this epoch
  ErrorSums sums;      // of this epoch's steps
  double seconds = 0;  // spent on them
  std::vector<EpochRow> history;
};

// Predictions of validation pictures, in order.
struct Predictions {
  std::vector<float> age, gender_logit;
};

class Trainer {
 public:
  // `settings.precision` is float32 or bfloat16 and `settings.threads` > 0 by now. `data` must
  // outlive it.
  Trainer(Settings settings, const TrainingData& data, torch::Device device);

  // Starts from settings.init instead of random weights (initial_weights.h); batch norms are set by
  // the first view of up to 512 training pictures. Before the first step. Returns what was read.
  StatusOr<std::string> Initialise();

  // Continues from RUN/checkpoint.pt. `notes` gets one line for each thing of the machine that is
  // not as it was (precision, threads, instruction set, LibTorch): the run goes on, but its weights
  // may differ in the last bits. kInvalidArgument: a checkpoint of another recipe or of other data.
  Status Resume(std::vector<std::string>* notes);

  // To the end of the last epoch, writing RUN/checkpoint.pt and RUN/history.csv. kInterrupted once
  // `stop` is set (the checkpoint is written); kIo if a checkpoint cannot be written: the one
  // before is still whole.
  Status Run(const std::atomic<bool>& stop, Progress* progress);

  // One optimiser step on a batch; the sums of `position` are updated. Returns the batch's loss.
  StatusOr<double> Step(const Batch& batch);

  // With the weights that will be exported (moving mean), in float32. `predictions` may be null.
  // Examples in steps of 128. `stop` may be null.
  StatusOr<ErrorSums> Evaluate(const std::vector<Example>& examples, Predictions* predictions,
                               const std::atomic<bool>* stop = nullptr);

  // Puts the weights that are exported into net() and moves it to the CPU, in evaluation mode.
  // Training is over then.
  void Finish();

  AgeGenderNet& net() { return *net_; }
  const Position& position() const { return position_; }
  int64_t steps_per_epoch() const { return steps_per_epoch_; }

 private:
  Status RunEpoch(const std::atomic<bool>& stop, Progress* progress);
  Status FinishEpoch(const std::atomic<bool>& stop, Progress* progress);
  Status Save();
  NamedTensors Tensors();
  nlohmann::json Meta() const;
  void ShowStep(double loss, Progress* progress) const;
  double SecondsLeft(double epoch_fraction) const;

  const Settings settings_;
  const TrainingData& data_;
  const torch::Device device_;
  const int64_t steps_per_epoch_;
  const DrawPlan plan_;
  std::shared_ptr<AgeGenderNet> net_;
  Optimiser optimiser_;
  MovingMean mean_;
  torch::Tensor input_mean_, input_scale_;  // [1, C, 1, 1]
  Position position_;
  int skipped_steps_ = 0;  // in a row, for a gradient that is not finite
  std::chrono::steady_clock::time_point saved_at_;
};

// float32 or bfloat16, whichever runs a few steps faster here; leaves nothing behind. `report` gets
// a line about the times.
std::string ChoosePrecision(const Settings& settings, torch::Device device, std::string* report);

}  // namespace ag::train
