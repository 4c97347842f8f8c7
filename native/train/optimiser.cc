#include "native/train/optimiser.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace ag::train {
namespace {

struct StepConstants {
  float beta1, beta2, step_size, epsilon, keep, clip;
};

// One pass over one tensor. Each element is independent: how many threads share them changes
// nothing.
void StepOnCpu(const StepConstants& k, const torch::Tensor& gradient, torch::Tensor& parameter,
               torch::Tensor& first, torch::Tensor& second) {
  const float* g = gradient.data_ptr<float>();
  float* p = parameter.data_ptr<float>();
  float* m = first.data_ptr<float>();
  float* v = second.data_ptr<float>();
  at::parallel_for(0, parameter.numel(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float gi = g[i] * k.clip;
      m[i] = k.beta1 * m[i] + (1 - k.beta1) * gi;
      v[i] = k.beta2 * v[i] + (1 - k.beta2) * gi * gi;
      p[i] = k.keep * p[i] - k.step_size * m[i] / (std::sqrt(v[i]) + k.epsilon);
    }
  });
}

// The same with tensor operations, for other devices.
void StepOnDevice(const StepConstants& k, const torch::Tensor& gradient, torch::Tensor& parameter,
                  torch::Tensor& first, torch::Tensor& second) {
  const torch::Tensor g = gradient * k.clip;
  first.mul_(k.beta1).add_(g, 1 - k.beta1);
  second.mul_(k.beta2).addcmul_(g, g, 1 - k.beta2);
  parameter.mul_(k.keep).addcdiv_(first, second.sqrt().add_(k.epsilon), -k.step_size);
}

}  // namespace

double LearningRateAt(const Settings& settings, int64_t step, int64_t steps_per_epoch) {
  const double per_epoch = static_cast<double>(steps_per_epoch);
  const double warm_up = std::min(settings.warmup_epochs, settings.epochs / 2.0) * per_epoch;
  const double at = static_cast<double>(step);
  if (at < warm_up) return settings.learning_rate * (at + 1) / std::max(1.0, warm_up);
  if (!settings.cosine) return settings.learning_rate;
  const double rest = std::max(1.0, settings.epochs * per_epoch - warm_up);
  const double part = std::min(1.0, (at - warm_up) / rest);
  return settings.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * part));
}

Optimiser::Optimiser(const AgeGenderNet& net, const Settings& settings)
    : settings_(settings), parameters_(net.parameters()) {
  for (const torch::Tensor& parameter : parameters_) {
    first_.push_back(torch::zeros_like(parameter.detach()));
    second_.push_back(torch::zeros_like(parameter.detach()));
  }
}

bool Optimiser::Step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  torch::Tensor squares = torch::zeros({}, parameters_.front().options());
  for (torch::Tensor& parameter : parameters_) {
    gradients.push_back(parameter.grad().contiguous());
    squares += gradients.back().square().sum();
    parameter.mutable_grad().reset();
  }
  const double norm = std::sqrt(squares.item<double>());
  if (!std::isfinite(norm)) return false;
  ++steps_;
  const double t = static_cast<double>(steps_);
  const double correction =
      std::sqrt(1 - std::pow(settings_.beta2, t)) / (1 - std::pow(settings_.beta1, t));
  StepConstants k{};
  k.beta1 = static_cast<float>(settings_.beta1);
  k.beta2 = static_cast<float>(settings_.beta2);
  k.epsilon = static_cast<float>(settings_.epsilon);
  k.step_size = static_cast<float>(learning_rate * correction);
  k.clip = 1;
  if (settings_.clip_norm > 0 && norm > settings_.clip_norm) {
    k.clip = static_cast<float>(settings_.clip_norm / norm);
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor& parameter = parameters_[i];
    const bool decays = parameter.dim() >= 2;
    k.keep = decays ? static_cast<float>(1 - learning_rate * settings_.weight_decay) : 1.0f;
    const auto step = parameter.is_cpu() ? StepOnCpu : StepOnDevice;
    step(k, gradients[i], parameter, first_[i], second_[i]);
  }
  return true;
}

MovingMean::MovingMean(const AgeGenderNet& net, double decay) : decay_(decay) {
  if (decay_ <= 0) return;
  for (const torch::Tensor& parameter : net.parameters()) live_.push_back(parameter.detach());
  for (const torch::Tensor& buffer : net.buffers()) {
    if (buffer.is_floating_point()) live_.push_back(buffer);
  }
  for (const torch::Tensor& tensor : live_) mean_.push_back(tensor.clone());
}

void MovingMean::Restart() {
  for (size_t i = 0; i < mean_.size(); ++i) mean_[i].copy_(live_[i]);
}

void MovingMean::Update(int64_t step) {
  const torch::NoGradGuard no_grad;
  const double young = (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step));
  const double decay = std::min(decay_, young);
  for (size_t i = 0; i < mean_.size(); ++i) mean_[i].lerp_(live_[i], 1 - decay);
}

void MovingMean::Swap() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < mean_.size(); ++i) {
    const torch::Tensor live = live_[i].clone();
    live_[i].copy_(mean_[i]);
    mean_[i].copy_(live);
  }
}

}  // namespace ag::train
