#include "native/serve/serve.h"

#include <fcntl.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/run_files.h"
#include "native/base/utf8.h"
#include "native/serve/static_files.h"

namespace ag {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kAddress[] = "127.0.0.1";
constexpr int kDefaultPort = 8080;
// A connection holds a thread while it is open, and browsers keep six open. The threads sleep.
constexpr size_t kThreads = 128;
constexpr int kBacklog = 256;  // connections that wait for a thread to accept them
constexpr size_t kRequestsPerConnection = 100;
constexpr size_t kMaxHeadBytes = 32768;  // request line and headers; browsers stay below 16 KiB
constexpr size_t kChunkBytes = 65536;

// Whole times, not times between two bytes: a client that sends a byte a second gets no more.
constexpr std::chrono::seconds kIdleTime(5);  // until the next request begins
constexpr std::chrono::seconds kHeadTime(5);  // from a request's first byte to its blank line
constexpr std::chrono::seconds kAnswerTime(60);
constexpr std::chrono::milliseconds kLingerTime(500);

// A pipe whose reading end becomes readable, for every thread that polls it, once and for good.
class StopPipe {
 public:
  StopPipe() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("cannot make a pipe");
    for (const int end : ends_) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  ~StopPipe() {
    Stop();
    ::close(ends_[0]);
  }
  StopPipe(const StopPipe&) = delete;
  StopPipe& operator=(const StopPipe&) = delete;

  int fd() const { return ends_[0]; }
  void Stop() {  // by one thread
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// METHOD TARGET STATUS BYTES: a file that begins with such a line may be added to.
bool IsAccessLog(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  std::array<std::string_view, 4> fields;
  for (std::string_view& field : fields) {
    const size_t end = line.find(' ');
    field = line.substr(0, end);
    line = end == std::string_view::npos ? "" : line.substr(end + 1);
  }
  const auto is_number = [](std::string_view field) {
    return !field.empty() && field.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return line.empty() && fields[2].size() == 3 && is_number(fields[2]) && is_number(fields[3]);
}

// One line a request, written by one call each, so that threads do not mix theirs.
class AccessLog {
 public:
  // Appends. Empty path: nothing is written.
  static StatusOr<AccessLog> Open(const std::string& path) {
    if (path.empty()) return AccessLog(-1);
    RunFiles files;
    RunFiles::Output output = {"--log", path, IsAccessLog};
    output.remedy = "give another name";
    AG_RETURN_IF_ERROR(files.Write(output));
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return Status(Code::kIo, path + ": cannot open: " + std::strerror(errno));
    return AccessLog(fd);
  }
  AccessLog(AccessLog&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  AccessLog& operator=(AccessLog&&) = delete;
  ~AccessLog() {
    if (fd_ >= 0) ::close(fd_);
  }

  void Add(std::string_view method, std::string_view target, int status, uint64_t bytes) const {
    if (fd_ < 0) return;
    const std::string line = Field(method) + " " + Field(target) + " " + std::to_string(status) +
                             " " + std::to_string(bytes) + "\n";
    // The answer is worth more than its line: a full disk must not take the page down.
    [[maybe_unused]] const ssize_t ignored = ::write(fd_, line.data(), line.size());
  }

 private:
  explicit AccessLog(int fd) : fd_(fd) {}
  static std::string Field(std::string_view text) { return text.empty() ? "-" : CleanText(text); }

  int fd_;
};

// A client's socket, read and written against the clock. One thread; closes the socket at the end.
class Connection {
 public:
  enum class Head { kWhole, kTooLarge, kNone };

  Connection(int socket, int stop_fd) : socket_(socket), stop_fd_(stop_fd) {}
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }

  // The next request up to and with its blank line. kTooLarge: the first kMaxHeadBytes of it.
  // kNone: the client has gone or was too slow, or the server stops.
  Head ReadHead(std::string* head) {
    Clock::time_point deadline = Clock::now() + (pending_.empty() ? kIdleTime : kHeadTime);
    for (size_t searched = 0;;) {
      constexpr std::string_view kBlankLine = "\r\n\r\n";
      const size_t end = pending_.find(kBlankLine, searched);
      if (end != std::string::npos && end + kBlankLine.size() <= kMaxHeadBytes) {
        *head = pending_.substr(0, end + kBlankLine.size());
        pending_.erase(0, head->size());
        return Head::kWhole;
      }
      if (pending_.size() > kMaxHeadBytes) {
        *head = pending_.substr(0, kMaxHeadBytes);
        return Head::kTooLarge;
      }
      searched = pending_.size() - std::min(pending_.size(), kBlankLine.size() - 1);
      const bool first = pending_.empty();
      if (!Receive(deadline)) return Head::kNone;
      if (first) deadline = Clock::now() + kHeadTime;
    }
  }

  void StartAnswer() { answer_deadline_ = Clock::now() + kAnswerTime; }

  bool Write(const char* data, size_t size) {
    while (size > 0) {
      const ssize_t sent = ::send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        data += sent;
        size -= static_cast<size_t>(sent);
        continue;
      }
      const bool full = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
      if (!full || !Wait(POLLOUT, answer_deadline_)) return false;
    }
    return true;
  }

  // Closing a socket with unread bytes in it resets the connection, and the client may lose the
  // answer that says why: what it is still sending is read away for a moment.
  void Linger() {
    ::shutdown(socket_, SHUT_WR);
    const Clock::time_point deadline = Clock::now() + kLingerTime;
    do {
      pending_.clear();
    } while (Receive(deadline));
  }

 private:
  // False at the deadline, and when the server stops.
  bool Wait(short events, Clock::time_point deadline) const {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      std::array<pollfd, 2> polled = {{{socket_, events, 0}, {stop_fd_, POLLIN, 0}}};
      const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(left));
      if (ready < 0 && errno == EINTR) continue;
      return ready > 0 && polled[1].revents == 0;
    }
  }

  // Appends what has come to pending_.
  bool Receive(Clock::time_point deadline) {
    std::array<char, 4096> chunk;
    while (Wait(POLLIN, deadline)) {
      const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
      if (got > 0) {
        pending_.append(chunk.data(), static_cast<size_t>(got));
        return true;
      }
      if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return false;
    }
    return false;
  }

  int socket_;
  int stop_fd_;
  std::string pending_;  // received, not yet used
  Clock::time_point answer_deadline_{};
};

// What httplib reads and writes while it handles one request: a head that is already here. It is
// never given a body, because no request that has one is answered with more than an error.
class RequestStream final : public httplib::Stream {
 public:
  RequestStream(std::string head, Connection* connection)
      : head_(std::move(head)), connection_(connection) {}

  bool is_readable() const override { return position_ < head_.size(); }
  bool is_writable() const override { return true; }  // Write() waits
  ssize_t read(char* data, size_t size) override {
    if (!is_readable()) return -1;
    const size_t count = head_.copy(data, size, position_);
    position_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* data, size_t size) override {
    return connection_->Write(data, size) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int&) const override { ip = kAddress; }
  void get_local_ip_and_port(std::string& ip, int&) const override { ip = kAddress; }
  socket_t socket() const override { return connection_->socket(); }

 private:
  std::string head_;
  size_t position_ = 0;
  Connection* connection_;
};

bool IsHeader(std::string_view line, std::string_view lower_name) {
  if (line.size() <= lower_name.size() || line[lower_name.size()] != ':') return false;
  return std::equal(lower_name.begin(), lower_name.end(), line.begin(), [](char name, char c) {
    return name == c || (c >= 'A' && c <= 'Z' && name == c - 'A' + 'a');
  });
}

// The head as httplib may see it. Range goes, since it would be parsed with a recursive regular
// expression and answered in part, and Expect, since "100 Continue" asks for a body. A line that
// ends without a carriage return hides headers from one reader that another one sees, and NUL ends
// a string in the middle: such a head becomes an empty line, to which httplib answers 400.
std::string CleanHead(std::string_view head) {
  std::string clean;
  bool dropped = false;
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    constexpr std::string_view kNever("\0\r\n", 3);
    if (line.find_first_of(kNever) != std::string_view::npos) return "\r\n";
    const bool continued = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (!continued) {
      dropped = !clean.empty() &&
                (IsHeader(line, "range") || IsHeader(line, "if-range") || IsHeader(line, "expect"));
    }
    if (!dropped) clean.append(line).append("\r\n");
  }
  return clean;
}

HttpRequest ToRequest(const httplib::Request& from) {
  HttpRequest request;
  request.method = from.method;
  request.target = from.target;
  const auto [first, last] = from.headers.equal_range("Host");
  for (auto host = first; host != last; ++host) request.hosts.push_back(host->second);
  if (from.has_header("If-None-Match")) {
    request.if_none_match = from.get_header_value("If-None-Match");
  }
  return request;
}

void SetHeaders(const HttpHeaders& headers, httplib::Response* response) {
  for (const auto& [name, value] : headers) {
    response->headers.erase(name);
    response->set_header(name, value);
  }
}

// The bodies go through content providers, text too: httplib would compress a plain one.
void SetAnswer(const HttpAnswer& answer, httplib::Response* response) {
  response->status = answer.status;
  SetHeaders(answer.headers, response);
  SetHeaders(CommonHeaders(answer.worker_policy), response);
  if (answer.file && answer.file->bytes() == 0) {
    // A provider of nothing would leave Content-Length out.
    response->set_header("Content-Type", answer.content_type);
  } else if (answer.file) {
    response->set_content_provider(
        answer.file->bytes(), answer.content_type,
        [file = answer.file, chunk = std::string()](size_t offset, size_t length,
                                                    httplib::DataSink& sink) mutable {
          chunk.resize(std::min(length, kChunkBytes));
          const int64_t got = file->Read(offset, chunk.data(), chunk.size());
          // Shorter than it was: the client must not take what it got for the whole file.
          return got > 0 && sink.write(chunk.data(), static_cast<size_t>(got));
        });
  } else if (!answer.text.empty()) {
    response->set_content_provider(
        answer.text.size(), answer.content_type,
        [text = answer.text](size_t offset, size_t length, httplib::DataSink& sink) {
          return sink.write(text.data() + offset, length);
        });
  }
}

bool IsOurs(const httplib::Response& response) {
  return response.has_header("Content-Security-Policy");
}

class FileServer final : public httplib::Server {
 public:
  FileServer(StaticFiles files, AccessLog log) : files_(std::move(files)), log_(std::move(log)) {
    new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    set_address_family(AF_INET);
    set_tcp_nodelay(true);
    // What httplib writes into the header Keep-Alive.
    set_keep_alive_timeout(kIdleTime.count());
    set_keep_alive_max_count(kRequestsPerConnection);
    // Its own options would let a second server share the port, and each get some of the requests.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      SetAnswer(files_.Answer(ToRequest(request)), &response);
      return HandlerResponse::Handled;
    });
    set_error_handler(
        HandlerWithResponse([this](const httplib::Request& request, httplib::Response& response) {
          return AnswerUnknownMethod(request, &response);
        }));
    set_exception_handler([](const httplib::Request&, httplib::Response& response,
                             const std::exception_ptr&) { response.status = 500; });
    set_post_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      FinishHeaders(request, &response);
    });
  }

  // Listens on `port` of this machine alone; 0: on any free one. The port, or an error.
  StatusOr<int> Bind(int port) {
    errno = 0;
    const int bound = port == 0                      ? bind_to_any_port(kAddress)
                      : bind_to_port(kAddress, port) ? port
                                                     : -1;
    if (bound < 0) {
      const int error = errno;
      std::string message = std::string(kAddress) + ":" + std::to_string(port) + ": cannot listen";
      if (error != 0) message += std::string(": ") + std::strerror(error);
      if (error == EADDRINUSE) message += " (--port 0 takes any free port)";
      return Status(Code::kIo, message);
    }
    ::listen(svr_sock_, kBacklog);  // again: httplib's backlog is 5
    return bound;
  }

  // From another thread: listen_after_bind() returns soon after, its connections closed.
  void Stop() {
    stop_.Stop();
    const socket_t listening = svr_sock_.exchange(INVALID_SOCKET);
    if (listening == INVALID_SOCKET) return;
    ::shutdown(listening, SHUT_RDWR);
    ::close(listening);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    try {
      Connection connection(socket, stop_.fd());
      for (size_t left = kRequestsPerConnection; left > 0; --left) {
        if (!ServeOne(left == 1, &connection)) break;
      }
      connection.Linger();
      return true;
    } catch (const std::exception&) {  // no memory for this client; the others go on
      return false;
    }
  }

  // False: no further request on this connection.
  bool ServeOne(bool last, Connection* connection) {
    std::string head;
    const Connection::Head read = connection->ReadHead(&head);
    if (read == Connection::Head::kNone) return false;
    head = CleanHead(head);
    if (read == Connection::Head::kTooLarge) {
      // Cut off within the request line, this is a line too long (414); else within the headers,
      // whose end is then missing (400).
      const bool in_headers = head.find("\r\n") + 2 < head.size();
      if (in_headers) head.resize(head.size() - 2);
    }
    connection->StartAnswer();
    RequestStream stream(std::move(head), connection);
    bool close = false, accepted = false;
    const bool answered =
        process_request(stream, last, close, [&accepted, &close](httplib::Request& request) {
          accepted = true;
          const bool has_body = request.has_header("Transfer-Encoding") ||
                                (request.has_header("Content-Length") &&
                                 request.get_header_value("Content-Length") != "0");
          if (!has_body) return;
          // It is not read, and must not be taken for the next request.
          close = true;
          request.headers.erase("Connection");
          request.set_header("Connection", "close");
        });
    return answered && accepted && !close && !last;
  }

  // httplib answers 400 to methods that it does not know.
  HandlerResponse AnswerUnknownMethod(const httplib::Request& request,
                                      httplib::Response* response) const {
    const bool parsed = !request.target.empty() && request.version.starts_with("HTTP/1.");
    const bool known = request.method == "GET" || request.method == "HEAD";
    if (IsOurs(*response) || response->status != 400 || !parsed || known) {
      return HandlerResponse::Unhandled;
    }
    HttpRequest unknown;
    unknown.method = request.method;
    unknown.hosts = {kAddress};  // httplib has not read the headers
    SetAnswer(files_.Answer(unknown), response);
    response->set_header("Connection", "close");
    return HandlerResponse::Handled;
  }

  // Every response passes here, those that httplib makes by itself too.
  void FinishHeaders(const httplib::Request& request, httplib::Response* response) const {
    if (!IsOurs(*response)) {
      SetHeaders(CommonHeaders(false), response);
      SetHeaders({{"Connection", "close"}}, response);
    }
    if (response->has_header("Connection")) response->headers.erase("Keep-Alive");
    // 304 speaks of a file whose length is not 0.
    if (response->status == 304) response->headers.erase("Content-Length");
    const bool has_body = request.method != "HEAD" && response->has_header("Content-Length");
    log_.Add(request.method, request.target, response->status,
             has_body ? std::stoull(response->get_header_value("Content-Length")) : 0);
  }

  const StaticFiles files_;
  const AccessLog log_;
  StopPipe stop_;
};

// SIGINT, SIGTERM and SIGHUP wait until this thread waits for them; threads that are started
// meanwhile never get them.
class InterruptWait {
 public:
  InterruptWait() {
    CatchInterrupts();
    sigset_t blocked;
    ::sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&blocked, signal);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~InterruptWait() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  InterruptWait(const InterruptWait&) = delete;
  InterruptWait& operator=(const InterruptWait&) = delete;

  // Until a signal has come or `fd` (below FD_SETSIZE) is readable.
  void Wait(int fd) const {
    while (InterruptSignal() == 0) {
      fd_set readable;
      FD_ZERO(&readable);
      FD_SET(fd, &readable);
      if (::pselect(fd + 1, &readable, nullptr, nullptr, nullptr, &before_) >= 0) return;
      if (errno != EINTR) return;
    }
  }

 private:
  sigset_t before_{};
};

// Runs the server in a thread of its own from construction to destruction.
class Listener {
 public:
  explicit Listener(FileServer* server)
      : server_(server), thread_([this] {
          try {
            server_->listen_after_bind();
          } catch (const std::exception& error) {
            PrintError(error.what());  // without a string of its own: memory may be short
          }
          ended_.Stop();
        }) {}
  ~Listener() {
    server_->Stop();
    thread_.join();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int ended_fd() const { return ended_.fd(); }  // readable once it listens no more

 private:
  FileServer* server_;
  StopPipe ended_;
  std::thread thread_;
};

struct Arguments {
  std::string root;
  std::string log;
  int port = kDefaultPort;
};

StatusOr<int> Serve(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(StaticFiles files, StaticFiles::Open(arguments.root));
  AG_ASSIGN_OR_RETURN(AccessLog log, AccessLog::Open(arguments.log));
  const InterruptWait interrupt;
  FileServer server(std::move(files), std::move(log));
  AG_ASSIGN_OR_RETURN(const int port, server.Bind(arguments.port));
  const Listener listener(&server);
  const std::string address =
      std::string("http://") + kAddress + ":" + std::to_string(port) + "/\n";
  if (const int code = PrintToStandardOutput(address); code != kExitDone) return code;
  interrupt.Wait(listener.ended_fd());
  if (InterruptSignal() == 0) return Status(Code::kIo, "serve: the server listens no more");
  return kExitDone;
}

}  // namespace

int RunServe(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Serves a folder's files to the browser of this machine (127.0.0.1, nowhere else) until "
      "Ctrl-C. Prints its address.");
  app.add_option("--root", arguments.root, "The folder, for example build/site")->required();
  app.add_option("--port", arguments.port, "0: any free port")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  app.add_option("--log", arguments.log,
                 "Append a line for each request to this file: method, target, status, bytes");
  if (const std::optional<int> code = ParseCommandLine(&app, argc, argv)) return *code;
  return ExitCodeOf(Serve(arguments));
}

}  // namespace ag
