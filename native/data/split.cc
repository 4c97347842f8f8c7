// Which pictures belong to training and which to validation (dataset.h).
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "native/base/text_file.h"
#include "native/data/dataset.h"
#include "native/data/manifest.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/base/file_name.h"

namespace ag {
namespace {

constexpr size_t kSha256HexDigits = 64;
constexpr size_t kColumns = 3;  // without file_encoding

bool IsSha256Hex(std::string_view text) {
  return text.size() == kSha256HexDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Lines are file,[file_encoding,]sha256,part.
StatusOr<SplitEntry> ParseEntry(const CsvRow& row, size_t fields) {
  if (!row.error.empty()) return Status(Code::kInvalidArgument, row.error);
  if (row.fields.size() != fields) {
    return Status(Code::kInvalidArgument, "expected " + std::to_string(fields) + " fields");
  }
  const bool encoded = fields == kColumns + 1;
  SplitEntry entry{"", row.fields[fields - 2], row.fields[fields - 1]};
  AG_ASSIGN_OR_RETURN(entry.file,
                      FileOfRow(row, 0, encoded ? std::optional<size_t>(1) : std::nullopt));
  if (!IsSha256Hex(entry.sha256)) {
    return Status(Code::kInvalidArgument, "'" + entry.sha256.substr(0, 80) +
                                              "' is not a SHA-256 in lower-case hexadecimal");
  }
  if (entry.part != "train" && entry.part != "val" && entry.part != "test" &&
      entry.part != "aside") {
    return Status(Code::kInvalidArgument,
                  "'" + entry.part.substr(0, 40) + "' is none of train, val, test, aside");
  }
  return entry;
}

}  // namespace

bool IsValidation(const std::string& sha256_hex, double validation_fraction) {
  uint64_t head = 0;
  const char* end = sha256_hex.data() + std::min<size_t>(sha256_hex.size(), 16);
  const auto parsed = std::from_chars(sha256_hex.data(), end, head, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end || !(validation_fraction > 0)) return false;
  if (validation_fraction >= 1) return true;
  // Scaling by 2^64 is exact, and below 1 the result fits: nothing depends on rounding.
  return head < static_cast<uint64_t>(std::ceil(std::ldexp(validation_fraction, 64)));
}

Status WriteSplit(const std::string& path, const std::vector<SplitEntry>& entries) {
  FileColumn file;
  for (const SplitEntry& entry : entries) file.Expect(entry.file);
  std::string text = file.Header() + ",sha256,part\n";
  for (const SplitEntry& entry : entries) {
    text += file.Fields(entry.file) + "," + entry.sha256 + "," + entry.part + "\n";
  }
  return WriteFileAtomically(path, text);
}

StatusOr<std::vector<SplitEntry>> ReadSplit(const std::string& path, const ReadOptions& options) {
  AG_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxManifestBytes, options));
  CsvReader reader(text);
  CsvRow row;
  const std::vector<std::string> header = {"file", "sha256", "part"};
  const std::vector<std::string> encoded = {"file", std::string(kFileEncoding), "sha256", "part"};
  if (!reader.Next(&row) || (row.fields != header && row.fields != encoded)) {
    return Status(Code::kInvalidArgument,
                  path +
                      ": the first line is not file,sha256,part (a split that the trainer wrote "
                      "was expected)");
  }
  const size_t fields = row.fields.size();
  std::vector<SplitEntry> entries;
  while (reader.Next(&row)) {
    StatusOr<SplitEntry> entry = ParseEntry(row, fields);
    if (!entry.ok()) {
      return entry.status().WithContext(path + ": line " + std::to_string(row.line));
    }
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace ag
