#include "native/serve/http_message.h"

#include <algorithm>
#include <optional>

namespace ag {
namespace {

// Browsers stay below 16 KiB and 30 headers.
constexpr size_t kMaxLineBytes = 8192;
constexpr size_t kMaxHeadBytes = 32768;
constexpr size_t kMaxHeaders = 100;

// Whether all of `text` is among `characters`.
bool IsAmong(std::string_view characters, std::string_view text) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// "q=0.5" -> 500, "" -> 1000; nothing for what is neither (RFC 9110, 12.4.2).
std::optional<int> Thousandths(std::string_view weight) {
  if (weight.empty()) return 1000;
  const std::string lower = AsciiLower(weight);
  const bool one = lower.starts_with("q=1");
  if (!one && !lower.starts_with("q=0")) return std::nullopt;
  std::string digits = lower.substr(3);
  if (digits.empty()) return one ? 1000 : 0;
  digits.erase(0, 1);
  if (lower[3] != '.' || digits.size() > 3) return std::nullopt;
  if (!IsAmong(one ? "0" : "0123456789", digits)) return std::nullopt;
  digits.resize(3, '0');
  return one ? 1000 : std::stoi(digits);
}

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> HttpRequest::Values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [known, value] : headers) {
    if (known == name) values.push_back(value);
  }
  return values;
}

std::vector<std::string_view> HttpRequest::ListItems(std::string_view name) const {
  std::vector<std::string_view> items;
  for (const std::string_view list : Values(name)) {
    for (const std::string_view part : Split(list, ',')) {
      if (const std::string_view item = TrimBlanks(part); !item.empty()) items.push_back(item);
    }
  }
  return items;
}

int CodingWeight(const HttpRequest& request, std::string_view coding) {
  std::optional<int> listed, others;
  for (const std::string_view item : request.ListItems("accept-encoding")) {
    const size_t end = std::min(item.find(';'), item.size());
    const std::string name = AsciiLower(TrimBlanks(item.substr(0, end)));
    const auto weight = Thousandths(TrimBlanks(item.substr(std::min(end + 1, item.size()))));
    if (!weight) continue;
    if (name == coding || (name == "x-gzip" && coding == "gzip")) listed = weight;
    if (name == "*") others = weight;
  }
  return listed.value_or(others.value_or(coding == "identity" ? 1 : 0));
}

RequestParser::State RequestParser::Take(std::string* received) {
  for (;;) {
    const size_t newline = received->find('\n');
    const size_t size = std::min(newline, received->size());
    if (size > kMaxLineBytes) return lines_ == 0 ? State::kLineTooLong : State::kMalformed;
    if (bytes_ + size > kMaxHeadBytes || lines_ > 1 + kMaxHeaders) return State::kMalformed;
    if (newline == std::string::npos) return State::kIncomplete;
    std::string line = received->substr(0, size);
    received->erase(0, size + 1);
    bytes_ += size + 1;
    if (!line.ends_with('\r')) return State::kMalformed;
    line.pop_back();
    if (line.find_first_of(std::string_view("\0\r", 2)) != line.npos) return State::kMalformed;
    if (lines_ > 0 && line.empty()) return Finish() ? State::kWhole : State::kMalformed;
    if (!(lines_++ == 0 ? AddRequestLine(line) : AddHeader(line))) return State::kMalformed;
  }
}

bool RequestParser::AddRequestLine(std::string_view line) {
  const std::vector<std::string_view> parts = Split(line, ' ');
  if (parts.size() != 3 || parts[0].empty() || parts[1].empty()) return false;
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") return false;
  request_.method = parts[0];
  request_.target = parts[1];
  request_.close = parts[2] == "HTTP/1.0";
  return true;
}

bool RequestParser::AddHeader(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    if (request_.headers.empty()) return false;
    auto& [name, value] = request_.headers.back();
    if (name == "host" || name == "content-length" || name == "transfer-encoding") return false;
    value.append(" ").append(TrimBlanks(line));
    return true;
  }
  const size_t colon = std::min(line.find(':'), line.size());
  std::string name = AsciiLower(line.substr(0, colon));
  constexpr std::string_view kToken = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
  if (name.empty() || colon == line.size() || !IsAmong(kToken, name)) return false;
  request_.headers.emplace_back(std::move(name), TrimBlanks(line.substr(colon + 1)));
  return true;
}

bool RequestParser::Finish() {
  const std::vector<std::string_view> lengths = request_.Values("content-length");
  const std::vector<std::string_view> codings = request_.Values("transfer-encoding");
  if (lengths.size() + codings.size() > 1) return false;
  for (const std::string_view length : lengths) {
    // Of any number of digits: nothing is counted by it.
    if (length.empty() || !IsAmong("0123456789", length)) return false;
    request_.close |= !IsAmong("0", length);
  }
  for (const std::string_view coding : codings) {
    if (AsciiLower(coding) != "chunked") return false;
    request_.close = true;
  }
  for (const std::string_view option : request_.ListItems("connection")) {
    request_.close |= AsciiLower(option) == "close";
  }
  return true;
}

}  // namespace ag
