// Many pictures on many threads, results in order, bounded memory.
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

// Results per worker that may wait for an earlier one: enough that nobody idles behind one slow
// picture, few enough that a million pictures need no memory.
inline constexpr size_t kWaitingPerWorker = 16;

struct NothingToStop {
  void operator()() const {}
};

// Takes items from next() -> std::optional<Item> until there are no more, runs produce(worker,
// item) on `workers` threads (worker in [0, workers); one call at a time per worker), and calls
// consume(result) on the calling thread in the order of the items. Work begun before next() ended
// is finished and consumed. Stops early, dropping unfinished work, when consume returns false.
//   next     called by the workers, one at a time; may block without holding up results
//   stop     called on an early stop: next() must not block any longer
//   memory   no item is taken more than workers * waiting_per_worker ahead of the last consumed
//            one; room for that many results is allocated once
//   errors   an exception from any callback stops the work and is rethrown on the calling thread
//            once all others have ended. Does without threads that the system cannot start.
// workers >= 1. Result: nothrow move-constructible.
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
  bool ended = false;        // next() returned nothing
  bool stopped = false;      // no more results are wanted
  std::exception_ptr error;  // the first one thrown by a worker

  // The next item and its number, once the window has room.
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
  // Before the threads are joined, however this function is left.
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
      // No more threads from the system: the running ones do all the work, or else this one.
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
