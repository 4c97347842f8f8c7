#include "native/serve/static_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <tuple>
#include <vector>

namespace ag {
namespace {

constexpr std::string_view kBadRequest = "400 Bad Request", kNotFound = "404 Not Found";

constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' "
    "blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";
// A Worker takes the policy from its script's response: nothing may be fetched there.
constexpr std::string_view kWorkerPolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
constexpr std::string_view kWorkerFolder = "engine";

// On every response, of whatever status, beside the policy. Permissions-Policy names the features
// that Chromium knows, since it reports those that it does not know as errors on the page's
// console. What the page may want stays at its default: to play the camera's picture, to fill the
// screen, to write to the clipboard. Cache-Control: the browser asks each time whether its copy is
// still right. Accept-Ranges: no file here is so long that a part of it would help.
constexpr std::string_view kCommonHeaders =
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Embedder-Policy: require-corp\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Permissions-Policy: camera=(self), accelerometer=(), clipboard-read=(), display-capture=(), "
    "encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), "
    "local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "
    "publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), "
    "xr-spatial-tracking=()\r\n"
    "Cache-Control: no-cache\r\n"
    "Accept-Ranges: none\r\n";

// Compressed forms of a file lie beside it. Of two that a client wants equally the last is taken:
// brotli's files are the smaller ones.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kCodings = {
    {{"gzip", ".gz"}, {"br", ".br"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kContentTypes = {{
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
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
}};

std::string_view ContentTypeOf(std::string_view file_name) {
  const std::string ending = AsciiLower(file_name.substr(file_name.rfind('.') + 1));
  for (const auto& [known, type] : kContentTypes) {
    if (known == ending && known.size() < file_name.size()) return type;
  }
  return "application/octet-stream";
}

// Whether a Host header names this machine, with or without a port.
bool IsLocalHost(std::string_view host) {
  constexpr size_t kMaxDigits = 5;
  const std::string lower = AsciiLower(host);
  for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (!lower.starts_with(name)) continue;
    const std::string_view port = std::string_view(lower).substr(name.size());
    return port.empty() || (port.front() == ':' && port.size() <= 1 + kMaxDigits &&
                            port.find_first_not_of("0123456789", 1) == std::string_view::npos);
  }
  return false;
}

// Once, and only once: what was encoded twice names a file with a percent sign.
std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<uint8_t>(text[i]);
    if (byte == '%') {
      const char* const digits = text.data() + i + 1;
      if (i + 2 >= text.size()) return std::nullopt;
      if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
      i += 2;
    }
    decoded += static_cast<char>(byte);
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF", kMarks = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (std::isalnum(byte) != 0 || kMarks.find(c) != std::string_view::npos) {
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
    return std::iscntrl(static_cast<uint8_t>(c)) != 0 || c == '/' || c == '\\';
  });
}

struct Target {
  std::vector<std::string> names;  // from the root down, each an IsServedName
  bool folder = false;             // ends with a slash
  std::string query;               // with its question mark
};

// Empty, or the status with which a target is refused.
std::string_view ParseTarget(std::string_view text, Target* target) {
  if (!text.starts_with('/')) return kBadRequest;
  const size_t end = std::min(text.find_first_of("?#"), text.size());
  target->query = text.substr(end, text.find('#') - end);
  std::vector<std::string_view> names = Split(text.substr(1, end - 1), '/');
  target->folder = names.back().empty();
  if (target->folder) names.pop_back();
  for (const std::string_view encoded : names) {
    std::optional<std::string> name = PercentDecode(encoded);
    if (!name) return kBadRequest;
    if (!IsServedName(*name)) return kNotFound;
    target->names.push_back(*std::move(name));
  }
  return {};
}

struct Opened {
  FileDescriptor fd;  // of a regular file
  struct stat info {};
  bool below_worker_folder = false;
};

// Opens root/names[0]/names[1]/... if that, all links resolved, lies within the root and is not
// hidden. Found first and then asked where it is: a link that is changed in between leads nowhere.
// Only then is it opened: a device or a pipe elsewhere shall not notice.
std::optional<Opened> OpenBelow(const std::string& root, const std::vector<std::string>& names) {
  std::string path = root;
  for (const std::string& name : names) path += "/" + name;
  Opened opened;
  const FileDescriptor found(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found.valid() || ::fstat(found.get(), &opened.info) != 0) return std::nullopt;
  const std::string link = "/proc/self/fd/" + std::to_string(found.get());
  std::error_code error;
  const std::string real = std::filesystem::read_symlink(link, error);
  if (error || !(real + "/").starts_with(root + "/")) return std::nullopt;
  const std::string below = real.substr(root.size());  // "", "/name", "/name/name"
  const std::vector<std::string_view> parts = Split(below, '/');
  if (!std::all_of(parts.begin() + 1, parts.end(), IsServedName)) return std::nullopt;
  opened.below_worker_folder = parts.size() > 2 && parts[1] == kWorkerFolder;
  if (S_ISREG(opened.info.st_mode)) {
    opened.fd = FileDescriptor(::open(link.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.fd.valid()) return std::nullopt;
  }
  return opened;
}

// Of what the file system knows: a build that writes the same file anew costs one download, which
// reading and hashing megabytes for each request would not be worth. The inode's own time cannot be
// set back, so files put in place by mv or cp -p are told apart as well. The coding tells a file
// from itself under another name (a hard link).
std::string EntityTag(const struct stat& info, std::string_view coding) {
  std::string tag = "\"" + std::to_string(info.st_ino) + "-" + std::to_string(info.st_size);
  for (const timespec& time : {info.st_mtim, info.st_ctim}) {
    tag += "-" + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
  }
  return tag.append(coding.empty() ? "" : "-").append(coding).append("\"");
}

// If-None-Match: * or a list of tags. Our tags hold no commas; W/ makes no difference here (RFC
// 9110, 13.1.2).
bool MatchesEntityTag(const HttpRequest& request, std::string_view tag) {
  const std::vector<std::string_view> items = request.ListItems("if-none-match");
  return std::any_of(items.begin(), items.end(), [tag](std::string_view item) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    return item == "*" || item == tag;
  });
}

HttpAnswer TextAnswer(std::string_view status, const std::string& headers = "") {
  HttpAnswer answer;
  answer.status = status;
  answer.headers = headers + "Content-Type: text/plain; charset=utf-8\r\n";
  answer.text = answer.status + "\n";
  answer.bytes = answer.text.size();
  return answer;
}

HttpAnswer RedirectToFolder(const Target& target) {
  // No name is empty, so this never begins with two slashes, which would name another host.
  std::string location;
  for (const std::string& name : target.names) location += "/" + PercentEncode(name);
  const bool plain = std::all_of(target.query.begin(), target.query.end(),
                                 [](char c) { return c > 0x20 && c < 0x7F; });
  location += "/" + (plain ? target.query : "");
  return TextAnswer("301 Moved Permanently", "Location: " + location + "\r\n");
}

// Whether this can be the compressed form of what `file` holds now, as far as times tell; gzip and
// brotli give it the time of what they compress.
bool StandsFor(const struct stat& compressed, const struct stat& file) {
  const timespec &made = compressed.st_mtim, &changed = file.st_mtim;
  return S_ISREG(compressed.st_mode) && compressed.st_size > 0 &&
         std::tie(made.tv_sec, made.tv_nsec) >= std::tie(changed.tv_sec, changed.tv_nsec);
}

// `opened` is the file names.back(), and may be exchanged for the compressed one beside it.
HttpAnswer FileAnswer(const std::string& root, std::vector<std::string> names,
                      const HttpRequest& request, Opened* opened) {
  const std::string name = names.back();
  const struct stat file = opened->info;
  // Range is not honoured, but who asks for a part means one of the file as it is.
  const bool whole = request.Values("range").empty();
  int best = CodingWeight(request, "identity");
  std::string_view coding;
  for (const auto& [candidate, ending] : kCodings) {
    const int weight = whole ? CodingWeight(request, candidate) : 0;
    if (weight == 0 || weight < best) continue;
    names.back() = name + std::string(ending);
    std::optional<Opened> beside = OpenBelow(root, names);
    if (!beside || !StandsFor(beside->info, file)) continue;
    beside->below_worker_folder |= opened->below_worker_folder;
    *opened = *std::move(beside);
    coding = candidate;
    best = weight;
  }
  const std::string vary = "Vary: Accept-Encoding\r\n";
  if (best == 0) return TextAnswer("406 Not Acceptable", vary);

  HttpAnswer answer;
  const std::string tag = EntityTag(opened->info, coding);
  answer.headers = vary + "ETag: " + tag + "\r\n";
  if (MatchesEntityTag(request, tag)) {
    answer.status = "304 Not Modified";
    return answer;
  }
  answer.headers.append("Content-Type: ").append(ContentTypeOf(name)).append("\r\n");
  if (!coding.empty()) answer.headers.append("Content-Encoding: ").append(coding).append("\r\n");
  answer.bytes = static_cast<size_t>(opened->info.st_size);
  answer.file = std::move(opened->fd);
  return answer;
}

HttpAnswer WithCommonHeaders(HttpAnswer answer, bool worker_policy) {
  answer.headers.append("Content-Security-Policy: ")
      .append(worker_policy ? kWorkerPolicy : kPagePolicy)
      .append("\r\n")
      .append(kCommonHeaders);
  return answer;
}

}  // namespace

HttpAnswer RefusalAnswer(std::string_view status) {
  HttpAnswer answer;
  answer.status = status;
  return WithCommonHeaders(std::move(answer), false);
}

StatusOr<StaticFiles> StaticFiles::Open(const std::string& folder) {
  std::error_code error;
  std::string root = std::filesystem::canonical(folder, error);
  if (error) {
    const Code code = error == std::errc::no_such_file_or_directory ? Code::kNotFound : Code::kIo;
    return Status(code, folder + ": cannot open the folder: " + error.message());
  }
  if (!std::filesystem::is_directory(root, error)) {
    return Status(Code::kInvalidArgument, folder + ": is not a folder");
  }
  if (::access(root.c_str(), R_OK | X_OK) != 0) {
    return Status(Code::kIo, folder + ": cannot read the folder: " + std::strerror(errno));
  }
  if (root == "/") root.clear();
  return StaticFiles(std::move(root));
}

HttpAnswer StaticFiles::Answer(const HttpRequest& request) const {
  bool worker_policy = false;
  HttpAnswer answer = Find(request, &worker_policy);
  return WithCommonHeaders(std::move(answer), worker_policy);
}

HttpAnswer StaticFiles::Find(const HttpRequest& request, bool* worker_policy) const {
  const std::vector<std::string_view> hosts = request.Values("host");
  if (hosts.size() != 1) return TextAnswer("400 Bad Request: exactly one Host is needed");
  if (!IsLocalHost(hosts.front())) {
    // A page elsewhere whose name was made to point here (DNS rebinding).
    return TextAnswer("421 Misdirected Request: this server answers for localhost only");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return TextAnswer("405 Method Not Allowed", "Allow: GET, HEAD\r\n");
  }
  Target target;
  const std::string_view refusal = ParseTarget(request.target, &target);
  if (!refusal.empty()) return TextAnswer(refusal);
  std::vector<std::string> names = target.names;
  if (target.folder) names.push_back("index.html");
  *worker_policy = names.size() > 1 && names.front() == kWorkerFolder;
  std::optional<Opened> opened = OpenBelow(root_, names);
  HttpAnswer answer;
  if (opened && opened->fd.valid()) {
    answer = FileAnswer(root_, std::move(names), request, &*opened);
  } else if (opened && S_ISDIR(opened->info.st_mode) && !target.folder) {
    answer = RedirectToFolder(target);
  } else {
    answer = TextAnswer(kNotFound);
  }
  // A link elsewhere in the root does not loosen the policy of what it points to.
  if (opened) *worker_policy |= opened->below_worker_folder;
  return answer;
}

}  // namespace ag
