#include "native/serve/static_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace ag {
namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' "
    "blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view kWorkerPolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
constexpr std::string_view kWorkerFolder = "engine";

// The features that Chromium knows by name: it reports names that it does not know as errors on the
// page's console. What the page may want stays at its default: to play the camera's picture, to
// fill the screen, to write to the clipboard.
constexpr std::string_view kPermissions =
    "camera=(self), accelerometer=(), clipboard-read=(), display-capture=(), encrypted-media=(), "
    "gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
    "publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()";

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kContentTypes = {{
    {"agm", "application/octet-stream"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"gif", "image/gif"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},  // always UTF-8, by its own standard
    {"mjs", "text/javascript; charset=utf-8"},
    {"png", "image/png"},
    {"svg", "image/svg+xml; charset=utf-8"},
    {"txt", kPlainText},
    {"wasm", "application/wasm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
}};

char AsciiLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = AsciiLower(c);
  return lower;
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = AsciiLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Once, and only once: what was encoded twice names a file with a percent sign.
std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char lower = AsciiLower(c);
    const bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte / 16], kHex[byte % 16]};
    }
  }
  return encoded;
}

// One name in a folder. Dots (hidden files, "." and "..") and what separates names somewhere are
// refused, whether they came encoded or not.
bool IsServedName(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::none_of(name.begin(), name.end(), [](char c) {
    return IsControl(c) || c == '/' || c == '\\';
  });
}

struct Target {
  std::vector<std::string> names;  // from the root down, each an IsServedName
  bool folder = false;             // ends with a slash
  std::string query;               // with its question mark
};

enum class TargetError { kNone, kMalformed, kNotServed };

TargetError ParseTarget(std::string_view text, Target* target) {
  const size_t end = std::min(text.find_first_of("?#"), text.size());
  std::string_view path = text.substr(0, end);
  target->query = text.substr(end, text.find('#') - end);
  if (!path.starts_with('/')) return TargetError::kMalformed;
  path.remove_prefix(1);
  target->folder = path.empty() || path.ends_with('/');
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return text.starts_with("//") ? TargetError::kNotServed : TargetError::kNone;
  for (size_t start = 0; start <= path.size();) {
    const size_t slash = std::min(path.find('/', start), path.size());
    std::optional<std::string> name = PercentDecode(path.substr(start, slash - start));
    if (!name) return TargetError::kMalformed;
    if (!IsServedName(*name)) return TargetError::kNotServed;
    target->names.push_back(*std::move(name));
    start = slash + 1;
  }
  return TargetError::kNone;
}

// "" if there is none.
std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? real.get() : "";
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct Opened {
  Descriptor fd{-1};
  struct stat info {};
  bool below_worker_folder = false;
};

// Opens root/names[0]/names[1]/... if that, all links resolved, lies within the root and is not
// hidden. The resolved path is then walked without following any link, so that a link which appears
// between the two steps leads nowhere.
std::optional<Opened> OpenBelow(const std::string& root, const std::vector<std::string>& names) {
  std::string path = root;
  for (const std::string& name : names) path += "/" + name;
  const std::string real = RealPath(path);
  const std::string prefix = root == "/" ? root : root + "/";
  if (real != root && !real.starts_with(prefix)) return std::nullopt;

  Opened opened;
  opened.fd = Descriptor(::open(root.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  const std::string_view below =
      real == root ? std::string_view() : std::string_view(real).substr(prefix.size());
  for (size_t start = 0; start < below.size() && opened.fd.get() >= 0;) {
    const size_t slash = std::min(below.find('/', start), below.size());
    const std::string name(below.substr(start, slash - start));
    if (!IsServedName(name)) return std::nullopt;
    // O_NONBLOCK: a pipe would wait for its writer.
    const int flags =
        O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (slash < below.size() ? O_DIRECTORY : 0);
    opened.fd = Descriptor(::openat(opened.fd.get(), name.c_str(), flags));
    opened.below_worker_folder |= start == 0 && slash < below.size() && name == kWorkerFolder;
    start = slash + 1;
  }
  if (opened.fd.get() < 0 || ::fstat(opened.fd.get(), &opened.info) != 0) return std::nullopt;
  return opened;
}

// Of what the file system knows: a build that writes the same file anew costs one download, which
// reading and hashing megabytes for each request would not be worth. The inode's own time cannot be
// set back, so files put in place by mv or cp -p are told apart as well.
std::string EntityTag(const struct stat& info) {
  const auto nanoseconds = [](const timespec& time) {
    return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
  };
  return "\"" + std::to_string(info.st_ino) + "-" + std::to_string(info.st_size) + "-" +
         nanoseconds(info.st_mtim) + "-" + nanoseconds(info.st_ctim) + "\"";
}

// If-None-Match: * or a list of tags. Our tags hold neither commas nor blanks; W/ makes no
// difference here (RFC 9110, 13.1.2).
bool MatchesEntityTag(std::string_view list, std::string_view tag) {
  for (size_t start = 0; start < list.size();) {
    const size_t comma = std::min(list.find(',', start), list.size());
    std::string_view item = list.substr(start, comma - start);
    start = comma + 1;
    const size_t first = item.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
  }
  return false;
}

HttpAnswer ErrorAnswer(int status, std::string_view text) {
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = kPlainText;
  answer.text = std::to_string(status) + " " + std::string(text) + "\n";
  return answer;
}

HttpAnswer RedirectToFolder(const Target& target) {
  // No name is empty, so this never begins with two slashes, which would name another host.
  std::string location;
  for (const std::string& name : target.names) location += "/" + PercentEncode(name);
  HttpAnswer answer = ErrorAnswer(301, "Moved Permanently");
  const bool plain = std::all_of(target.query.begin(), target.query.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F; });
  answer.headers.emplace_back("Location", location + "/" + (plain ? target.query : ""));
  return answer;
}

HttpAnswer FileAnswer(Opened opened, std::string_view name, const HttpRequest& request) {
  HttpAnswer answer;
  const std::string tag = EntityTag(opened.info);
  answer.headers.emplace_back("ETag", tag);
  if (request.if_none_match && MatchesEntityTag(*request.if_none_match, tag)) {
    answer.status = 304;
    return answer;
  }
  answer.content_type = ContentTypeOf(name);
  answer.file = std::make_shared<const ServedFile>(opened.fd.Release(),
                                                   static_cast<uint64_t>(opened.info.st_size));
  return answer;
}

}  // namespace

ServedFile::~ServedFile() { ::close(fd_); }

int64_t ServedFile::Read(uint64_t offset, char* buffer, size_t size) const {
  for (;;) {
    const ssize_t got = ::pread(fd_, buffer, size, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}

std::string_view ContentTypeOf(std::string_view file_name) {
  const size_t dot = file_name.rfind('.');
  if (dot != std::string_view::npos) {
    const std::string ending = AsciiLower(file_name.substr(dot + 1));
    for (const auto& [known, type] : kContentTypes) {
      if (known == ending) return type;
    }
  }
  return "application/octet-stream";
}

bool IsLocalHost(std::string_view host) {
  const std::string lower = AsciiLower(host);
  for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (!lower.starts_with(name)) continue;
    const std::string_view port = std::string_view(lower).substr(name.size());
    if (port.empty()) return true;
    constexpr size_t kMaxDigits = 5;
    return port.front() == ':' && port.size() <= 1 + kMaxDigits &&
           port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  }
  return false;
}

HttpHeaders CommonHeaders(bool worker_policy) {
  return {{"Content-Security-Policy", std::string(worker_policy ? kWorkerPolicy : kPagePolicy)},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Embedder-Policy", "require-corp"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Permissions-Policy", std::string(kPermissions)},
          // The browser asks each time whether its copy is still right (If-None-Match).
          {"Cache-Control", "no-cache"},
          // Whole files only: none here is so long that a part of it would help.
          {"Accept-Ranges", "none"}};
}

StatusOr<StaticFiles> StaticFiles::Open(const std::string& folder) {
  const std::string real = RealPath(folder);
  if (real.empty()) {
    const Code code = errno == ENOENT ? Code::kNotFound : Code::kIo;
    return Status(code, folder + ": cannot open the folder: " + std::strerror(errno));
  }
  struct stat info {};
  if (::stat(real.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return Status(Code::kInvalidArgument, folder + ": is not a folder");
  }
  if (::access(real.c_str(), R_OK | X_OK) != 0) {
    return Status(Code::kIo, folder + ": cannot read the folder: " + std::strerror(errno));
  }
  return StaticFiles(real);
}

HttpAnswer StaticFiles::Answer(const HttpRequest& request) const {
  if (request.hosts.size() != 1) return ErrorAnswer(400, "Bad Request: exactly one Host is needed");
  if (!IsLocalHost(request.hosts.front())) {
    return ErrorAnswer(421, "Misdirected Request: this server answers for localhost only");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    HttpAnswer answer = ErrorAnswer(405, "Method Not Allowed");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  Target target;
  switch (ParseTarget(request.target, &target)) {
    case TargetError::kMalformed:
      return ErrorAnswer(400, "Bad Request");
    case TargetError::kNotServed:
      return ErrorAnswer(404, "Not Found");
    case TargetError::kNone:
      break;
  }
  const bool below_worker_folder = !target.names.empty() && target.names.front() == kWorkerFolder &&
                                   (target.folder || target.names.size() > 1);
  std::vector<std::string> names = target.names;
  if (target.folder) names.push_back("index.html");
  std::optional<Opened> opened = OpenBelow(root_, names);
  HttpAnswer answer = ErrorAnswer(404, "Not Found");
  answer.worker_policy = below_worker_folder;
  if (!opened) return answer;
  // A link elsewhere in the root does not loosen the policy of what it points to.
  const bool worker_policy = below_worker_folder || opened->below_worker_folder;
  if (S_ISDIR(opened->info.st_mode) && !target.folder) {
    answer = RedirectToFolder(target);
  } else if (S_ISREG(opened->info.st_mode)) {
    answer = FileAnswer(*std::move(opened), names.back(), request);
  }
  answer.worker_policy = worker_policy;
  return answer;
}

}  // namespace ag
