// Which picture belongs to training and which to validation (dataset.h).
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "native/data/csv.h"
#include "native/data/dataset.h"
#include "native/data/manifest.h"
#include "native/data/text_file.h"
#include "shared/base/file.h"

namespace ag {
namespace {

constexpr size_t kSha256HexDigits = 64;

bool IsSha256Hex(std::string_view text) {
  return text.size() == kSha256HexDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status CheckEntry(const CsvRow& row) {
  std::string reason = row.error;
  if (reason.empty() && row.fields.size() != 3) reason = "expected three fields";
  if (reason.empty() && !IsSha256Hex(row.fields[1])) {
    reason = "'" + row.fields[1].substr(0, 80) + "' is no SHA-256 in lower-case hexadecimal";
  }
  if (reason.empty() && row.fields[2] != "train" && row.fields[2] != "val" &&
      row.fields[2] != "test" && row.fields[2] != "aside") {
    reason = "'" + row.fields[2].substr(0, 40) + "' is none of train, val, test, aside";
  }
  if (reason.empty()) return OkStatus();
  return Status(Code::kInvalidArgument, "line " + std::to_string(row.line) + ": " + reason);
}

}  // namespace

bool IsValidation(const std::string& sha256_hex, double validation_fraction) {
  uint64_t head = 0;
  const char* end = sha256_hex.data() + std::min<size_t>(sha256_hex.size(), 16);
  const auto parsed = std::from_chars(sha256_hex.data(), end, head, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end || !(validation_fraction > 0)) return false;
  if (validation_fraction >= 1) return true;
  // Scaling by 2^64 is exact, and below 1 the result fits: no rounding decides.
  return head < static_cast<uint64_t>(std::ceil(std::ldexp(validation_fraction, 64)));
}

Status WriteSplit(const std::string& path, const std::vector<SplitEntry>& entries) {
  std::string text = "file,sha256,part\n";
  for (const SplitEntry& entry : entries) {
    text += CsvField(entry.file) + "," + entry.sha256 + "," + entry.part + "\n";
  }
  return WriteFileAtomically(path, text);
}

StatusOr<std::vector<SplitEntry>> ReadSplit(const std::string& path, const ReadOptions& options) {
  AG_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxManifestBytes, options));
  CsvReader reader(text);
  CsvRow row;
  const std::vector<std::string> header = {"file", "sha256", "part"};
  if (!reader.Next(&row) || row.fields != header) {
    return Status(Code::kInvalidArgument,
                  path +
                      ": the first line is not file,sha256,part (a split that the trainer wrote "
                      "was expected)");
  }
  std::vector<SplitEntry> entries;
  while (reader.Next(&row)) {
    AG_RETURN_IF_ERROR(CheckEntry(row).WithContext(path));
    entries.push_back({row.fields[0], row.fields[1], row.fields[2]});
  }
  return entries;
}

}  // namespace ag
