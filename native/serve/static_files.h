// The part of `ag_native serve` that knows no sockets: which file a request names, and the headers
// with which it goes out. Everything that comes in here is hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/status.h"

namespace ag {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// An open regular file. Reading is safe from several threads.
class ServedFile {
 public:
  ServedFile(int fd, uint64_t bytes) : fd_(fd), bytes_(bytes) {}  // takes the descriptor
  ~ServedFile();
  ServedFile(const ServedFile&) = delete;
  ServedFile& operator=(const ServedFile&) = delete;

  uint64_t bytes() const { return bytes_; }  // when it was opened

  // Bytes from `offset` on, at most `size`; 0 at the end of the file, -1 on an error.
  int64_t Read(uint64_t offset, char* buffer, size_t size) const;

 private:
  int fd_;
  uint64_t bytes_;
};

struct HttpRequest {
  std::string method;
  std::string target;                        // as sent, percent-encoded, with its query
  std::vector<std::string> hosts;            // the values of all Host headers
  std::optional<std::string> if_none_match;  // the header's value
};

// Body: `file` if there is one, else `text` (which may be empty).
struct HttpAnswer {
  int status = 200;
  HttpHeaders headers;  // without Content-Type, Content-Length and CommonHeaders()
  std::string content_type;
  std::string text;
  std::shared_ptr<const ServedFile> file;
  bool worker_policy = false;  // for CommonHeaders()
};

// "text/html; charset=utf-8" and so on, by the ending of the name in any case;
// "application/octet-stream" for what is not known.
std::string_view ContentTypeOf(std::string_view file_name);

// Whether a Host header names this machine: localhost, 127.0.0.1 or [::1], with or without a port.
// Anything else is a page elsewhere whose name was made to point here (DNS rebinding).
bool IsLocalHost(std::string_view host);

// What every response carries, of whatever status: Content-Security-Policy and the other headers of
// docs/page.md and docs/serve.md. `worker_policy`: what lies below /engine/, where a Worker takes
// the policy from its script's response: nothing may be fetched there.
HttpHeaders CommonHeaders(bool worker_policy);

// The files below one folder. Safe from several threads.
class StaticFiles {
 public:
  // kNotFound: no such folder; kInvalidArgument: not a folder; kIo: unreadable.
  static StatusOr<StaticFiles> Open(const std::string& folder);

  // Never fails: what is wrong with the request is said by the status.
  //   200, 304  a regular file, or a folder's index.html
  //   301       a folder without its last slash
  //   400       no or two hosts, a target that is no path, broken percent-encoding
  //   404       everything else: missing, unreadable, hidden (a leading dot), outside of the folder
  //   405       neither GET nor HEAD
  //   421       the host is not this machine
  HttpAnswer Answer(const HttpRequest& request) const;

  // The folder with every link resolved.
  const std::string& root() const { return root_; }

 private:
  explicit StaticFiles(std::string root) : root_(std::move(root)) {}

  std::string root_;
};

}  // namespace ag
