#include "native/cli/record_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "native/data/csv.h"
#include "shared/base/sha256.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

// The file's name as a record writes it (record.h: bytes that are not UTF-8 are replaced).
uint64_t Key(const std::string& file) {
  const std::string text = Json(file).dump(-1, ' ', false, Json::error_handler_t::replace);
  Sha256 hash;
  hash.Update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  const Sha256Digest digest = hash.Finish();
  uint64_t key = 0;
  for (size_t i = 0; i < sizeof(key); ++i) key = key << 8 | digest[i];
  return key;
}

struct Record {
  std::string file;
  bool failed = false;
};

std::optional<Record> ParseJsonLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("schema")) return std::nullopt;
  const auto file = json.find("file");
  if (file == json.end() || !file->is_string()) return std::nullopt;
  return Record{file->get<std::string>(), json.contains("error")};
}

// One CSV row, its line end included; empty if there is no whole one. Quoted fields may hold line
// ends.
std::string_view CutCsvRow(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\n' && !quoted) return text.substr(0, i + 1);
  }
  return {};
}

std::optional<std::vector<std::string>> ParseCsvRow(std::string_view row) {
  CsvReader reader(row);
  CsvRow parsed;
  if (!reader.Next(&parsed) || !parsed.error.empty()) return std::nullopt;
  return std::move(parsed.fields);
}

size_t Column(const std::vector<std::string>& header, std::string_view name) {
  return static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin());
}

// Calls add(record, offset, end) for each whole record.
template <typename Add>
void ReadJsonLines(std::string_view text, const Add& add) {
  size_t offset = 0;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', offset)) {
    const std::optional<Record> record = ParseJsonLine(text.substr(offset, end - offset));
    if (!record) return;
    add(*record, offset, end + 1);
    offset = end + 1;
  }
}

// A record's rows follow each other and are all different (no two faces have the same box), so one
// that repeats the first begins the record of an input that was given twice.
template <typename Add>
void ReadCsv(std::string_view text, std::string_view header, const Add& add) {
  const std::vector<std::string> columns = ParseCsvRow(header).value_or(std::vector<std::string>());
  const size_t file = Column(columns, "file"), error = Column(columns, "error_code");
  size_t offset = header.size(), first = offset;
  std::string_view first_row;
  Record record;
  for (;;) {
    const std::string_view row = CutCsvRow(text.substr(offset));
    const auto fields = ParseCsvRow(row);
    if (!fields || fields->size() != columns.size()) return;
    if (!first_row.empty() && ((*fields)[file] != record.file || row == first_row)) {
      add(record, first, offset);
      first_row = {};
    }
    if (first_row.empty()) {
      first = offset;
      first_row = row;
      record = {(*fields)[file], !(*fields)[error].empty()};
    }
    offset += row.size();
  }
}

}  // namespace

StatusOr<RecordIndex> RecordIndex::Read(std::string_view text, RecordText kind,
                                        std::string_view header) {
  RecordIndex index;
  index.end_ = header.size();
  if (text.size() < header.size() && header.starts_with(text)) {
    index.end_ = 0;
    return index;
  }
  if (!text.starts_with(header)) {
    return Status(Code::kInvalidArgument, "does not begin with the columns " + std::string(header));
  }
  const auto add = [&](const Record& record, size_t offset, size_t end) {
    index.entries_.push_back({Key(record.file), {offset, end - offset, record.failed}});
    index.end_ = end;
  };
  if (kind == RecordText::kJsonl) {
    ReadJsonLines(text, add);
  } else {
    ReadCsv(text, header, add);
  }
  index.count_ = index.entries_.size();
  index.Sort();
  return index;
}

void RecordIndex::Sort() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    const auto order = [](const Entry& entry) {
      const uint64_t offset = entry.record.offset;
      return std::tuple(entry.key, entry.record.failed,
                        entry.record.failed ? UINT64_MAX - offset : offset);
    };
    return order(a) < order(b);
  });
}

std::optional<StoredRecord> RecordIndex::Take(const std::string& file, bool leave_failed) {
  const uint64_t key = Key(file);
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                [](const Entry& a, uint64_t k) { return a.key < k; });
  while (entry != entries_.end() && entry->key == key && entry->taken) ++entry;
  if (entry == entries_.end() || entry->key != key) return std::nullopt;
  entry->taken = true;
  if (entry->record.failed && leave_failed) return std::nullopt;
  return entry->record;
}

}  // namespace ag
