// The part of `ag_native serve` that knows no sockets: which file a request names, and the headers
// with which it goes out. Everything that comes in here is hostile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "native/base/file_descriptor.h"
#include "native/serve/http_message.h"
#include "shared/base/status.h"

namespace ag {

// Body: `file`, a regular file at its start, if it is valid, else `text`.
struct HttpAnswer {
  std::string status = "200 OK";
  std::string headers;  // whole lines; what ResponseHead() adds is not among them
  std::string text;
  FileDescriptor file;
  size_t bytes = 0;  // of the body
};

// The answer to what is not even a request: no body, and the headers that every response carries.
HttpAnswer RefusalAnswer(std::string_view status);

// The files below one folder. Safe from several threads.
class StaticFiles {
 public:
  // kNotFound: no such folder; kInvalidArgument: not a folder; kIo: unreadable.
  static StatusOr<StaticFiles> Open(const std::string& folder);

  // Never fails: what is wrong with the request is said by the status (docs/serve.md lists them).
  HttpAnswer Answer(const HttpRequest& request) const;

 private:
  explicit StaticFiles(std::string root) : root_(std::move(root)) {}
  // `worker_policy`: whether the answer is to carry a Worker's policy.
  HttpAnswer Find(const HttpRequest& request, bool* worker_policy) const;

  std::string root_;  // every link resolved, without a slash at its end
};

}  // namespace ag
