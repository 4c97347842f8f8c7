// Many pictures on many threads, results in order, memory bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace ag {

// Results that may wait for an earlier one, for each worker: enough that nobody idles behind one
// slow picture, little enough that a million pictures need no memory.
inline constexpr size_t kWaitingPerWorker = 16;

// Runs produce(worker, index) for every index in [0, count) on `workers` threads (worker in
// [0, workers); one call at a time per worker), and consume(index, result) on the calling thread in
// the order of the indices. Stops early when consume returns false. No work begins more than
// workers * kWaitingPerWorker ahead of the last result consumed.
// Neither function may throw. workers >= 1. Result: default- and move-constructible.
template <typename Result, typename Produce, typename Consume>
void RunOrdered(size_t count, size_t workers, const Produce& produce, const Consume& consume) {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<size_t, Result> waiting;
  size_t next_to_start = 0;
  size_t next_to_consume = 0;
  bool stopped = false;
  const size_t window = workers * kWaitingPerWorker;

  const auto work = [&](size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] {
        return stopped || next_to_start >= count || next_to_start < next_to_consume + window;
      });
      if (stopped || next_to_start >= count) return;
      const size_t index = next_to_start++;
      lock.unlock();
      Result result = produce(worker, index);
      lock.lock();
      waiting.emplace(index, std::move(result));
      changed.notify_all();
    }
  };

  std::vector<std::jthread> threads;
  try {
    for (size_t worker = 0; worker < workers; ++worker) threads.emplace_back(work, worker);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that run do all the work, without any, this one.
  }
  if (threads.empty()) {
    for (size_t index = 0; index < count; ++index) {
      if (!consume(index, produce(0, index))) return;
    }
    return;
  }
  for (size_t index = 0; index < count; ++index) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waiting.contains(index); });
    auto node = waiting.extract(index);
    next_to_consume = index + 1;
    changed.notify_all();
    lock.unlock();
    if (!consume(index, std::move(node.mapped()))) break;
  }
  const std::lock_guard lock(mutex);
  stopped = true;
  changed.notify_all();
}

}  // namespace ag
