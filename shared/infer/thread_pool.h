// A pthreadpool whose creation can fail. Internal to shared/infer.
#pragma once

#include <pthreadpool.h>

#include <memory>

#include "shared/base/status.h"

namespace ag {

struct ThreadPoolDeleter {
  void operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }
};
using UniqueThreadPool = std::unique_ptr<pthreadpool, ThreadPoolDeleter>;

// `threads` >= 2, including the calling one. kOutOfMemory if the system cannot provide that many.
//
// pthreadpool itself does not check whether its threads were started, and would wait for them
// forever. So they are started here, each waiting for something to do; pthreadpool then gets these
// when it asks for new ones (cmake/Xnnpack.cmake renames the call in its library).
StatusOr<UniqueThreadPool> MakeThreadPool(int threads);

}  // namespace ag
