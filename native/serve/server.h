// HTTP on 127.0.0.1: one thread waits for all clients at once, so that none of them can hold up
// another one.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "native/base/file_descriptor.h"
#include "native/serve/static_files.h"
#include "shared/base/status.h"

namespace ag {

// Called before an answer is sent. `request` may be empty in part; `bytes`: of the body to be sent.
using RequestLog =
    std::function<void(const HttpRequest& request, std::string_view status, size_t bytes)>;

// A socket that listens on `port` of this machine alone; 0: on any free one, which is then said.
// kIo.
StatusOr<FileDescriptor> ListenOnLoopback(int* port);

// Answers until an interrupt is noted (CatchInterrupts() before), and closes all connections; from
// then on interrupts are held back. kIo: the system does not let it wait for clients.
Status ServeUntilInterrupt(const FileDescriptor& listening, const StaticFiles& files,
                           const RequestLog& log);

}  // namespace ag
