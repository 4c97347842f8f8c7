#include "native/train/run/benchmark.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "native/base/interrupt.h"
#include "native/base/temporary_folder.h"
#include "native/train/data/toy_faces.h"
#include "native/train/loop/precision.h"
#include "native/train/loop/step_time.h"
#include "native/train/loop/trainer.h"
#include "native/train/nets/net_kind.h"
#include "native/train/recipe/recipe.h"

namespace ag::train {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kWarmUpSteps = 2, kTimedSteps = 6;
constexpr int kPlanSteps = 6;
constexpr double kSpare = 0.95;
constexpr int kLeastEpochs = 3;
// A forward pass is about a third of a step.
constexpr double kForwardShare = 1.0 / 3;
constexpr int kFaces = 256;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Timing {
  double step_seconds = INFINITY;  // the least
  StageSeconds stages;             // over all timed steps
};

StatusOr<Timing> TimeTrainer(const Settings& settings, const TrainingData& data,
                             torch::Device device) {
  Trainer trainer(settings, data, device);
  const DrawPlan plan(data, settings);
  BatchLoader loader(data, settings, plan, 0, 0, LoaderThreads(settings, device));
  Timing timing;
  StageSeconds before;
  double wait = 0;
  for (int step = 0; step < kWarmUpSteps + kTimedSteps; ++step) {
    if (StopRequested().load()) return Status(Code::kInterrupted, "interrupted");
    const Clock::time_point start = Clock::now();
    const Batch batch = loader.Next();
    const double waited = SecondsSince(start);
    AG_ASSIGN_OR_RETURN([[maybe_unused]] const double loss, trainer.Step(batch));
    if (step < kWarmUpSteps) {
      before = trainer.stage_seconds();
      continue;
    }
    wait += waited;
    timing.step_seconds = std::min(timing.step_seconds, SecondsSince(start));
  }
  const StageSeconds& after = trainer.stage_seconds();
  timing.stages = {wait,
                   after.input - before.input,
                   after.forward - before.forward,
                   after.backward - before.backward,
                   after.optimise - before.optimise,
                   after.metrics - before.metrics};
  return timing;
}

void PrintHeader() {
  std::printf("%-10s %-9s %7s %9s %9s %7s   %s\n", "net", "precision", "threads", "images/s",
              "LibTorch", "ratio",
              "share of a step: wait, input, forward, backward, optimiser, metrics");
}

void PrintRow(const Settings& s, const Timing& timing, double plain) {
  const double total = std::max(1e-9, timing.stages.total());
  const auto percent = [total](double seconds) { return 100 * seconds / total; };
  std::printf("%-10s %-9s %7d %9.1f %9.1f %7.3f   %4.1f %4.1f %4.1f %4.1f %4.1f %4.1f %%\n",
              s.arch.c_str(), s.precision.c_str(), s.threads, s.batch / timing.step_seconds,
              s.batch / plain, plain / timing.step_seconds, percent(timing.stages.wait),
              percent(timing.stages.input), percent(timing.stages.forward),
              percent(timing.stages.backward), percent(timing.stages.optimise),
              percent(timing.stages.metrics));
  std::fflush(stdout);
}

// The recipe on drawn faces whose centre is the crop: no detector is needed.
Settings BenchmarkSettings(const Settings& given, const std::string& arch, bool arch_given,
                           const std::string& folder) {
  Settings s = arch_given ? given : *RecipeFor(arch, false);
  s.toy = true;
  s.toy_pictures = kFaces;
  s.data = {folder + "/faces"};
  s.run.clear();
  s.cache = folder + "/cache";
  s.crop = "as-is";
  s.teachers.clear();
  s.duplicate_correlation = 0;
  s.validation_split = s.test_split = 0;
  s.epochs = 1;
  s.epoch_pictures = int64_t{s.batch} * (kWarmUpSteps + kTimedSteps);
  return s;
}

Status BenchmarkNet(Settings settings, int all_threads, torch::Device device) {
  settings.threads = all_threads;
  AG_ASSIGN_OR_RETURN(const TrainingData data, PrepareData(settings, {}, &StopRequested()));
  std::vector<int> thread_counts = {1};
  if (all_threads > 1) thread_counts.push_back(all_threads);
  for (const char* precision : {"float32", "bfloat16"}) {
    // Emulated, it takes minutes and says nothing.
    if (std::string(precision) == "bfloat16" && device.is_cpu() && !CpuHasBfloat16()) continue;
    for (const int threads : thread_counts) {
      at::set_num_threads(threads);
      settings.precision = precision;
      settings.threads = threads;
      AG_ASSIGN_OR_RETURN(const Timing timing, TimeTrainer(settings, data, device));
      PrintRow(settings, timing, PlainStepSeconds(settings, device, kTimedSteps, StopRequested()));
      if (StopRequested().load()) return Status(Code::kInterrupted, "interrupted");
    }
  }
  return OkStatus();
}

}  // namespace

Plan FitIntoTime(const Settings& settings, torch::Device device, double seconds,
                 size_t training_pictures, size_t validation_pictures) {
  Plan plan;
  plan.step_seconds = PlainStepSeconds(settings, device, kPlanSteps, StopRequested());
  const double picture = plan.step_seconds / settings.batch;
  const double epoch = picture * (static_cast<double>(training_pictures) +
                                  kForwardShare * static_cast<double>(validation_pictures));
  const double fits = std::max(0.0, seconds) * kSpare / epoch;
  if (fits >= kLeastEpochs) {
    plan.epochs = static_cast<int>(std::min(fits, 100000.0));
    return plan;
  }
  plan.epochs = kLeastEpochs;
  const double validations =
      kLeastEpochs * kForwardShare * static_cast<double>(validation_pictures);
  const double pictures = std::max(0.0, seconds) * kSpare / picture - validations;
  plan.epoch_pictures =
      std::max<int64_t>(settings.batch, static_cast<int64_t>(pictures / kLeastEpochs));
  return plan;
}

Status RunBenchmark(const Request& request) {
  const TemporaryFolder folder("ag-bench");
  if (folder.path().empty()) return Status(Code::kIo, "no temporary folder can be made");
  AG_RETURN_IF_ERROR(WriteToyFaces(folder.path() + "/faces", 1, 0, kFaces));
  const int threads = request.settings.threads > 0
                          ? request.settings.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const torch::Device device(request.settings.device == "cuda" ? torch::kCUDA : torch::kCPU);
  PrintHeader();
  for (const NetKind* net : AllNets()) {
    const std::string arch(net->name);
    if (request.arch_given && arch != request.settings.arch) continue;
    AG_RETURN_IF_ERROR(
        BenchmarkNet(BenchmarkSettings(request.settings, arch, request.arch_given, folder.path()),
                     threads, device));
  }
  return OkStatus();
}

}  // namespace ag::train
