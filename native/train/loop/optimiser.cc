#include "native/train/loop/optimiser.h"

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

// The same, every operation on all tensors at once: a GPU spends more on starting an operation than
// on a small tensor. `keep` of each parameter.
void StepTogether(const StepConstants& k, const std::vector<double>& keep,
                  std::vector<torch::Tensor> g, const std::vector<torch::Tensor>& parameters,
                  const std::vector<torch::Tensor>& first,
                  const std::vector<torch::Tensor>& second) {
  at::_foreach_mul_(g, k.clip);
  at::_foreach_mul_(first, k.beta1);
  at::_foreach_add_(first, g, 1 - k.beta1);
  at::_foreach_mul_(second, k.beta2);
  at::_foreach_addcmul_(second, g, g, 1 - k.beta2);
  const std::vector<torch::Tensor> root = at::_foreach_sqrt(second);
  at::_foreach_add_(root, k.epsilon);
  const std::vector<at::Scalar> scalars(keep.begin(), keep.end());
  at::_foreach_mul_(parameters, scalars);
  at::_foreach_addcdiv_(parameters, first, root, -k.step_size);
}

bool IsOnCpu(const AgeGenderNet& net) { return net.parameters().front().is_cpu(); }

// The norm of all of them as one vector.
double NormTogether(const std::vector<torch::Tensor>& gradients) {
  return torch::stack(at::_foreach_norm(gradients)).norm().item<double>();
}

double NormOneByOne(const std::vector<torch::Tensor>& gradients) {
  torch::Tensor squares = torch::zeros({}, gradients.front().options());
  for (const torch::Tensor& gradient : gradients) squares += gradient.square().sum();
  return std::sqrt(squares.item<double>());
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
    : Optimiser(net, settings, !IsOnCpu(net)) {}

Optimiser::Optimiser(const AgeGenderNet& net, const Settings& settings, bool together)
    : settings_(settings), together_(together), parameters_(net.parameters()) {
  for (const torch::Tensor& parameter : parameters_) {
    first_.push_back(torch::zeros_like(parameter.detach()));
    second_.push_back(torch::zeros_like(parameter.detach()));
  }
}

void Optimiser::Discard() {
  for (torch::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

bool Optimiser::Step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (torch::Tensor& parameter : parameters_) {
    gradients.push_back(parameter.grad().contiguous());
    parameter.mutable_grad().reset();
  }
  const double norm = together_ ? NormTogether(gradients) : NormOneByOne(gradients);
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
  std::vector<double> keep;
  for (const torch::Tensor& parameter : parameters_) {
    keep.push_back(parameter.dim() >= 2 ? 1 - learning_rate * settings_.weight_decay : 1.0);
  }
  if (together_) {
    StepTogether(k, keep, std::move(gradients), parameters_, first_, second_);
    return true;
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    k.keep = static_cast<float>(keep[i]);
    StepOnCpu(k, gradients[i], parameters_[i], first_[i], second_[i]);
  }
  return true;
}

MovingMean::MovingMean(const AgeGenderNet& net, double decay)
    : MovingMean(net, decay, !IsOnCpu(net)) {}

MovingMean::MovingMean(const AgeGenderNet& net, double decay, bool together)
    : decay_(decay), together_(together) {
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
  if (together_ && !mean_.empty()) {
    at::_foreach_mul_(mean_, decay);
    at::_foreach_add_(mean_, live_, 1 - decay);
    return;
  }
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
