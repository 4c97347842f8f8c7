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

#include "native/train/data/batches.h"
#include "native/train/data/training_data.h"
#include "native/train/loop/distillation.h"
#include "native/train/loop/losses.h"
#include "native/train/loop/optimiser.h"
#include "native/train/loop/position.h"
#include "native/train/loop/progress.h"
#include "native/train/loop/run_log.h"
#include "native/train/nets/checkpoint.h"
#include "native/train/nets/net.h"
#include "native/train/nets/net_input.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// A few steps overflow bfloat16's neighbours now and then; so many in a row mean that it diverged.
inline constexpr int kMaxSkippedSteps = 20;

// Threads that make the batches. On the CPU one keeps up with the steps, and more would take their
// cores; a GPU leaves the cores to them, and one would be far too slow.
int LoaderThreads(const Settings& settings, torch::Device device);

// Where the time of the steps went; seconds. A GPU works behind: its time counts where the step
// waits for it, mostly under `optimise`.
struct StageSeconds {
  double wait = 0;     // for the next batch
  double input = 0;    // pixels to tensors
  double forward = 0;  // net and loss
  double backward = 0;
  double optimise = 0;  // optimiser and moving mean
  double metrics = 0;
  double total() const { return wait + input + forward + backward + optimise + metrics; }
};

// Predictions of validation pictures, in order.
struct Predictions {
  std::vector<float> age, gender_logit;
};

class Trainer {
 public:
  // `settings.precision` is float32 or bfloat16 and `settings.threads` > 0 by now. `data` must
  // outlive it. `lessons` belong to data.train, or are empty.
  Trainer(Settings settings, const TrainingData& data, torch::Device device, Lessons lessons = {});

  // Starts from settings.init instead of random weights (initial_weights.h); batch norms are set by
  // the first view of up to 512 training pictures. Before the first step. Returns what was read.
  StatusOr<std::string> Initialise();

  // Continues from RUN/checkpoint.agc. `notes` gets one line for each thing of the machine that is
  // not as it was (precision, threads, instruction set, LibTorch): the run goes on, but its weights
  // may differ in the last bits. kInvalidArgument: a checkpoint of another recipe or of other data,
  // or a damaged one (that of the best epoch included); kModelNonFinite.
  Status Resume(std::vector<std::string>* notes);

  // To the end of the last epoch, or until `patience` epochs have brought nothing better, writing
  // RUN/checkpoint.agc, RUN/history.csv and RUN/log.jsonl, and with keep_best RUN/best.agc.
  // kInterrupted once `stop` is set (the checkpoint is written); kIo if a checkpoint cannot be
  // written, or a crop is no longer what it was: the checkpoint before is still whole. kInternal if
  // the training diverges: nothing with a value that is not a finite number is ever written.
  Status Run(const std::atomic<bool>& stop, Progress* progress);

  // One optimiser step on a batch; the sums of `position` are updated. Returns the batch's loss. A
  // step whose loss or gradient is not finite changes no weight and counts in no sum; kInternal
  // after many such steps in a row, or once the norms' statistics are not finite.
  StatusOr<double> Step(const Batch& batch);

  // With the weights that will be exported (moving mean), in float32. `predictions` may be null.
  // Examples in steps of 128. `stop` may be null.
  StatusOr<ErrorSums> Evaluate(const std::vector<Example>& examples, Predictions* predictions,
                               const std::atomic<bool>* stop = nullptr);

  // With keep_best: goes back to the weights of the epoch with the least validation loss.
  Status UseBest();

  // Whether what would be exported is finite: the weights, and `sums` and `predictions` as Evaluate
  // gave them. kInternal.
  Status CheckResult(const ErrorSums& sums, const Predictions& predictions);

  // Puts the weights that are exported into net() and moves it to the CPU, in evaluation mode.
  // Training is over then.
  void Finish();

  AgeGenderNet& net() { return *net_; }
  const Position& position() const { return position_; }
  const StageSeconds& stage_seconds() const { return stages_; }
  int64_t steps_per_epoch() const { return steps_per_epoch_; }

 private:
  Status RunEpoch(const std::atomic<bool>& stop, Progress* progress);
  Status FinishEpoch(const std::atomic<bool>& stop, Progress* progress);
  Status Save();
  Status WriteTensors(const std::string& path, const NamedTensors& tensors,
                      const nlohmann::json& meta) const;
  Status KeepIfBest(const EpochRow& row);
  Status CheckEpoch(const EpochRow& row) const;
  Status CheckBest();
  Status SkipStep();
  Status Diverged(const std::string& what) const;
  bool HasLostPatience() const;
  torch::Tensor StepLoss(const Batch& batch, int64_t global_step, NetOutput* output,
                         Labels* labels);
  NamedTensors NetTensors();
  NamedTensors Tensors();
  Status CheckTensors();
  nlohmann::json Meta() const;
  torch::Tensor InputOf(const Batch& batch) const;
  Labels LabelsOf(const Batch& batch) const;
  Status LogStep(double loss) const;
  void ShowStep(double loss, Progress* progress) const;
  double SecondsLeft(double epoch_fraction) const;

  const Settings settings_;
  const TrainingData& data_;
  const torch::Device device_;
  const int64_t steps_per_epoch_;
  const DrawPlan plan_;
  const Lessons lessons_;
  std::shared_ptr<AgeGenderNet> net_;
  const InputScaling scaling_;
  Optimiser optimiser_;
  MovingMean mean_;
  Position position_;
  StageSeconds stages_;
  const RunLog log_;
  int skipped_steps_ = 0;  // in a row, for a gradient that is not finite
  std::chrono::steady_clock::time_point saved_at_;
};

}  // namespace ag::train
