// Many pictures on many threads, results in order, memory bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace ag {

// Results that may wait for an earlier one, for each worker: enough that nobody idles behind one
// slow picture, little enough that a million pictures need no memory.
inline constexpr size_t kWaitingPerWorker = 16;

struct NothingToStop {
  void operator()() const {}
};

// Takes items from next() -> std::optional<Item> until there are no more, runs produce(worker,
// item) on `workers` threads (worker in [0, workers); one call at a time per worker), and
// consume(result) on the calling thread in the order of the items. What has begun when next() ends
// is finished and consumed. Stops early, dropping what is under way, when consume returns false.
//   next     called by the workers, one at a time; may wait, which holds up no result
//   stop     called where it stops early: next() must wait no longer
//   memory   no item is taken more than workers * waiting_per_worker ahead of the last consumed;
//            room for as many results is taken once
//   errors   what any of them throws stops it, and is thrown on the calling thread when all others
//            have ended. Threads that the system does not give are done without.
// workers >= 1. Result: move-constructible, without throwing.
template <typename Item, typename Result, typename Next, typename Produce, typename Consume,
          typename Stop = NothingToStop>
void RunOrderedStream(size_t workers, const Next& next, const Produce& produce,
                      const Consume& consume, size_t waiting_per_worker = kWaitingPerWorker,
                      const Stop& stop = {}) {
  const size_t window = workers * waiting_per_worker;
  std::mutex source;  // held while next() runs; taken before `mutex`
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Result>> waiting(window);  // result n at n % window
  size_t started = 0;
  size_t consumed = 0;
  bool ended = false;        // next() has no more
  bool stopped = false;      // no more is wanted
  std::exception_ptr error;  // the first that a worker met

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
    try {
      size_t number = 0;
      while (std::optional<Item> item = take(&number)) {
        Result result = produce(worker, *std::move(item));
        const std::lock_guard lock(mutex);
        waiting[number % window].emplace(std::move(result));
        changed.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      stopped = true;
      changed.notify_all();
    }
  };

  bool failed = false;  // `error` ended it
  std::vector<std::jthread> threads;
  // Before the threads are waited for, however this function is left.
  struct Ending {
    std::mutex& mutex;
    std::condition_variable& changed;
    bool& stopped;
    const Stop& stop;
    bool early = true;

    ~Ending() {
      if (!early) return;
      {
        const std::lock_guard lock(mutex);
        stopped = true;
        changed.notify_all();
      }
      stop();
    }
  };
  {
    Ending ending{mutex, changed, stopped, stop};
    try {
      threads.reserve(workers);
      for (size_t worker = 0; worker < workers; ++worker) threads.emplace_back(work, worker);
    } catch (const std::exception&) {
      // The system gives no more threads: those that run do all the work, without any, this one.
    }
    if (threads.empty()) {
      while (std::optional<Item> item = next()) {
        if (!consume(produce(0, *std::move(item)))) return;
      }
      ending.early = false;
      return;
    }
    for (;;) {
      std::unique_lock lock(mutex);
      std::optional<Result>& slot = waiting[consumed % window];
      changed.wait(lock,
                   [&] { return slot || error != nullptr || (ended && consumed == started); });
      if (error != nullptr) {
        failed = true;
        break;
      }
      if (!slot) {
        ending.early = false;
        break;
      }
      Result result = *std::move(slot);
      slot.reset();
      ++consumed;
      changed.notify_all();
      lock.unlock();
      if (!consume(std::move(result))) break;
    }
  }
  threads.clear();
  if (failed) std::rethrow_exception(error);
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
