// The texts that describe data sets: CSV, manifest, split, and UTKFace's file names, all on the
// same bytes.
//
// Promises (native/data): every row ends, lines count upwards, a row written with CsvField is read
// as it was, and so is any name of a file (shared/base/file_name.h); samples and split entries keep
// the ranges that dataset.h states.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "native/data/dataset.h"
#include "native/data/known_set.h"
#include "native/data/manifest.h"
#include "shared/base/file_name.h"
#include "tests/fuzz/require.h"

namespace ag::fuzz {
namespace {

// The bytes as a file that has a path: the readers open their files themselves.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const uint8_t> bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    Require(fd_ >= 0, "no file in memory");
    Require(::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
            "a file in memory cut short");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void CheckRoundTrip(const CsvRow& row) {
  // An empty line is no row, so a row of one empty field has to stand behind something.
  std::string text = "first";
  for (const std::string& field : row.fields) text += "," + CsvField(field);
  CsvReader reader(text);
  CsvRow again;
  Require(reader.Next(&again) && again.error.empty(), "a written row is read");
  again.fields.erase(again.fields.begin());
  Require(again.fields == row.fields, "a written row is read as it was");
  Require(!reader.Next(&again), "one row is one row");
}

void CheckCsv(std::string_view text) {
  CsvReader reader(text);
  CsvRow row;
  size_t line = 0;
  size_t rows = 0;
  while (reader.Next(&row)) {
    Require(row.line > line, "lines count upwards");
    line = row.line;
    Require(++rows <= text.size(), "no more rows than bytes");
    if (!row.error.empty()) continue;
    Require(!row.fields.empty(), "a row has a field");
    CheckRoundTrip(row);
  }
}

// The bytes as the name of a file.
void CheckName(std::string_view name) {
  for (const TextUse use : {TextUse::kAnywhere, TextUse::kSpreadsheet}) {
    const EncodedName encoded = EncodeFileName(name, use);
    Require(IsUtf8(encoded.text), "a name's text is UTF-8");
    const StatusOr<std::string> decoded = DecodeFileName(encoded.text, encoded.encoding());
    Require(decoded.ok() && *decoded == name, "a name is read as it was");
    FileColumn column("file", use);
    column.Expect(name);
    const std::string table = column.Header() + ",end\n" + column.Fields(name) + ",x\n";
    CsvReader reader(table);
    CsvRow header, row;
    Require(reader.Next(&header) && reader.Next(&row) && row.fields.size() == header.fields.size(),
            "a table of one name");
    const StatusOr<std::string> read = FileOfRow(
        row, 0, header.fields[1] == kFileEncoding ? std::optional<size_t>(1) : std::nullopt);
    Require(read.ok() && *read == name, "a table's name is read as it was");
  }
  Require(UndoSpreadsheetText(SpreadsheetText(name)) == name, "a text is read as it was");
  // As somebody else's text: refused, or bytes that are encoded again.
  const StatusOr<std::string> foreign = DecodeFileName(name, kPercentEncoding);
  Require(foreign.ok() || foreign.status().code() == Code::kInvalidArgument, "a name's error");
}

bool IsAgeRange(const Sample& sample) {
  return sample.age_lo >= 0 && sample.age_lo <= sample.age_hi && sample.age_hi <= kMaxAgeYears;
}

void CheckManifest(const std::string& path) {
  const StatusOr<Dataset> dataset = ReadManifest(path, "", {});
  if (!dataset.ok()) {
    const Code code = dataset.status().code();
    Require(code == Code::kInvalidArgument || code == Code::kEmpty, "a manifest's error");
    return;
  }
  for (const Sample& sample : dataset->samples) {
    Require(!sample.file.empty() && !sample.path.empty(), "a sample has a file");
    Require(sample.path.find('\0') == std::string::npos, "a path without a zero");
    Require(IsAgeRange(sample), "an age within its range");
    Require(sample.weight >= 0 && sample.weight <= 1e6, "a weight within its range");
  }
  for (const SkippedFile& skipped : dataset->skipped) {
    Require(!skipped.reason.empty(), "what is skipped has a reason");
  }
}

void CheckSplit(const std::string& path) {
  const StatusOr<std::vector<SplitEntry>> entries = ReadSplit(path);
  if (!entries.ok()) {
    Require(entries.status().code() == Code::kInvalidArgument, "a split's error");
    return;
  }
  for (const SplitEntry& entry : *entries) {
    Require(entry.sha256.size() == 64, "a digest's length");
    Require(entry.part == "train" || entry.part == "val" || entry.part == "test" ||
                entry.part == "aside",
            "a part");
    Require(IsValidation(entry.sha256, 1) && !IsValidation(entry.sha256, 0),
            "the whole of a split");
  }
}

}  // namespace
}  // namespace ag::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ag::fuzz;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckCsv(text);
  CheckName(text);
  const MemoryFile file({data, size});
  CheckManifest(file.path());
  CheckSplit(file.path());
  const ag::StatusOr<ag::Sample> sample = ag::kUtkfaceSet.label_of_name(std::string(text));
  Require(!sample.ok() || IsAgeRange(*sample), "the age in a file's name");
  return 0;
}
