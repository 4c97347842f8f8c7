#include "native/train/data/batches.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "native/train/data/augment.h"
#include "native/train/data/degrade.h"
#include "native/train/data/random.h"

namespace ag::train {
namespace {

constexpr int64_t kBatchesAhead = 3;  // beside those in the making

size_t ViewBytes(const Settings& settings) {
  return static_cast<size_t>(settings.input_side) * settings.input_side * (settings.gray ? 1 : 3);
}

Batch EmptyBatch(const Settings& settings, size_t count) {
  Batch batch;
  batch.size = static_cast<int64_t>(count);
  batch.pixels.resize(count * ViewBytes(settings));
  return batch;
}

void AddLabels(const Example& example, Batch* batch) {
  batch->age_lo.push_back(example.age_lo);
  batch->age_hi.push_back(example.age_hi);
  batch->gender.push_back(example.gender);
  batch->weight.push_back(example.weight);
}

}  // namespace

int64_t StepsPerEpoch(int64_t draws, int batch) {
  return draws / batch + (draws % batch > 1 ? 1 : 0);
}

Batch CentreBatch(const TrainingData& data, const Settings& settings,
                  const std::vector<Example>& examples, size_t first, size_t count) {
  Batch batch = EmptyBatch(settings, count);
  const size_t bytes = ViewBytes(settings);
  for (size_t i = 0; i < count; ++i) {
    const Example& example = examples[first + i];
    CentreView(data.crops.pixels(example.crop), {settings.input_side, settings.cache_side},
               settings.gray, std::span(batch.pixels).subspan(i * bytes, bytes));
    AddLabels(example, &batch);
  }
  return batch;
}

Batch TrainingBatch(const TrainingData& data, const Settings& settings,
                    const std::vector<Draw>& draws, int64_t epoch, int64_t step) {
  const size_t first = static_cast<size_t>(step) * static_cast<size_t>(settings.batch);
  const size_t count = std::min(draws.size() - first, static_cast<size_t>(settings.batch));
  Batch batch = EmptyBatch(settings, count);
  const size_t bytes = ViewBytes(settings);
  const CropGeometry geometry{settings.input_side, settings.cache_side};
  for (size_t i = 0; i < count; ++i) {
    const Draw draw = draws[first + i];
    const Example& example = data.train[draw.index];
    batch.index.push_back(draw.index);
    // The same picture twice in an epoch is varied twice.
    const uint64_t variation = (uint64_t{draw.repetition} << 32) | draw.index;
    const std::span<uint8_t> view = std::span(batch.pixels).subspan(i * bytes, bytes);
    if (settings.augment) {
      RandomView(data.crops.pixels(example.crop), geometry, settings.gray, settings.seed,
                 static_cast<uint64_t>(epoch), variation, view);
      Random random(MixAll({settings.seed, static_cast<uint64_t>(Purpose::kDegrade),
                            static_cast<uint64_t>(epoch), variation}));
      Degrade(random, settings.degrade, settings.input_side, settings.gray ? 1 : 3, view);
    } else {
      CentreView(data.crops.pixels(example.crop), geometry, settings.gray, view);
    }
    AddLabels(example, &batch);
  }
  return batch;
}

MixupDraw DrawMixup(const Settings& settings, int64_t global_step, int64_t size) {
  MixupDraw draw;
  if (settings.mixup <= 0) return draw;
  Random random(settings.seed, Purpose::kMixup, static_cast<uint64_t>(global_step));
  // At least half of each is its own: the order of a pair means nothing.
  const double share = random.SymmetricBeta(settings.mixup);
  draw.share = std::max(share, 1 - share);
  const std::vector<uint32_t> order = Permutation(random, static_cast<uint32_t>(size));
  draw.partner.assign(order.begin(), order.end());
  return draw;
}

BatchLoader::BatchLoader(const TrainingData& data, const Settings& settings, const DrawPlan& plan,
                         int64_t epoch, int64_t first_step, int workers)
    : data_(data),
      settings_(settings),
      epoch_(epoch),
      steps_(StepsPerEpoch(EpochDraws(settings, data.train.size()), settings.batch)),
      ahead_(std::clamp(workers, 1, kMaxWorkers) + kBatchesAhead),
      draws_(plan.Epoch(epoch)),
      next_(first_step),
      taken_(first_step) {
  try {
    for (int w = 0; w < std::clamp(workers, 1, kMaxWorkers); ++w) {
      workers_.emplace_back([this] { Produce(); });
    }
  } catch (const std::system_error&) {
    // Fewer threads than wanted do as well.
    if (workers_.empty()) throw;
  }
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void BatchLoader::Produce() {
  try {
    ProduceUntilStopped();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
    stopping_ = true;
    changed_.notify_all();
  }
}

void BatchLoader::ProduceUntilStopped() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || next_ >= steps_ || next_ < taken_ + ahead_; });
    if (stopping_ || next_ >= steps_) return;
    const int64_t step = next_++;
    lock.unlock();
    Batch batch = TrainingBatch(data_, settings_, draws_, epoch_, step);
    lock.lock();
    ready_.emplace(step, std::move(batch));
    changed_.notify_all();
  }
}

Batch BatchLoader::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return error_ || ready_.contains(taken_); });
  if (error_) std::rethrow_exception(error_);
  Batch batch = std::move(ready_.extract(taken_).mapped());
  ++taken_;
  changed_.notify_all();
  return batch;
}

}  // namespace ag::train
