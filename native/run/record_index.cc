#include "native/run/record_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <tuple>
#include <utility>

#include "shared/base/csv.h"
#include "shared/base/file_name.h"
#include "shared/base/sha256.h"
#include "shared/record/record.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

struct Record {
  std::string file;  // bytes
  bool failed = false;
};

// Records of one schema only go on in one file.
Status CheckSchema(const std::string& schema) {
  if (schema == std::to_string(kResultSchema)) return OkStatus();
  return Status(Code::kInvalidArgument,
                "holds records of schema " + schema.substr(0, 20) + ", and this program writes " +
                    std::to_string(kResultSchema) +
                    ": resume with the program that wrote them, or use --overwrite to start again");
}

// Nothing: no whole record.
StatusOr<std::optional<Record>> ParseJsonLine(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("schema")) return std::optional<Record>();
  AG_RETURN_IF_ERROR(CheckSchema(json["schema"].dump()));
  const auto file = json.find("file");
  if (file == json.end() || !file->is_string()) return std::optional<Record>();
  const auto encoding = json.find("file_encoding");
  if (encoding != json.end() && !encoding->is_string()) return std::optional<Record>();
  AG_ASSIGN_OR_RETURN(
      std::string name,
      DecodeFileName(file->get<std::string>(),
                     encoding == json.end() ? std::string() : encoding->get<std::string>()));
  return std::optional(Record{std::move(name), json.contains("error")});
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
Status ReadJsonLines(std::string_view text, const Add& add) {
  size_t offset = 0;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', offset)) {
    AG_ASSIGN_OR_RETURN(const std::optional<Record> record,
                        ParseJsonLine(text.substr(offset, end - offset)));
    if (!record) break;
    add(*record, offset, end + 1);
    offset = end + 1;
  }
  return OkStatus();
}

// A record's rows follow each other and are all different (no two faces have the same box), so one
// that repeats the first begins the record of an input that was given twice.
template <typename Add>
Status ReadCsv(std::string_view text, std::string_view header, const Add& add) {
  const std::vector<std::string> columns = ParseCsvRow(header).value_or(std::vector<std::string>());
  const size_t schema = Column(columns, "schema"), file = Column(columns, "file"),
               encoding = Column(columns, "file_encoding"), error = Column(columns, "error_code");
  size_t offset = header.size(), first = offset;
  std::string_view first_row;
  Record record;
  for (;;) {
    const std::string_view row = CutCsvRow(text.substr(offset));
    const auto fields = ParseCsvRow(row);
    if (!fields || fields->size() != columns.size()) return OkStatus();
    AG_RETURN_IF_ERROR(CheckSchema((*fields)[schema]));
    AG_ASSIGN_OR_RETURN(std::string name, DecodeFileName((*fields)[file], (*fields)[encoding]));
    if (!first_row.empty() && (name != record.file || row == first_row)) {
      add(record, first, offset);
      first_row = {};
    }
    if (first_row.empty()) {
      first = offset;
      first_row = row;
      record = {std::move(name), !(*fields)[error].empty()};
    }
    offset += row.size();
  }
}

// Another version's table has other columns, but says its schema in the first row's first field.
Status OtherHeader(std::string_view text, std::string_view header) {
  const std::string_view first = CutCsvRow(text);
  if (const auto columns = ParseCsvRow(first); columns && (*columns)[0] == "schema") {
    const auto row = ParseCsvRow(CutCsvRow(text.substr(first.size())));
    if (row) AG_RETURN_IF_ERROR(CheckSchema((*row)[0]));
  }
  return Status(Code::kInvalidArgument, "does not begin with the columns " +
                                            std::string(header.substr(0, header.size() - 1)));
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
  if (!text.starts_with(header)) return OtherHeader(text, header);
  const auto add = [&](const Record& record, size_t offset, size_t end) {
    index.entries_.push_back({KeyOf(record.file), {offset, end - offset, record.failed}});
    index.end_ = end;
  };
  AG_RETURN_IF_ERROR(kind == RecordText::kJsonl ? ReadJsonLines(text, add)
                                                : ReadCsv(text, header, add));
  index.count_ = index.entries_.size();
  index.Sort();
  return index;
}

RecordIndex::Key RecordIndex::KeyOf(const std::string& file) {
  const Sha256Digest digest =
      HashSha256(std::span(reinterpret_cast<const uint8_t*>(file.data()), file.size()));
  Key key;
  for (size_t i = 0; i < sizeof(uint64_t); ++i) {
    key.high = key.high << 8 | digest[i];
    key.low = key.low << 8 | digest[sizeof(uint64_t) + i];
  }
  return key;
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
  const Key key = KeyOf(file);
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                [](const Entry& a, const Key& k) { return a.key < k; });
  while (entry != entries_.end() && entry->key == key && entry->taken) ++entry;
  if (entry == entries_.end() || entry->key != key) return std::nullopt;
  entry->taken = true;
  if (entry->record.failed && leave_failed) return std::nullopt;
  return entry->record;
}

}  // namespace ag
