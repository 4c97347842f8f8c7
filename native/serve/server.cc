#include "native/serve/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <list>
#include <new>
#include <thread>
#include <vector>

#include "native/base/interrupt.h"

namespace ag {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Whole times, not times between two bytes: a client that sends a byte a second gets no more.
constexpr seconds kIdleTime(5);  // until the next request begins
constexpr seconds kHeadTime(5);  // from a request's first byte to its blank line
constexpr seconds kAnswerTime(60);
constexpr milliseconds kLingerTime(500);

// Browsers keep six connections open. Where all are taken, the one that has got no further for the
// longest time makes room for a new one, if that time is at least kPatience.
constexpr rlim_t kMaxConnections = 256;
constexpr milliseconds kPatience(250);

constexpr size_t kChunkBytes = 65536;
constexpr int kChunksInTurn = 16;  // then the other clients have theirs
// What a client that reads nothing makes the system keep is at most twice that.
constexpr int kSendBufferBytes = 262144;

// A client. It reads and writes what can be without waiting; who calls waits for it.
class Connection {
 public:
  Connection(FileDescriptor socket, const StaticFiles* files, const RequestLog* log)
      : socket_(std::move(socket)), files_(files), log_(log) {
    Enter(State::kReading, kIdleTime);
  }

  pollfd WaitsFor() const {
    return {socket_.get(), static_cast<short>(state_ == State::kAnswering ? POLLOUT : POLLIN), 0};
  }
  Time deadline() const { return deadline_; }
  // Bytes of an unfinished request are no progress, but its first one.
  Time last_progress() const { return last_progress_; }

  // False: the connection is over.
  bool Advance() try {
    if (!(state_ == State::kAnswering ? Write() : Receive())) return false;
    while (state_ == State::kReading && TakeRequest()) {  // several may have come at once
      if (!Write()) return false;
    }
    return true;
  } catch (const std::bad_alloc&) {  // no memory for this client; the others go on
    return false;
  }

 private:
  enum class State { kReading, kAnswering, kLingering };

  void Enter(State state, Clock::duration time) {
    state_ = state;
    last_progress_ = Clock::now();
    deadline_ = last_progress_ + time;
  }

  bool Receive() {
    std::array<char, 4096> chunk;
    const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    if (state_ == State::kLingering) return true;
    if (!begun_) Enter(State::kReading, kHeadTime);
    begun_ = true;
    received_.append(chunk.data(), static_cast<size_t>(got));
    return true;
  }

  // Takes a request off what was received and begins its answer. False: it is not whole yet.
  bool TakeRequest() {
    const RequestParser::State state = parser_.Take(&received_);
    if (state == RequestParser::State::kIncomplete) return false;
    const HttpRequest& request = parser_.request();
    const bool whole = state == RequestParser::State::kWhole;
    HttpAnswer answer =
        whole ? files_->Answer(request)
              : RefusalAnswer(state == RequestParser::State::kLineTooLong ? "414 URI Too Long"
                                                                          : "400 Bad Request");
    close_ = !whole || request.close;
    output_ = "HTTP/1.1 " + answer.status + "\r\n" + answer.headers;
    if (!answer.status.starts_with("304")) {
      output_ += "Content-Length: " + std::to_string(answer.bytes) + "\r\n";
    }
    output_ += close_ ? "Connection: close\r\n\r\n"
                      : "Keep-Alive: timeout=" + std::to_string(kIdleTime.count()) + "\r\n\r\n";
    if (request.method == "HEAD") {
      answer.text.clear();
      answer.bytes = 0;
    }
    (*log_)(request, answer.status, answer.bytes);
    output_ += answer.text;
    sent_ = 0;
    left_in_file_ = answer.file.valid() ? answer.bytes : 0;
    file_ = std::move(answer.file);
    Enter(State::kAnswering, kAnswerTime);
    return true;
  }

  // Some of the answer. False: it can never be sent whole.
  bool Write() {
    for (int turn = 0; turn < kChunksInTurn; ++turn) {
      if (sent_ == output_.size()) {
        if (left_in_file_ == 0) {
          FinishAnswer();
          return true;
        }
        output_.resize(std::min(left_in_file_, kChunkBytes));
        const ssize_t got = ::read(file_.get(), output_.data(), output_.size());
        // Shorter than it was: the client must not take what it got for the whole file.
        if (got <= 0) return false;
        output_.resize(static_cast<size_t>(got));
        left_in_file_ -= output_.size();
        sent_ = 0;
      }
      const ssize_t sent =
          ::send(socket_.get(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      sent_ += static_cast<size_t>(sent);
      last_progress_ = Clock::now();
    }
    return true;
  }

  void FinishAnswer() {
    file_ = FileDescriptor();
    if (close_) {
      // Closing a socket with unread bytes in it resets the connection, and the client may lose the
      // answer that says why: what it is still sending is read away for a moment.
      ::shutdown(socket_.get(), SHUT_WR);
      Enter(State::kLingering, kLingerTime);
      return;
    }
    parser_ = RequestParser();
    begun_ = !received_.empty();
    Enter(State::kReading, begun_ ? kHeadTime : kIdleTime);
  }

  FileDescriptor socket_;
  const StaticFiles* files_;
  const RequestLog* log_;
  State state_;
  Time deadline_, last_progress_;

  RequestParser parser_;
  std::string received_;  // what it has not taken yet
  bool begun_ = false;    // the next request

  std::string output_;  // of the answer, up to sent_ already sent
  size_t sent_ = 0;
  FileDescriptor file_;  // where it goes on
  size_t left_in_file_ = 0;
  bool close_ = false;  // after the answer
};

}  // namespace

StatusOr<FileDescriptor> ListenOnLoopback(int* port) {
  FileDescriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto set = [&](int level, int option, int value) {  // connections inherit it
    ::setsockopt(listening.get(), level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  set(SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(*port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (::bind(listening.get(), generic, size) != 0 || ::listen(listening.get(), SOMAXCONN) != 0 ||
      ::getsockname(listening.get(), generic, &size) != 0) {
    std::string message = "127.0.0.1:" + std::to_string(*port) + ": cannot listen: ";
    message += std::strerror(errno);
    if (errno == EADDRINUSE) message += " (--port 0 takes any free port)";
    return Status(Code::kIo, message);
  }
  *port = ntohs(address.sin_port);
  return listening;
}

Status ServeUntilInterrupt(const FileDescriptor& listening, const StaticFiles& files,
                           const RequestLog& log) {
  // Interrupts come while it waits, and at no other time.
  sigset_t interrupts, before;
  ::sigemptyset(&interrupts);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&interrupts, signal);
  ::pthread_sigmask(SIG_BLOCK, &interrupts, &before);
  // A connection has its socket and a file open; some more files are open besides.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const size_t most = std::clamp<rlim_t>(limit.rlim_cur, 18, 2 * kMaxConnections + 16) / 2 - 8;

  std::list<Connection> connections;
  const auto slowest = [&] {
    return std::ranges::min_element(connections, {}, &Connection::last_progress);
  };
  std::vector<pollfd> polled;
  while (InterruptSignal() == 0) {
    polled.clear();
    for (const Connection& connection : connections) polled.push_back(connection.WaitsFor());
    const bool room =
        connections.size() < most || Clock::now() - slowest()->last_progress() >= kPatience;
    polled.push_back({room ? listening.get() : -1, POLLIN, 0});
    constexpr timespec kTick = {0, 100'000'000};  // then the clients' times are looked at
    const timespec* const wait = connections.empty() ? nullptr : &kTick;
    if (::ppoll(polled.data(), polled.size(), wait, &before) < 0) {
      if (errno == EINTR) continue;
      return Status(Code::kIo, std::string("serve: cannot wait: ") + std::strerror(errno));
    }
    auto said = polled.begin();
    connections.remove_if([&](Connection& connection) {
      const bool ready = (said++)->revents != 0;
      return (ready && !connection.Advance()) || connection.deadline() <= Clock::now();
    });
    if (said->revents == 0) continue;
    if (connections.size() >= most) connections.erase(slowest());
    FileDescriptor client(
        ::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.valid()) {
      connections.emplace_back(std::move(client), &files, &log);
    } else if (errno != EAGAIN && errno != ECONNABORTED) {
      std::this_thread::sleep_for(milliseconds(10));  // the system is short of something
    }
  }
  return OkStatus();
}

}  // namespace ag
