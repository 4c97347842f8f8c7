// Adam with decoupled weight decay, the learning-rate schedule, and the running mean of the
// weights.
//
// Our own, because its whole state has to go through the checkpoint bit for bit, and because one
// pass over each tensor is three times faster than LibTorch 1.13's chain of operations.
#pragma once

#include <cstdint>
#include <vector>

#include "native/train/nets/net.h"
#include "native/train/nets/torch_compat.h"
#include "native/train/settings/settings.h"

namespace ag::train {

// Learning rate of global step `step` (0-based): linear warm-up, then constant or a half cosine to
// 0.
double LearningRateAt(const Settings& settings, int64_t step, int64_t steps_per_epoch);

// Adam (Kingma, Ba 2014; epsilon where section 2 and Keras put it) with the weight decay of AdamW
// (Loshchilov, Hutter 2017) on tensors of two or more dimensions.
class Optimiser {
 public:
  Optimiser(const AgeGenderNet& net, const Settings& settings);
  // `together`: all tensors in one operation, as it is done where the net is not on the CPU.
  Optimiser(const AgeGenderNet& net, const Settings& settings, bool together);

  // Applies the gradients (clipped to clip_norm over all of them) and clears them.
  // Returns false, and changes nothing, if a gradient is not finite.
  bool Step(double learning_rate);

  // Clears the gradients without using them.
  void Discard();

  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  std::vector<torch::Tensor>& first_moments() { return first_; }
  std::vector<torch::Tensor>& second_moments() { return second_; }

 private:
  const Settings settings_;
  const bool together_;
  std::vector<torch::Tensor> parameters_, first_, second_;
  int64_t steps_ = 0;
};

// Exponential moving mean of all parameters and buffers (Polyak, Juditsky 1992): what is validated
// and exported. With decay 0 it holds nothing and Swap does nothing.
class MovingMean {
 public:
  MovingMean(const AgeGenderNet& net, double decay);
  // `together`: as with the optimiser.
  MovingMean(const AgeGenderNet& net, double decay, bool together);

  // Restarts from the net's current weights.
  void Restart();

  // After optimiser step number `step` (1-based). Young means forget faster: min(decay,
  // (1 + step) / (10 + step)).
  void Update(int64_t step);

  // Swaps the net's weights with the mean; a second call restores them.
  void Swap();

  std::vector<torch::Tensor>& tensors() { return mean_; }

 private:
  const double decay_;
  const bool together_;
  std::vector<torch::Tensor> live_, mean_;
};

}  // namespace ag::train
