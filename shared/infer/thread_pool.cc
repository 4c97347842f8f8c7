#include "shared/infer/thread_pool.h"

#include <cstddef>
#include <string>

#if !defined(__EMSCRIPTEN__)
#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <vector>
#endif

namespace ag {

#if !defined(__EMSCRIPTEN__)
namespace {

// Threads that wait to be told what to run.
class Recruits {
 public:
  Recruits() = default;
  Recruits(const Recruits&) = delete;
  Recruits& operator=(const Recruits&) = delete;

  // Waits until each one has left for its task, or ends those without one.
  ~Recruits() {
    std::unique_lock lock(mutex_);
    const size_t assigned = assigned_;
    dismissed_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return left_ == threads_.size(); });
    lock.unlock();
    // Whoever assigned a task joins its thread; any thread may have taken any task.
    for (size_t i = assigned; i < threads_.size(); ++i) ::pthread_join(threads_[i], nullptr);
  }

  // False: the system cannot provide that many.
  bool Start(size_t count) {
    threads_.reserve(count);
    tasks_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      pthread_t thread{};
      if (::pthread_create(&thread, nullptr, Run, this) != 0) return false;
      const std::lock_guard lock(mutex_);
      threads_.push_back(thread);
    }
    return true;
  }

  // Replaces pthread_create; it never fails here: no more threads are requested than were started.
  int Assign(pthread_t* thread, void* (*routine)(void*), void* argument) {
    const std::lock_guard lock(mutex_);
    *thread = threads_[assigned_++];
    tasks_.push_back({routine, argument});
    changed_.notify_all();
    return 0;
  }

 private:
  struct Task {
    void* (*routine)(void*) = nullptr;
    void* argument = nullptr;
  };

  static void* Run(void* self) {
    const Task task = static_cast<Recruits*>(self)->Take();
    return task.routine == nullptr ? nullptr : task.routine(task.argument);
  }

  Task Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_ < tasks_.size() || dismissed_; });
    Task task;
    if (taken_ < tasks_.size()) task = tasks_[taken_++];
    ++left_;
    changed_.notify_all();
    return task;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<pthread_t> threads_;
  std::vector<Task> tasks_;
  size_t assigned_ = 0, taken_ = 0, left_ = 0;
  bool dismissed_ = false;
};

thread_local Recruits* current_recruits = nullptr;

}  // namespace

// What pthreadpool calls instead of pthread_create.
extern "C" int ag_pool_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                      void* (*routine)(void*), void* argument) {
  if (current_recruits != nullptr) return current_recruits->Assign(thread, routine, argument);
  return ::pthread_create(thread, attributes, routine, argument);
}
#endif

StatusOr<UniqueThreadPool> MakeThreadPool(int threads) {
  const auto count = static_cast<size_t>(threads);
#if defined(__EMSCRIPTEN__)
  UniqueThreadPool pool(pthreadpool_create(count));
#else
  Recruits recruits;
  UniqueThreadPool pool;
  if (recruits.Start(count - 1)) {
    current_recruits = &recruits;
    pool.reset(pthreadpool_create(count));
    current_recruits = nullptr;
  }
#endif
  if (pool == nullptr) {
    return Status(Code::kOutOfMemory, "cannot start " + std::to_string(threads) + " threads");
  }
  return pool;
}

}  // namespace ag
