// `ag_native serve` over raw sockets: what a browser asks, and what it never would.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/cli_support.h"

namespace ag::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr char kPagePolicy[] =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' "
    "blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";
constexpr char kWorkerPolicy[] = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
constexpr char kSecret[] = "SECRET-OUTSIDE";

// A program that serves, from its first line on standard output to SIGTERM.
class ServeProcess {
 public:
  // `descriptors`: how many files it may have open; 0: as many as this process.
  explicit ServeProcess(std::vector<std::string> arguments, rlim_t descriptors = 0) {
    arguments.insert(arguments.begin(), {NativeProgram(), "serve"});
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]), ::close(ends[1]);
      const rlimit limit = {descriptors, descriptors};
      if (descriptors != 0 && ::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::_exit(125);
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(126);
    }
    ::close(ends[1]);
    char c = 0;
    while (::read(ends[0], &c, 1) == 1 && c != '\n') address_ += c;
    ::close(ends[0]);
    const size_t colon = address_.rfind(':');
    if (colon != std::string::npos) port_ = std::atoi(address_.c_str() + colon + 1);
  }
  ~ServeProcess() { Stop(SIGTERM); }
  ServeProcess(const ServeProcess&) = delete;
  ServeProcess& operator=(const ServeProcess&) = delete;

  const std::string& address() const { return address_; }
  int port() const { return port_; }
  // How many entries /proc has of it: "fd" open files, "task" threads.
  size_t Count(const std::string& folder) const {
    const fs::directory_iterator entries("/proc/" + std::to_string(child_) + "/" + folder);
    return static_cast<size_t>(std::distance(fs::begin(entries), fs::end(entries)));
  }

  // The exit code, 128 + signal if killed; -1 if it has ended before.
  int Stop(int signal) {
    if (child_ <= 0) return -1;
    ::kill(child_, signal);
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t child_ = -1;
  std::string address_;
  int port_ = 0;
};

class Socket {
 public:
  explicit Socket(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit = {10, 0};  // of a test that fails
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connected() const { return connected_; }
  bool Send(const std::string& text) const {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Until the server closes.
  std::string ReceiveAll() const {
    std::string text;
    std::array<char, 65536> chunk;
    for (;;) {
      const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
      if (got <= 0) return text;
      text.append(chunk.data(), static_cast<size_t>(got));
    }
  }
  // Until `size` bytes have come.
  std::string Receive(size_t size) const {
    std::string text(size, '\0');
    const ssize_t got = ::recv(fd_, text.data(), size, MSG_WAITALL);
    text.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return text;
  }

 private:
  int fd_;
  bool connected_ = false;
};

struct Response {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names as sent
  std::string body;

  // The only one of this name; "(none)", "(several)".
  std::string Header(const std::string& name) const {
    if (headers.count(name) > 1) return "(several)";
    const auto found = headers.find(name);
    return found == headers.end() ? "(none)" : found->second;
  }
};

Response Parse(const std::string& text) {
  Response response;
  const size_t end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return response;
  response.status = std::atoi(text.c_str() + 9);
  response.body = text.substr(end + 4);
  size_t start = text.find("\r\n") + 2;
  while (start < end) {
    const size_t stop = text.find("\r\n", start);
    const std::string line = text.substr(start, stop - start);
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) {
      response.headers.emplace(line.substr(0, colon), line.substr(colon + 2));
    }
    start = stop + 2;
  }
  return response;
}

class ServeTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteText(folder_ / "site/index.html", "<!doctype html>home");
    WriteText(folder_ / "site/engine/worker.js", "self.onmessage = null;");
    WriteText(folder_ / "site/sub/index.html", "<!doctype html>sub");
    WriteText(folder_ / "site/sub/a b.txt", "blank");
    WriteText(folder_ / "site/bare/x.txt", "x");
    WriteText(folder_ / "site/.hidden", kSecret);
    WriteText(folder_ / "site/.git/config", kSecret);
    WriteText(folder_ / "secret.txt", kSecret);
    WriteText(folder_ / "site_beside/secret.txt", kSecret);
    big_.resize(3'000'000);
    for (size_t i = 0; i < big_.size(); ++i) big_[i] = static_cast<char>(i * 2654435761u >> 13);
    WriteText(folder_ / "site/model/net.agm", big_);
    Start({});
  }

  void Start(std::vector<std::string> more, rlim_t descriptors = 0) {
    more.insert(more.begin(),
                {"--root", folder_ / "site", "--port", "0", "--log", folder_ / "log"});
    server_ = std::make_unique<ServeProcess>(std::move(more), descriptors);
    ASSERT_GT(server_->port(), 0) << server_->address();
  }

  static std::string Head(const std::string& method, const std::string& target,
                          const std::string& headers) {
    return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n" + headers + "\r\n";
  }

  std::string Exchange(const std::string& request) const {
    const Socket socket(server_->port());
    if (!socket.connected()) return "not connected";
    socket.Send(request);
    return socket.ReceiveAll();
  }

  Response Ask(const std::string& method, const std::string& target,
               const std::string& headers = "") const {
    return Parse(Exchange(Head(method, target, headers + "Connection: close\r\n")));
  }
  Response Get(const std::string& target, const std::string& headers = "") const {
    return Ask("GET", target, headers);
  }

  // `count` clients that send `text` and read nothing.
  std::vector<std::unique_ptr<Socket>> Crowd(size_t count, const std::string& text) const {
    std::vector<std::unique_ptr<Socket>> crowd;
    for (size_t i = 0; i < count; ++i) {
      crowd.push_back(std::make_unique<Socket>(server_->port()));
      EXPECT_TRUE(crowd.back()->connected()) << i;
      crowd.back()->Send(text);
    }
    return crowd;
  }

  // Generous: of a machine that is busy with other tests too. Idle, it is a matter of milliseconds.
  void ExpectAnswersSoon(const std::string& beside) const {
    const Clock::time_point start = Clock::now();
    EXPECT_EQ(Get("/").body, "<!doctype html>home") << beside;
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(4)) << beside;
  }

  TemporaryFolder folder_;
  std::string big_;
  std::unique_ptr<ServeProcess> server_;
};

void ExpectSecurityHeaders(const Response& response, const std::string& policy) {
  EXPECT_EQ(response.Header("Content-Security-Policy"), policy);
  EXPECT_EQ(response.Header("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(response.Header("Cross-Origin-Embedder-Policy"), "require-corp");
  EXPECT_EQ(response.Header("Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_EQ(response.Header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.Header("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(response.Header("Cache-Control"), "no-cache");
  EXPECT_EQ(response.Header("Accept-Ranges"), "none");
  const std::string permissions = response.Header("Permissions-Policy");
  for (const char* part : {"camera=(self)", "microphone=()", "geolocation=()", "payment=()",
                           "usb=()", "display-capture=()"}) {
    EXPECT_NE(permissions.find(part), std::string::npos) << part << " in " << permissions;
  }
}

TEST_F(ServeTest, PrintsItsAddressAndServesTheIndex) {
  EXPECT_EQ(server_->address(), "http://127.0.0.1:" + std::to_string(server_->port()) + "/");
  const Response response = Get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "<!doctype html>home");
  EXPECT_EQ(response.Header("Content-Length"), "19");
  EXPECT_EQ(response.Header("Connection"), "close");
}

TEST_F(ServeTest, ListensOnLoopbackAloneAndHasNoOptionForMore) {
  // 127.0.0.2 is this machine too, but not the address that is listened on.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server_->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  EXPECT_NE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
  EXPECT_EQ(RunNative({"serve", "--root", ".", "--host", "0.0.0.0"}).code, 2);
}

TEST_F(ServeTest, ContentTypes) {
  const std::map<std::string, std::string> types = {
      {"a.html", "text/html; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.wasm", "application/wasm"},
      {"a.json", "application/json"},
      {"a.svg", "image/svg+xml; charset=utf-8"},
      {"a.png", "image/png"},
      {"a.PNG", "image/png"},
      {"a.ico", "image/x-icon"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.agm", "application/octet-stream"},
      {"a.webmanifest", "application/manifest+json"},
      {"a.js.unknown", "application/octet-stream"},
      {"plain", "application/octet-stream"},
  };
  for (const auto& [name, type] : types) {
    WriteText(folder_ / ("site/" + name), "x");
    EXPECT_EQ(Get("/" + name).Header("Content-Type"), type) << name;
  }
}

TEST_F(ServeTest, SecurityHeadersOnEveryResponse) {
  const std::string tag = Get("/").Header("ETag");
  ExpectSecurityHeaders(Get("/"), kPagePolicy);
  ExpectSecurityHeaders(Get("/", "If-None-Match: " + tag + "\r\n"), kPagePolicy);
  ExpectSecurityHeaders(Get("/sub"), kPagePolicy);
  ExpectSecurityHeaders(Get("/missing"), kPagePolicy);
  ExpectSecurityHeaders(Get("/model/net.agm"), kPagePolicy);
  ExpectSecurityHeaders(Ask("POST", "/"), kPagePolicy);
  ExpectSecurityHeaders(Ask("BREW", "/"), kPagePolicy);
  ExpectSecurityHeaders(Get("/" + std::string(10000, 'a')), kPagePolicy);
  ExpectSecurityHeaders(Parse(Exchange("nonsense\r\n\r\n")), kPagePolicy);
  ExpectSecurityHeaders(
      Parse(Exchange("GET / HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n")), kPagePolicy);
}

TEST_F(ServeTest, WorkerPolicyBelowEngine) {
  fs::create_symlink("engine/worker.js", folder_ / "site/alias.js");
  fs::create_symlink("engine", folder_ / "site/alias");
  fs::create_symlink("../bare/x.txt", folder_ / "site/engine/x.js");
  for (const char* target :
       {"/engine/worker.js", "/engine/worker.js?v=1", "/%65ngine/worker.js", "/engine/missing.js",
        "/engine/x.js", "/alias.js", "/alias/worker.js"}) {
    ExpectSecurityHeaders(Get(target), kWorkerPolicy);
  }
  const Response worker = Get("/engine/worker.js");
  ExpectSecurityHeaders(
      Get("/engine/worker.js", "If-None-Match: " + worker.Header("ETag") + "\r\n"), kWorkerPolicy);
  for (const char* target : {"/engines.js", "/sub/engine/x.js", "/engine.js"}) {
    ExpectSecurityHeaders(Get(target), kPagePolicy);
  }
}

TEST_F(ServeTest, HeadHasTheHeadersOfGetAndNoBody) {
  WriteText(folder_ / "site/empty.txt", "");
  for (const char* target : {"/", "/model/net.agm", "/empty.txt", "/sub", "/missing", "/%zz"}) {
    const Response get = Get(target), head = Ask("HEAD", target);
    EXPECT_EQ(head.status, get.status) << target;
    EXPECT_EQ(head.headers, get.headers) << target;
    EXPECT_EQ(get.Header("Content-Length"), std::to_string(get.body.size())) << target;
    EXPECT_EQ(head.body, "") << target;
  }
  EXPECT_EQ(Get("/model/net.agm").body, big_);
}

TEST_F(ServeTest, EntityTags) {
  const std::string tag = Get("/").Header("ETag");
  EXPECT_TRUE(tag.starts_with("\"") && tag.ends_with("\"")) << tag;
  for (const std::string& sent :
       {tag, "W/" + tag, "\"other\", " + tag, "\"other\" ,W/" + tag + ",\"x\"", std::string("*")}) {
    for (const char* method : {"GET", "HEAD"}) {
      const Response response = Ask(method, "/", "If-None-Match: " + sent + "\r\n");
      EXPECT_EQ(response.status, 304) << sent;
      EXPECT_EQ(response.body, "");
      EXPECT_EQ(response.Header("ETag"), tag);
      EXPECT_EQ(response.Header("Content-Length"), "(none)");
    }
  }
  EXPECT_EQ(Get("/", "If-None-Match: \"other\"\r\n").status, 200);
  EXPECT_EQ(Get("/", "If-None-Match: , ,\r\n").status, 200);
  EXPECT_EQ(Get("/missing", "If-None-Match: *\r\n").status, 404);

  // Another file of the same length and time under the same name.
  const fs::path index = folder_ / "site/index.html", fresh = folder_ / "fresh";
  WriteText(fresh, "<!doctype html>HOME");
  fs::last_write_time(fresh, fs::last_write_time(index));
  fs::rename(fresh, index);
  const Response changed = Get("/", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body, "<!doctype html>HOME");
}

TEST_F(ServeTest, RangesAreRefusedByServingAll) {
  std::string many = "bytes=0-0";
  while (many.size() < 8000) many += ",0-0";
  for (const std::string& range :
       {std::string("bytes=0-1"), std::string("bytes=5-"), std::string("bytes=-1"),
        std::string("bytes=99999999-"), std::string("bytes=1-0"), std::string("lines=1-2"),
        std::string("bytes=0-1,3-4"), std::string("bytes=99999999999999999999999-"), many,
        "bytes=" + std::string(8000, '1') + "-"}) {
    for (const std::string name : {"Range: ", "RANGE: ", "If-Range: \"x\"\r\nrange:\t"}) {
      const Response response = Get("/", name + range + "\r\n");
      EXPECT_EQ(response.status, 200) << name << range.substr(0, 40);
      EXPECT_EQ(response.body, "<!doctype html>home");
      EXPECT_EQ(response.Header("Content-Range"), "(none)");
    }
  }
  EXPECT_EQ(Get("/", "Range: bytes=0-\r\n 1\r\n").status, 200) << "continued in the next line";
}

TEST_F(ServeTest, NothingIsCompressed) {
  for (const char* target : {"/", "/missing", "/sub"}) {
    const Response response = Get(target, "Accept-Encoding: gzip, deflate, br\r\n");
    EXPECT_EQ(response.Header("Content-Encoding"), "(none)") << target;
    EXPECT_EQ(response.Header("Content-Length"), std::to_string(response.body.size()));
  }
}

// A file with two compressed forms beside it, whose bytes only have to be told apart.
class PrecompressedTest : public ServeTest {
 protected:
  void SetUp() override {
    ServeTest::SetUp();
    WriteText(folder_ / "site/app.js", "as it is");
    WriteText(folder_ / "site/app.js.gz", "as gzip packs it");
    WriteText(folder_ / "site/app.js.br", "as brotli packs");
  }

  Response Accepting(const std::string& codings, const std::string& headers = "") const {
    return Get("/app.js", "Accept-Encoding: " + codings + "\r\n" + headers);
  }
  void SetAge(const std::string& file, std::chrono::seconds age) const {
    fs::last_write_time(folder_ / ("site/" + file), fs::file_time_type::clock::now() - age);
  }
};

TEST_F(PrecompressedTest, TheClientChooses) {
  const std::map<std::string, std::string> bodies = {
      {"(none)", "as it is"}, {"gzip", "as gzip packs it"}, {"br", "as brotli packs"}};
  // What is accepted, and what comes.
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "(none)"},
      {"deflate, zstd", "(none)"},
      {"gzip", "gzip"},
      {"br", "br"},
      {"gzip, deflate, br", "br"},
      {"br,gzip", "br"},
      {"GZip", "gzip"},
      {"x-gzip", "gzip"},
      {"*", "br"},
      {"gzip;q=1, br;q=0.9", "gzip"},
      {"gzip;q=0.5, br;q=0.501", "br"},
      {"gzip;q=0.001", "gzip"},
      {"gzip ; Q=0.4 ,\tbr ;q=0.3", "gzip"},
      {"gzip;q=0", "(none)"},
      {"gzip;q=0.000, br;q=0.", "(none)"},
      {"*;q=0.1, br;q=0", "gzip"},
      {"br;q=0, *", "gzip"},
      {"*;q=0, br", "br"},
      {"*;q=0, gzip;q=0.1", "gzip"},
      {"identity", "(none)"},
      {"identity, gzip;q=0.5, br;q=0.999", "(none)"},
      {"identity;q=0.5, gzip;q=0.5", "gzip"},
      {"identity;q=0, gzip", "gzip"},
      {"identity;q=0, br;q=0.001", "br"},
      {"*;q=0.5, br;q=0.1, gzip;q=0.1", "(none)"},
      {", ,gzip,", "gzip"},
      {"gzip\r\nAccept-Encoding: br;q=0.5", "gzip"},
      // What is not well-formed does not count.
      {"gzip;q=1.001", "(none)"},
      {"gzip;q=0.1234", "(none)"},
      {"gzip;q=-1", "(none)"},
      {"gzip;q=", "(none)"},
      {"gzip;q=1,5", "gzip"},
      {"gzip;q=0x1", "(none)"},
      {"gzip;level=9", "(none)"},
      {"gz, brotli, bro, gzip2", "(none)"},
  };
  for (const auto& [accepted, coding] : cases) {
    const Response get = Accepting(accepted);
    EXPECT_EQ(get.status, 200) << accepted;
    EXPECT_EQ(get.Header("Content-Encoding"), coding) << accepted;
    EXPECT_EQ(get.body, bodies.at(coding)) << accepted;
    EXPECT_EQ(get.Header("Content-Length"), std::to_string(get.body.size())) << accepted;
    EXPECT_EQ(get.Header("Content-Type"), "text/javascript; charset=utf-8") << accepted;
    EXPECT_EQ(get.Header("Vary"), "Accept-Encoding") << accepted;
    ExpectSecurityHeaders(get, kPagePolicy);
    const Response head = Ask("HEAD", "/app.js", "Accept-Encoding: " + accepted + "\r\n");
    EXPECT_EQ(head.headers, get.headers) << accepted;
    EXPECT_EQ(head.body, "") << accepted;
  }
  EXPECT_EQ(Get("/app.js").body, "as it is") << "no Accept-Encoding";
}

TEST_F(PrecompressedTest, NothingThatTheClientRefuses) {
  fs::remove(folder_ / "site/app.js.br");
  for (const char* accepted : {"identity;q=0", "*;q=0", "identity;q=0, br", "gzip;q=0, *;q=0",
                               "identity;q=0, gzip;q=0, *"}) {
    const Response response = Accepting(accepted);
    EXPECT_EQ(response.status, 406) << accepted;
    EXPECT_EQ(response.body, "406 Not Acceptable\n") << accepted;
    EXPECT_EQ(response.Header("Vary"), "Accept-Encoding") << accepted;
    ExpectSecurityHeaders(response, kPagePolicy);
  }
  EXPECT_EQ(Accepting("identity;q=0, *;q=0.1").Header("Content-Encoding"), "gzip");
}

TEST_F(PrecompressedTest, EachFormHasItsTag) {
  std::map<std::string, std::string> tags;  // by coding
  for (const std::string coding : {"identity", "gzip", "br"}) {
    tags[coding] = Accepting(coding).Header("ETag");
  }
  EXPECT_EQ(std::set<std::string>({tags["identity"], tags["gzip"], tags["br"]}).size(), 3u);
  for (const auto& [coding, own] : tags) {
    for (const auto& [other, tag] : tags) {
      const Response response = Accepting(coding, "If-None-Match: " + tag + "\r\n");
      EXPECT_EQ(response.status, coding == other ? 304 : 200) << coding << " " << other;
      EXPECT_EQ(response.Header("ETag"), own) << coding << " " << other;
      EXPECT_EQ(response.Header("Vary"), "Accept-Encoding");
      if (coding == other) {
        EXPECT_EQ(response.body, "");
        EXPECT_EQ(response.Header("Content-Length"), "(none)");
      }
    }
    EXPECT_EQ(Accepting(coding, "If-None-Match: *\r\n").status, 304);
  }
  // The same file under both names: other bytes for the client all the same.
  fs::remove(folder_ / "site/app.js.gz");
  fs::create_hard_link(folder_ / "site/app.js", folder_ / "site/app.js.gz");
  EXPECT_NE(Accepting("gzip").Header("ETag"), Accepting("identity").Header("ETag"));
}

TEST_F(PrecompressedTest, PartsAreAskedOfTheFileItself) {
  for (const char* range : {"bytes=0-1", "bytes=5-", "lines=1"}) {
    const Response response = Accepting("gzip, br", std::string("Range: ") + range + "\r\n");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "as it is");
    EXPECT_EQ(response.Header("Content-Encoding"), "(none)");
  }
}

TEST_F(PrecompressedTest, OldFormsAreNotUsed) {
  using std::chrono::seconds;
  SetAge("app.js", seconds(100));
  SetAge("app.js.br", seconds(101));
  SetAge("app.js.gz", seconds(99));
  EXPECT_EQ(Accepting("br").body, "as it is");
  EXPECT_EQ(Accepting("br;q=1, gzip;q=0.5").body, "as gzip packs it");
  fs::last_write_time(folder_ / "site/app.js.br", fs::last_write_time(folder_ / "site/app.js"));
  EXPECT_EQ(Accepting("br").body, "as brotli packs") << "as gzip -k and brotli leave it";
  WriteText(folder_ / "site/app.js", "as it is now");
  EXPECT_EQ(Accepting("br, gzip").body, "as it is now");
  EXPECT_EQ(Accepting("br, identity;q=0").status, 406);
}

TEST_F(PrecompressedTest, TheFormMustBeAFileOfTheRoot) {
  const fs::path site = folder_ / "site";
  fs::remove(site / "app.js.gz");
  const auto expect = [&](const char* body, const char* what) {
    EXPECT_EQ(Accepting("br").body, body) << what;
    fs::remove_all(site / "app.js.br");
  };
  fs::remove(site / "app.js.br");
  expect("as it is", "none");
  WriteText(site / "app.js.br", "");
  expect("as it is", "empty");
  fs::create_directories(site / "app.js.br");
  expect("as it is", "a folder");
  ASSERT_EQ(::mkfifo((site / "app.js.br").c_str(), 0600), 0);
  expect("as it is", "a pipe");
  fs::create_symlink("../secret.txt", site / "app.js.br");
  expect("as it is", "a link out of the root");
  fs::create_symlink(fs::canonical(folder_ / "secret.txt"), site / "app.js.br");
  expect("as it is", "an absolute one");
  fs::create_symlink(".hidden", site / "app.js.br");
  expect("as it is", "a link to what is hidden");
  fs::create_symlink("app.js.br", site / "app.js.br");
  expect("as it is", "a loop");
  WriteText(site / "packed/app", "within");
  fs::create_symlink("packed/app", site / "app.js.br");
  expect("within", "a link within the root");
  // The form alone is no file of that name, and under its own name no more than bytes.
  WriteText(site / "alone.js.br", "x");
  EXPECT_EQ(Get("/alone.js", "Accept-Encoding: br\r\n").status, 404);
  const Response own = Get("/alone.js.br", "Accept-Encoding: br\r\n");
  EXPECT_EQ(own.body, "x");
  EXPECT_EQ(own.Header("Content-Encoding"), "(none)");
  EXPECT_EQ(own.Header("Content-Type"), "application/octet-stream");
  WriteText(site / ".hidden.br", kSecret);
  EXPECT_EQ(Get("/.hidden", "Accept-Encoding: br\r\n").status, 404);
}

TEST_F(PrecompressedTest, IndexWorkerPolicyAndLog) {
  WriteText(folder_ / "site/sub/index.html.gz", "packed");
  WriteText(folder_ / "site/engine/worker.js.gz", "packed worker");
  fs::remove(folder_ / "log");
  server_.reset();
  Start({});
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  EXPECT_EQ(Get("/sub/", gzip).body, "packed");
  EXPECT_EQ(Get("/sub/", gzip).Header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(Get("/sub", gzip).status, 301);
  const Response worker = Get("/engine/worker.js", gzip);
  EXPECT_EQ(worker.body, "packed worker");
  ExpectSecurityHeaders(worker, kWorkerPolicy);
  EXPECT_EQ(Ask("HEAD", "/sub/", gzip).body, "");
  EXPECT_EQ(ReadText(folder_ / "log"),
            "GET /sub/ 200 6\nGET /sub/ 200 6\nGET /sub 301 22\n"
            "GET /engine/worker.js 200 13\nHEAD /sub/ 200 0\n");
  // A form that lies below /engine/ loosens nothing, and neither does one elsewhere.
  WriteText(folder_ / "site/packed/worker", "elsewhere");
  fs::remove(folder_ / "site/engine/worker.js.gz");
  fs::create_symlink("../packed/worker", folder_ / "site/engine/worker.js.gz");
  ExpectSecurityHeaders(Get("/engine/worker.js", gzip), kWorkerPolicy);
  fs::remove(folder_ / "site/app.js.gz");
  fs::create_symlink("engine/worker.js", folder_ / "site/app.js.gz");
  SetAge("engine/worker.js", std::chrono::seconds(0));
  ExpectSecurityHeaders(Accepting("gzip"), kWorkerPolicy);
}

TEST_F(ServeTest, OnlyGetAndHead) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI",
                             "BREW", "get", "GETT"}) {
    const Response response = Ask(method, "/");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.Header("Allow"), "GET, HEAD") << method;
    EXPECT_EQ(response.body.find("home"), std::string::npos);
  }
  EXPECT_EQ(Ask("OPTIONS", "*").status, 405);
}

TEST_F(ServeTest, BodiesAreNotTakenForRequests) {
  const std::string inner = Head("GET", "/sub/", "");
  for (const std::string& head :
       {Head("POST", "/", "Content-Length: " + std::to_string(inner.size()) + "\r\n"),
        Head("GET", "/", "Content-Length: " + std::to_string(inner.size()) + "\r\n"),
        Head("GET", "/", "Transfer-Encoding: chunked\r\n"),
        Head("POST", "/", "Content-Length: 99999999999999999999\r\nExpect: 100-continue\r\n")}) {
    const std::string text = Exchange(head + inner);
    EXPECT_EQ(text.find("HTTP/1.1", 1), std::string::npos) << "one response\n" << text;
    EXPECT_EQ(text.find("100 Continue"), std::string::npos);
    EXPECT_EQ(Parse(text).Header("Connection"), "close");
  }
}

TEST_F(ServeTest, HeadsWithTwoMeaningsAreRefused) {
  const std::string inner = Head("GET", "/sub/", "");
  const std::string size = std::to_string(inner.size());
  std::string many;
  for (int i = 0; i < 150; ++i) many += "X: y\r\n";
  const std::vector<std::string> wrong = {
      // Where the body ends.
      "Content-Length: 0\r\nContent-Length: " + size + "\r\n",
      "Content-Length: " + size + "\r\nContent-Length: 0\r\n",
      "Content-Length: " + size + "\r\nX: y\r\ncontent-LENGTH: " + size + "\r\n",
      "Content-Length: 0\r\nContent-Length: 0\r\n",
      "Content-Length: 0, " + size + "\r\n",
      "Content-Length: 0, 0\r\n",
      "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: " + size + "\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
      "Transfer-Encoding: chunked, identity\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: identity\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: \r\n",
      "Content-Length:\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: +0\r\n",
      "Content-Length: 0x0\r\n",
      "Content-Length: 0 0\r\n",
      "Content-Length: 0;\r\n",
      "Content-Length: 1e1\r\n",
      "Content-Length: 0.0\r\n",
      "Content-Length: none\r\n",
      "Content-Length: \xC2\xB2\r\n",
      // Where a header ends, and what it is called.
      "Content-Length: 0\r\n " + size + "\r\n",
      "Content-Length:\r\n 0\r\n",
      "Transfer-Encoding:\r\n\tchunked\r\n",
      "Content-Length : " + size + "\r\n",
      "Content-Length\t: " + size + "\r\n",
      "Content Length: " + size + "\r\n",
      "Transfer-Encoding\v: chunked\r\n",
      "X\xA0: y\r\n",
      ": y\r\n",
      "X\r\n",
      "X: y\nContent-Length: " + size + "\r\n",
      "X: y\rContent-Length: " + size + "\r\n",
      "X: y\r\r\nContent-Length: " + size + "\r\n",
      std::string("X: \0\r\n", 6),
      many,
  };
  for (const std::string& headers : wrong) {
    const std::string text = Exchange(Head("GET", "/", headers) + inner);
    EXPECT_EQ(Parse(text).status, 400) << headers;
    EXPECT_EQ(Parse(text).Header("Connection"), "close") << headers;
    EXPECT_EQ(text.find("HTTP/1.1", 1), std::string::npos) << headers << text;
  }
  for (const std::string start :
       {"GET / HTTP/1.1\r\n X: y\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n localhost\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", "GET / HTTP/1.10\r\nHost: localhost\r\n\r\n",
        "GET / http/1.1\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1\nHost: localhost\n\n"}) {
    EXPECT_EQ(Parse(Exchange(start + inner)).status, 400) << start;
  }
  const std::string log = ReadText(folder_ / "log");
  EXPECT_EQ(log.find(" 200 "), std::string::npos) << log;
}

TEST_F(ServeTest, HeadsWithOneMeaningAreUnderstood) {
  for (const char* headers :
       {"Content-Length: 0\r\n", "Content-Length:0\r\n", "Content-Length:\t 000 \t\r\n",
        "CONTENT-LENGTH: 0\r\n", "X:\r\n", "X: y\r\n z\r\n\tz\r\n", "X: \x80\xFF\r\n",
        "!#$%&'*+-.^_`|~09azAZ: y\r\n", "Connection: keep-alive, x\r\n"}) {
    const Socket socket(server_->port());
    const std::string request = Head("GET", "/", headers);
    ASSERT_TRUE(socket.Send(request + Head("GET", "/sub/", "Connection: x, Close\r\n")));
    const std::string text = socket.ReceiveAll();
    EXPECT_EQ(Parse(text).status, 200) << headers;
    EXPECT_NE(text.find("HTTP/1.1 200", 1), std::string::npos) << headers;
    EXPECT_TRUE(text.ends_with("<!doctype html>sub")) << headers;
  }
  // Before version 1.1 a connection was for one request.
  EXPECT_EQ(Parse(Exchange("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")).Header("Connection"),
            "close");
}

TEST_F(ServeTest, ChunksAreNotTakenForRequests) {
  const std::string inner = Head("GET", "/sub/", "");
  for (const std::string size : {"0", "5", "-1", "+5", "0x5", " 5", "5 ;a=b", "zz", "",
                                 "ffffffffffffffffffffffff", "8000000000000000"}) {
    for (const std::string method : {"GET", "POST"}) {
      const std::string text =
          Exchange(Head(method, "/", "Transfer-Encoding: Chunked\r\n") + size + "\r\n" + inner);
      EXPECT_EQ(Parse(text).status, method == "GET" ? 200 : 405) << size;
      EXPECT_EQ(Parse(text).Header("Connection"), "close") << size;
      EXPECT_EQ(text.find("HTTP/1.1", 1), std::string::npos) << size;
    }
  }
}

TEST_F(ServeTest, FoldersGiveTheirIndexAndNoListing) {
  EXPECT_EQ(Get("/sub/").body, "<!doctype html>sub");
  EXPECT_EQ(Get("/sub/?engine=simd").body, "<!doctype html>sub");
  EXPECT_EQ(Get("/sub").status, 301);
  EXPECT_EQ(Get("/sub").Header("Location"), "/sub/");
  EXPECT_EQ(Get("/sub?engine=simd").Header("Location"), "/sub/?engine=simd");
  EXPECT_EQ(Get("/bare/").status, 404) << "no index, no listing";
  EXPECT_EQ(Get("/index.html/").status, 404) << "a file is no folder";
  EXPECT_EQ(Get("/sub/a%20b.txt").body, "blank");
  EXPECT_EQ(Get("/sub/a b.txt").status, 400);

  fs::create_directories(folder_ / "site/a%:b c/\xC3\xA4");
  EXPECT_EQ(Get("/a%25:b%20c/%c3%a4").Header("Location"), "/a%25%3Ab%20c/%C3%A4/");
}

TEST_F(ServeTest, RedirectsNowhereElse) {
  fs::create_directories(folder_ / "site/evil.example");
  for (const char* target :
       {"//evil.example", "//evil.example/", "//evil.example/..", "/\\evil.example",
        "/%2fevil.example", "/%5cevil.example", "/%2f%2fevil.example", "///evil.example",
        "/.//evil.example", "/sub//", "/sub/..//evil.example"}) {
    const Response response = Get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(response.Header("Location"), "(none)") << target;
  }
  const Response split = Get("/sub?a%0d%0aSet-Cookie:%20x");
  EXPECT_EQ(split.Header("Location"), "/sub/?a%0d%0aSet-Cookie:%20x");
  EXPECT_EQ(split.Header("Set-Cookie"), "(none)");
  EXPECT_EQ(Get("/sub%0d%0aSet-Cookie:x").status, 404);
  EXPECT_EQ(Get("/sub?\xFF").Header("Location"), "/sub/");
}

TEST_F(ServeTest, NoPathOutOfTheRoot) {
  const std::string absolute = folder_ / "secret.txt";
  for (const std::string& target : std::vector<std::string>{
           "/../secret.txt",
           "/sub/../../secret.txt",
           "/sub/../index.html",
           "/./index.html",
           "/..",
           "/../",
           "/../site_beside/secret.txt",
           "/%2e%2e/secret.txt",
           "/%2E%2e/secret.txt",
           "/.%2e/secret.txt",
           "/%2e/index.html",
           "/%252e%252e/secret.txt",
           "/%25%32%65%25%32%65/secret.txt",
           "/..%2fsecret.txt",
           "/sub%2f..%2f..%2fsecret.txt",
           "/sub%2findex.html",
           "/..%5csecret.txt",
           "/..\\secret.txt",
           "/sub\\..\\..\\secret.txt",
           "/%c0%ae%c0%ae/secret.txt",
           "/%e0%80%ae%e0%80%ae/secret.txt",
           "/..;/secret.txt",
           "/%2e%2e%00/secret.txt",
           "/index.html%00",
           "/index.html%00.png",
           "/%00",
           "/index.html%0a",
           "/index.html%7f",
           "/" + absolute,
           "//" + absolute,
           absolute,
           "/file://" + absolute,
           "/.hidden",
           "/%2ehidden",
           "/.git/config",
           "/sub/.%2e/.hidden",
           "/index.html/../../secret.txt",
           "/index.html/x",
           "/sub/index.html/",
           "/~root",
       }) {
    for (const char* query : {"", "?x=1"}) {
      const Response response = Get(target + query);
      EXPECT_EQ(response.status, 404) << target;
      EXPECT_EQ(response.body, "404 Not Found\n") << target;
    }
  }
  for (const char* target : {"index.html", "http://127.0.0.1/index.html", "*", "?", "/%", "/%4",
                             "/%zz", "/a%", "/%-1"}) {
    EXPECT_EQ(Get(target).status, 400) << target;
  }
  EXPECT_EQ(Get("/" + std::string(300, 'a')).status, 404) << "longer than a name may be";
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "/a";
  EXPECT_EQ(Get(deep).status, 404);
}

TEST_F(ServeTest, RawNulAndBareNewlinesAreRefused) {
  const std::string end = "\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(Parse(Exchange(std::string("GET /\0 HTTP/1.1", 15) + end)).status, 400);
  EXPECT_EQ(Parse(Exchange("GET / HTTP/1.1\nX: y" + end)).status, 400);
  EXPECT_EQ(Parse(Exchange("GET / HTTP/1.1\r\nX: y\nRange: bytes=0-1" + end)).status, 400);
  EXPECT_EQ(Parse(Exchange("GET / HTTP/1.1\rX: y" + end)).status, 400);
  EXPECT_EQ(Parse(Exchange("GET / HTTP/2.0" + end)).status, 400);
  EXPECT_EQ(Parse(Exchange("GET /" + end)).status, 400);
  EXPECT_EQ(Parse(Exchange("\r\n\r\n")).status, 400);
  EXPECT_EQ(Parse(Exchange("\x16\x03\x01 a TLS client\r\n\r\n")).status, 400);
}

TEST_F(ServeTest, LinksStayWithinTheRoot) {
  const fs::path site = folder_ / "site";
  fs::create_symlink("index.html", site / "inside.html");
  fs::create_symlink(fs::canonical(site) / "sub", site / "inside");
  fs::create_symlink("../secret.txt", site / "outside.txt");
  fs::create_symlink(folder_ / "secret.txt", site / "absolute.txt");
  fs::create_symlink("../site_beside", site / "beside");
  fs::create_symlink("..", site / "up");
  fs::create_symlink(".hidden", site / "unhidden");
  fs::create_symlink("loop", site / "loop");
  fs::create_symlink("nowhere", site / "dangling");
  fs::create_symlink("/", site / "top");
  fs::create_directories(site / "trap");
  fs::create_symlink("../../secret.txt", site / "trap/index.html");
  EXPECT_EQ(Get("/inside.html").body, "<!doctype html>home");
  EXPECT_EQ(Get("/inside/").body, "<!doctype html>sub");
  EXPECT_EQ(Get("/inside").Header("Location"), "/inside/");
  for (const char* target : {"/outside.txt", "/absolute.txt", "/beside/secret.txt", "/beside/",
                             "/beside", "/up/secret.txt", "/up/site/index.html/x", "/unhidden",
                             "/loop", "/dangling", "/top/etc/passwd", "/top/", "/top", "/trap/"}) {
    const Response response = Get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(response.body, "404 Not Found\n") << target;
  }
}

TEST_F(ServeTest, OnlyRegularFiles) {
  ASSERT_EQ(::mkfifo((folder_ / "site/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Get("/pipe").status, 404);
  fs::create_directories(folder_ / "site/odd/index.html");
  EXPECT_EQ(Get("/odd/").status, 404) << "an index that is a folder";
}

TEST_F(ServeTest, AnswersForThisMachineOnly) {
  const auto status = [&](const std::string& hosts) {
    return Parse(Exchange("GET / HTTP/1.1\r\n" + hosts + "Connection: close\r\n\r\n")).status;
  };
  for (const char* host : {"localhost", "LocalHost", "localhost:8080", "127.0.0.1", "127.0.0.1:1",
                           "127.0.0.1:", "[::1]", "[::1]:65535"}) {
    EXPECT_EQ(status("Host: " + std::string(host) + "\r\n"), 200) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost:80@evil.example", "127.0.0.1:x", "127.0.0.1:123456", "::1", "[::1", "[::2]",
        "0.0.0.0", "127.0.0.2", "localhost.", "localhost localhost", "localhost,evil"}) {
    EXPECT_EQ(status("Host: " + std::string(host) + "\r\n"), 421) << host;
  }
  EXPECT_EQ(status(""), 400);
  EXPECT_EQ(status("Host: localhost\r\nHost: evil.example\r\n"), 400);
}

TEST_F(ServeTest, LongHeadsAreCutOff) {
  EXPECT_EQ(Get("/" + std::string(8000, 'a')).status, 404);
  EXPECT_EQ(Get("/" + std::string(9000, 'a')).status, 414);
  EXPECT_EQ(Get("/" + std::string(40'000, 'a')).status, 414);
  EXPECT_EQ(Get("/" + std::string(200'000, 'a')).status, 414);
  EXPECT_EQ(Get("/?" + std::string(200'000, 'a')).status, 414);
  EXPECT_EQ(Get("/", "X: " + std::string(4000, 'a') + "\r\n").status, 200);
  EXPECT_EQ(Get("/", "X: " + std::string(9000, 'a') + "\r\n").status, 400);
  std::string many;
  while (many.size() < 200'000) many += "X-Header: some value\r\n";
  EXPECT_EQ(Get("/", many).status, 400);
  EXPECT_EQ(Get("/").status, 200);
}

TEST_F(ServeTest, ConnectionsAreKept) {
  const Socket socket(server_->port());
  const std::string request = Head("GET", "/", "");
  ASSERT_TRUE(socket.Send(request + request + request)) << "pipelined";
  const std::string body = "<!doctype html>home";
  std::string text;
  for (int responses = 0; responses < 3;) {
    const std::string more = socket.Receive(1);
    ASSERT_EQ(more.size(), 1u) << text;
    text += more;
    if (text.ends_with(body)) ++responses;
  }
  EXPECT_NE(text.find("Keep-Alive: "), std::string::npos);
  ASSERT_TRUE(socket.Send(Head("GET", "/sub/", "Connection: close\r\n")));
  EXPECT_EQ(Parse(socket.ReceiveAll()).body, "<!doctype html>sub");
}

TEST_F(ServeTest, ManyConnectionsAtOnce) {
  constexpr int kConnections = 64;
  std::vector<std::unique_ptr<Socket>> sockets;
  for (int i = 0; i < kConnections; ++i) {
    sockets.push_back(std::make_unique<Socket>(server_->port()));
    ASSERT_TRUE(sockets.back()->connected());
  }
  // All of them are open, and asked in another order than they were opened in.
  const std::string request = Head("GET", "/engine/worker.js", "Connection: close\r\n");
  for (int i = 0; i < kConnections; ++i) {
    ASSERT_TRUE(sockets[static_cast<size_t>(i * 37 % kConnections)]->Send(request));
  }
  for (const auto& socket : sockets) {
    EXPECT_EQ(Parse(socket->ReceiveAll()).body, "self.onmessage = null;");
  }
}

TEST_F(ServeTest, UnfinishedRequestsBlockNobodyAndEnd) {
  const Clock::time_point start = Clock::now();
  std::vector<std::unique_ptr<Socket>> slow;
  for (const std::string& begun :
       {std::string(), std::string("GET / HT"), std::string("GET / HTTP/1.1\r\nHost: loc"),
        Head("POST", "/", "Content-Length: 1000\r\n") + "half a bo"}) {
    slow.push_back(std::make_unique<Socket>(server_->port()));
    ASSERT_TRUE(slow.back()->connected() && slow.back()->Send(begun));
  }
  // One that reads nothing of a large answer.
  slow.push_back(std::make_unique<Socket>(server_->port()));
  ASSERT_TRUE(slow.back()->Send(Head("GET", "/model/net.agm", "")));
  // One that sends a byte now and then, which must not count as progress.
  std::thread dripping([&] {
    const Socket socket(server_->port());
    for (int i = 0; i < 100 && socket.Send("G"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Get("/").status, 200);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(4)) << "the slow ones were waited for";
  dripping.join();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(9)) << "a slow head has 5 seconds in all";
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(slow[i]->ReceiveAll(), "") << i;
  EXPECT_EQ(Parse(slow[3]->ReceiveAll()).status, 405);
}

TEST_F(ServeTest, ClientsThatDoNotReadBlockNobody) {
  // More than are served at once: the first ones make room.
  for (const size_t count : {size_t{150}, size_t{400}}) {
    Start({});
    const auto crowd = Crowd(count, Head("GET", "/model/net.agm", "Connection: close\r\n"));
    for (int i = 0; i < 5; ++i) ExpectAnswersSoon(std::to_string(count) + " that do not read");
    // The sockets and files of 256 clients, and a few more.
    EXPECT_LE(server_->Count("fd"), 540u);
    EXPECT_EQ(server_->Count("task"), 1u);
    // Who came last was in nobody's way, and may still read all of it.
    EXPECT_EQ(Parse(crowd.back()->ReceiveAll()).body, big_);
  }
}

TEST_F(ServeTest, SlowRequestsBlockNobody) {
  const auto idle = Crowd(150, ""), half = Crowd(150, "GET / HTTP/1.1\r\nHost: loc");
  const auto crowd = Crowd(150, "G");
  std::atomic<bool> end = false;
  std::thread dripping([&] {
    while (!end) {
      for (const auto& socket : crowd) socket->Send("G");
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  });
  for (int i = 0; i < 5; ++i) ExpectAnswersSoon("450 that have not asked yet");
  end = true;
  dripping.join();
}

TEST_F(ServeTest, FewDescriptorsAreEnough) {
  Start({}, 32);
  const auto crowd = Crowd(40, Head("GET", "/model/net.agm", ""));
  for (int i = 0; i < 5; ++i) ExpectAnswersSoon("40 that do not read, 32 open files");
}

TEST_F(ServeTest, FilesMayChangeWhileTheyAreServed) {
  // More than the sockets' buffers hold, so that most of it is unsent when it goes.
  constexpr size_t kBytes = 64'000'000;
  fs::resize_file(folder_ / "site/model/net.agm", kBytes);
  const Socket socket(server_->port());
  ASSERT_TRUE(socket.Send(Head("GET", "/model/net.agm", "")));
  ASSERT_EQ(socket.Receive(1000).size(), 1000u);
  fs::resize_file(folder_ / "site/model/net.agm", 10);
  EXPECT_LT(socket.ReceiveAll().size(), kBytes / 2) << "fewer than announced, then the end";
  EXPECT_EQ(Get("/model/net.agm").body.size(), 10u);
  fs::remove_all(folder_ / "site");
  EXPECT_EQ(Get("/").status, 404);
  WriteText(folder_ / "site/index.html", "built anew");
  EXPECT_EQ(Get("/").body, "built anew");
}

TEST_F(ServeTest, LogHasALinePerRequest) {
  Get("/");
  Ask("HEAD", "/sub/?a=b");
  Get("/missing");
  Get("/x%0ay");
  Get("/\x1b[31m\xFF");
  Ask("BR\x07W", "/");
  Exchange("\r\n\r\n");
  // Written before the answer is sent, so that it is there when the answer is.
  EXPECT_EQ(ReadText(folder_ / "log"),
            "GET / 200 19\n"
            "HEAD /sub/?a=b 200 0\n"
            "GET /missing 404 14\n"
            "GET /x%0ay 404 14\n"
            "GET /\xEF\xBF\xBD[31m\xEF\xBF\xBD 404 14\n"
            "BR\xEF\xBF\xBDW / 405 23\n"
            "- - 400 0\n");
  server_.reset();
  Start({});
  Get("/sub/");
  EXPECT_EQ(Lines(ReadText(folder_ / "log")).size(), 8u) << "appended";
}

TEST_F(ServeTest, SignalsEndItWithSuccess) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Start({});
    const Socket idle(server_->port()), half(server_->port());
    ASSERT_TRUE(half.Send("GET / HT"));
    ASSERT_EQ(Get("/").status, 200);
    const Clock::time_point start = Clock::now();
    EXPECT_EQ(server_->Stop(signal), 0);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(3))
        << "open connections are not waited for";
    EXPECT_EQ(idle.ReceiveAll(), "");
    EXPECT_FALSE(Socket(server_->port()).connected());
  }
}

TEST_F(ServeTest, TakenPort) {
  const std::string port = std::to_string(server_->port());
  const RunResult second = RunNative({"serve", "--root", folder_ / "site", "--port", port});
  EXPECT_EQ(second.code, 2);
  EXPECT_EQ(second.out, "");
  EXPECT_NE(second.err.find("127.0.0.1:" + port + ": cannot listen: Address already in use"),
            std::string::npos)
      << second.err;
  EXPECT_EQ(Lines(second.err).size(), 1u) << second.err;
  // The port of a server that has gone, and had connections, can be had at once.
  Get("/");
  server_->Stop(SIGTERM);
  const ServeProcess next({"--root", folder_ / "site", "--port", port});
  EXPECT_EQ(std::to_string(next.port()), port);
}

TEST_F(ServeTest, WrongUsage) {
  const auto expect_error = [](const std::vector<std::string>& arguments, const std::string& part) {
    const RunResult result = RunNative(arguments);
    EXPECT_EQ(result.code, 2) << part;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  };
  const std::string site = folder_ / "site", missing = folder_ / "missing";
  expect_error({"serve"}, "--root");
  expect_error({"serve", "--root", missing, "--port", "0"}, missing + ": cannot open the folder");
  expect_error({"serve", "--root", site + "/index.html", "--port", "0"}, "is not a folder");
  expect_error({"serve", "--root", "", "--port", "0"}, "cannot open the folder");
  expect_error({"serve", "--root", site, "--port", "70000"}, "--port");
  expect_error({"serve", "--root", site, "--port", "x"}, "--port");
  expect_error({"serve", "--root", site, "--port", "0", "--log", missing + "/log"},
               missing + "/log: cannot open");
  RunOptions no_stdout;
  no_stdout.close_stdout = true;
  EXPECT_EQ(RunNative({"serve", "--root", site, "--port", "0"}, no_stdout).code, 2);
  EXPECT_EQ(RunNative({"serve", "--help"}).code, 0);
}

}  // namespace
}  // namespace ag::test
