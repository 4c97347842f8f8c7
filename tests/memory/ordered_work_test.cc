// Whatever fails on a worker's thread fails on the caller's, and nobody waits for ever.
#include "native/base/ordered_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <vector>

namespace ag {
namespace {

// Counts to `end`; then, or once `stopped`, there is no more.
struct Counter {
  explicit Counter(int end_) : end(end_) {}
  std::optional<int> operator()() {
    if (next == end) return std::nullopt;
    return next++;
  }
  int end, next = 0;
};

class OrderedWork : public testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Workers, OrderedWork, testing::Values(1, 2, 5));

TEST_P(OrderedWork, ResultsComeInOrder) {
  Counter counter(500);
  std::vector<int> seen;
  RunOrderedStream<int, int>(
      GetParam(), [&] { return counter(); }, [](size_t, int item) { return 3 * item; },
      [&](int result) {
        seen.push_back(result);
        return true;
      });
  ASSERT_EQ(seen.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], 3 * i);
}

TEST_P(OrderedWork, StopsWhenNoMoreIsWanted) {
  Counter counter(1'000'000);
  int consumed = 0, stops = 0;
  RunOrderedStream<int, int>(
      GetParam(), [&] { return counter(); }, [](size_t, int item) { return item; },
      [&](int) { return ++consumed < 10; }, kWaitingPerWorker, [&] { ++stops; });
  EXPECT_EQ(consumed, 10);
  EXPECT_EQ(stops, 1);
  EXPECT_LE(counter.next, 10 + static_cast<int>(GetParam() * kWaitingPerWorker));
}

TEST_P(OrderedWork, ThrowsWhatAWorkerThrew) {
  Counter counter(100);
  std::vector<int> seen;
  const auto run = [&] {
    RunOrderedStream<int, int>(
        GetParam(), [&] { return counter(); },
        [](size_t, int item) {
          if (item == 40) throw std::bad_alloc();
          return item;
        },
        [&](int result) {
          seen.push_back(result);
          return true;
        });
  };
  EXPECT_THROW(run(), std::bad_alloc);
  EXPECT_LE(seen.size(), 40u);
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<int>(i));
}

TEST_P(OrderedWork, ThrowsWhatNextThrew) {
  int taken = 0;
  const auto run = [&] {
    RunOrderedStream<int, int>(
        GetParam(),
        [&]() -> std::optional<int> {
          if (taken == 7) throw std::length_error("seven");
          return taken++;
        },
        [](size_t, int item) { return item; }, [](int) { return true; });
  };
  EXPECT_THROW(run(), std::length_error);
}

// next() waits for something that never comes, as for a pipe.
TEST_P(OrderedWork, ThrowsWhatConsumeThrewAndEndsAWait) {
  std::atomic<bool> stopped = false;
  std::atomic<int> taken = 0;
  const auto run = [&] {
    RunOrderedStream<int, int>(
        GetParam(),
        [&]() -> std::optional<int> {
          if (taken < 3) return taken++;
          while (!stopped) std::this_thread::yield();
          return std::nullopt;
        },
        [](size_t, int item) { return item; },
        [](int result) {
          if (result == 2) throw std::bad_alloc();
          return true;
        },
        kWaitingPerWorker, [&] { stopped = true; });
  };
  EXPECT_THROW(run(), std::bad_alloc);
}

}  // namespace
}  // namespace ag
