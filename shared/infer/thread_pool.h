// A pthreadpool that can fail to be made. Internal to shared/infer.
#pragma once

#include <pthreadpool.h>

#include <memory>

#include "shared/base/status.h"

namespace ag {

struct ThreadPoolDeleter {
  void operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }
};
using UniqueThreadPool = std::unique_ptr<pthreadpool, ThreadPoolDeleter>;

// `threads` >= 2, the calling one among them. kOutOfMemory if the system does not give as many.
//
// pthreadpool itself does not look whether its threads were started, and waits for them for ever.
// So they are started here, each waiting for something to do; pthreadpool then gets these where it
// asks for new ones (cmake/Xnnpack.cmake renames the call in its library).
StatusOr<UniqueThreadPool> MakeThreadPool(int threads);

}  // namespace ag
