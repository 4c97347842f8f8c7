#include "native/train/data/known_hashes.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <span>

#include "shared/base/file.h"
#include "shared/base/sha256.h"

namespace ag::train {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 30;
constexpr size_t kHashLength = 64;
constexpr int64_t kSettledNs = 2'000'000'000;

constexpr std::string_view kFirstWords = "ag hashes 2 ";

std::string DigestOf(std::string_view text) {
  return HexString(
      HashSha256(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size())));
}

// Takes the number up to the next space off `line`; false if there is none.
bool TakeNumber(std::string_view* line, int64_t* number) {
  const size_t end = line->find(' ');
  if (end == std::string_view::npos) return false;
  const auto parsed = std::from_chars(line->data(), line->data() + end, *number);
  if (parsed.ec != std::errc() || parsed.ptr != line->data() + end) return false;
  line->remove_prefix(end + 1);
  return true;
}

}  // namespace

FileStamp StampOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {static_cast<int64_t>(info.st_size),
          int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

KnownHashes::KnownHashes(const std::string& folder) : file_(folder + "/hashes.txt") {
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(file_, kMaxFileBytes);
  if (!bytes.ok()) return;
  std::string_view rest(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  // An earlier version's has no digest.
  if (!rest.starts_with(kFirstWords)) return;
  const size_t header = kFirstWords.size() + kHashLength + 1;
  const std::string_view digest = rest.substr(kFirstWords.size(), kHashLength);
  damaged_ = rest.size() < header || rest[header - 1] != '\n';
  rest.remove_prefix(std::min(header, rest.size()));
  damaged_ = damaged_ || DigestOf(rest) != digest;
  while (!damaged_ && !rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    ReadLine(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}

void KnownHashes::ReadLine(std::string_view line) {
  if (line.size() < kHashLength + 2 || line[kHashLength] != ' ') return;
  Entry entry;
  entry.hash = line.substr(0, kHashLength);
  line.remove_prefix(kHashLength + 1);
  if (!TakeNumber(&line, &entry.stamp.size) || !TakeNumber(&line, &entry.stamp.changed_ns)) return;
  entries_[std::string(line)] = std::move(entry);
}

std::string KnownHashes::Find(const std::string& path, const FileStamp& stamp) const {
  const auto found = entries_.find(path);
  if (found == entries_.end() || stamp.size < 0 || found->second.stamp != stamp) return "";
  return found->second.hash;
}

void KnownHashes::Add(const std::string& path, const FileStamp& stamp, const std::string& hash) {
  const int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  if (stamp.size < 0 || now - stamp.changed_ns < kSettledNs) return;
  if (path.find('\n') != std::string::npos) return;
  entries_[path] = {stamp, hash};
  changed_ = true;
}

Status KnownHashes::Save() {
  if (!changed_) return OkStatus();
  std::string text;
  for (const auto& [path, entry] : entries_) {
    text += entry.hash + ' ' + std::to_string(entry.stamp.size) + ' ' +
            std::to_string(entry.stamp.changed_ns) + ' ' + path + '\n';
  }
  changed_ = false;
  text = std::string(kFirstWords) + DigestOf(text) + '\n' + text;
  return WriteFileAtomically(file_, std::string_view(text));
}

}  // namespace ag::train
