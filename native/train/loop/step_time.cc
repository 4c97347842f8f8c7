#include "native/train/loop/step_time.h"

#include <torch/optim/adamw.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "native/train/loop/losses.h"
#include "native/train/nets/net.h"

namespace ag::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUpSteps = 2;
constexpr int kTrialSteps = 5;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Labels SyntheticLabels(int64_t count, torch::Device device) {
  Labels labels;
  labels.age_lo = labels.age_hi = torch::randint(1, 90, {count}, torch::kFloat32).to(device);
  labels.gender = torch::randint(0, 2, {count}, torch::kFloat32).to(device);
  labels.weight = torch::ones({count}).to(device);
  return labels;
}

}  // namespace

double PlainStepSeconds(const Settings& settings, torch::Device device, int steps,
                        const std::atomic<bool>& stop, double hopeless) {
  const std::shared_ptr<AgeGenderNet> net = MakeNet(settings);
  net->to(device);
  net->train();
  torch::optim::AdamW optimiser(net->parameters(),
                                torch::optim::AdamWOptions(settings.learning_rate));
  const int64_t side = settings.input_side;
  const torch::Tensor input = torch::rand({settings.batch, settings.gray ? 1 : 3, side, side})
                                  .to(device)
                                  .contiguous(at::MemoryFormat::ChannelsLast);
  const Labels labels = SyntheticLabels(settings.batch, device);
  double least = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kWarmUpSteps + steps && !stop.load(); ++step) {
    const Clock::time_point start = Clock::now();
    optimiser.zero_grad();
    NetOutput output;
    {
      const AutocastScope autocast(settings.precision == "bfloat16", device);
      output = net->forward(input);
    }
    Loss(settings, *net, output, labels).backward();
    optimiser.step();
    if (device.is_cuda()) torch::cuda::synchronize();  // the launches alone took less
    const double seconds = SecondsSince(start);
    // A GPU's first step loads its kernels: that says nothing.
    const bool gives_up = seconds > hopeless && (step > 0 || !device.is_cuda());
    if (step >= kWarmUpSteps || gives_up) least = std::min(least, seconds);
    if (gives_up) break;
  }
  return least;
}

std::string ChoosePrecision(const Settings& settings, torch::Device device, std::string* report) {
  Settings trial = settings;
  trial.precision = "float32";
  const std::atomic<bool> never = false;
  const double float32 = PlainStepSeconds(trial, device, kTrialSteps, never);
  trial.precision = "bfloat16";
  const double bfloat16 = PlainStepSeconds(trial, device, kTrialSteps, never, 4 * float32);
  char text[160];
  std::snprintf(text, sizeof(text), "a step takes %.0f ms in float32 and %.0f ms in bfloat16",
                float32 * 1e3, bfloat16 * 1e3);
  *report = text;
  return bfloat16 < float32 ? "bfloat16" : "float32";
}

}  // namespace ag::train
