// Many pictures on many threads, results in order, memory bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace ag {

// Results that may wait for an earlier one, for each worker: enough that nobody idles behind one
// slow picture, little enough that a million pictures need no memory.
inline constexpr size_t kWaitingPerWorker = 16;

// Takes items from next() -> std::optional<Item> until there are no more, runs produce(worker,
// item) on `workers` threads (worker in [0, workers); one call at a time per worker), and
// consume(result) on the calling thread in the order of the items. What has begun when next() ends
// is finished and consumed. Stops early, dropping what is under way, when consume returns false.
//   next     called by the workers, one at a time; may wait, which holds up no result
//   memory   no item is taken more than workers * waiting_per_worker ahead of the last consumed
// None of the functions may throw. workers >= 1. Result: move-constructible.
template <typename Item, typename Result, typename Next, typename Produce, typename Consume>
void RunOrderedStream(size_t workers, const Next& next, const Produce& produce,
                      const Consume& consume, size_t waiting_per_worker = kWaitingPerWorker) {
  std::mutex source;  // held while next() runs; taken before `mutex`
  std::mutex mutex;
  std::condition_variable changed;
  std::map<size_t, Result> waiting;
  size_t started = 0;
  size_t consumed = 0;
  bool ended = false;    // next() has no more
  bool stopped = false;  // consume wants no more
  const size_t window = workers * waiting_per_worker;

  // The next item and its number, as soon as the window has room.
  const auto take = [&](size_t* number) -> std::optional<Item> {
    const std::lock_guard taking(source);
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stopped || ended || started < consumed + window; });
      if (stopped || ended) return std::nullopt;
    }
    std::optional<Item> item = next();
    const std::lock_guard lock(mutex);
    if (item) {
      *number = started++;
    } else {
      ended = true;
      changed.notify_all();
    }
    return item;
  };
  const auto work = [&](size_t worker) {
    size_t number = 0;
    while (std::optional<Item> item = take(&number)) {
      Result result = produce(worker, *std::move(item));
      const std::lock_guard lock(mutex);
      waiting.emplace(number, std::move(result));
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
    while (std::optional<Item> item = next()) {
      if (!consume(produce(0, *std::move(item)))) return;
    }
    return;
  }
  for (;;) {
    std::unique_lock lock(mutex);
    changed.wait(lock,
                 [&] { return waiting.contains(consumed) || (ended && consumed == started); });
    if (!waiting.contains(consumed)) return;
    auto node = waiting.extract(consumed++);
    changed.notify_all();
    lock.unlock();
    if (consume(std::move(node.mapped()))) continue;
    lock.lock();
    stopped = true;
    changed.notify_all();
    return;
  }
}

// The same for the numbers [0, count): produce(worker, index), consume(index, result).
template <typename Result, typename Produce, typename Consume>
void RunOrdered(size_t count, size_t workers, const Produce& produce, const Consume& consume) {
  size_t next_index = 0;
  size_t next_to_consume = 0;
  RunOrderedStream<size_t, Result>(
      workers,
      [&]() -> std::optional<size_t> {
        if (next_index == count) return std::nullopt;
        return next_index++;
      },
      produce, [&](Result result) { return consume(next_to_consume++, std::move(result)); });
}

}  // namespace ag
