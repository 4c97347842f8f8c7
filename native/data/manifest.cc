#include "native/data/manifest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "native/base/text_file.h"
#include "shared/base/csv.h"
#include "shared/base/file_name.h"

namespace ag {
namespace {

constexpr double kMaxWeight = 1e6;  // above this, one sample would be the whole loss

// Where each column is; nullopt: missing.
struct Columns {
  std::optional<size_t> file, file_encoding, age, age_lo, age_hi, gender, group, race, weight;
};

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Status SetColumn(Columns* columns, std::string_view name, size_t index) {
  std::optional<size_t>* column = nullptr;
  if (name == "file") column = &columns->file;
  if (name == kFileEncoding) column = &columns->file_encoding;
  if (name == "age") column = &columns->age;
  if (name == "age_lo") column = &columns->age_lo;
  if (name == "age_hi") column = &columns->age_hi;
  if (name == "gender") column = &columns->gender;
  if (name == "group") column = &columns->group;
  if (name == "race") column = &columns->race;
  if (name == "weight") column = &columns->weight;
  if (column == nullptr) return OkStatus();
  if (column->has_value()) {
    return Status(Code::kInvalidArgument, "the column '" + std::string(name) + "' appears twice");
  }
  *column = index;
  return OkStatus();
}

StatusOr<Columns> ReadHeader(const CsvRow& header) {
  if (!header.error.empty()) return Status(Code::kInvalidArgument, "line 1: " + header.error);
  Columns columns;
  std::string found;
  for (size_t i = 0; i < header.fields.size(); ++i) {
    const std::string name = LowerCase(TrimSpaces(header.fields[i]));
    AG_RETURN_IF_ERROR(SetColumn(&columns, name, i));
    found += (i == 0 ? "" : ", ") + name;
  }
  const bool half_a_range =
      !columns.age && columns.age_lo.has_value() != columns.age_hi.has_value();
  if (!columns.file || !columns.gender || half_a_range) {
    return Status(Code::kInvalidArgument,
                  "the first line must name the columns file and gender, and where ages are known "
                  "age or both age_lo and age_hi, separated by commas; found: " +
                      found.substr(0, 200));
  }
  if (!columns.group) columns.group = columns.race;
  return columns;
}

// The field as it is; empty if it is missing.
std::string TextOf(const CsvRow& row, size_t column) {
  return column < row.fields.size() ? row.fields[column] : std::string();
}

// The trimmed field of a column; empty if the column or the field is missing.
std::string_view Field(const CsvRow& row, const std::optional<size_t>& column) {
  if (!column || *column >= row.fields.size()) return {};
  return TrimSpaces(row.fields[*column]);
}

std::string Quoted(std::string_view text) { return "'" + std::string(text.substr(0, 40)) + "'"; }

StatusOr<double> ParseNumber(std::string_view text, std::string_view name, double max) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    return Status(Code::kInvalidArgument,
                  std::string(name) + " " + Quoted(text) + " is not a number");
  }
  if (value < 0 || value > max) {
    return Status(Code::kInvalidArgument, std::string(name) + " " + Quoted(text) +
                                              " is outside 0.." +
                                              std::to_string(static_cast<long>(max)));
  }
  return value;
}

Status ParseAges(const CsvRow& row, const Columns& columns, Sample* sample) {
  if (const std::string_view age = Field(row, columns.age); !age.empty()) {
    return ParseAgeField(age, sample);
  }
  const std::string_view lo = Field(row, columns.age_lo), hi = Field(row, columns.age_hi);
  if ((lo.empty() && hi.empty()) || !columns.age_lo || !columns.age_hi) {
    sample->age_lo = 0;
    sample->age_hi = kMaxAgeYears;
    return OkStatus();
  }
  AG_ASSIGN_OR_RETURN(sample->age_lo, ParseNumber(lo, "age_lo", kMaxAgeYears));
  AG_ASSIGN_OR_RETURN(sample->age_hi, ParseNumber(hi, "age_hi", kMaxAgeYears));
  if (sample->age_lo > sample->age_hi) {
    return Status(Code::kInvalidArgument, "age_lo is above age_hi");
  }
  return OkStatus();
}

StatusOr<Sample> ParseRow(const CsvRow& row, const Columns& columns,
                          const std::filesystem::path& folder) {
  if (!row.error.empty()) return Status(Code::kInvalidArgument, row.error);
  Sample sample;
  // Not trimmed: the name of a file may begin or end with a space.
  AG_ASSIGN_OR_RETURN(sample.file, FileOfRow(row, *columns.file, columns.file_encoding));
  if (sample.file.empty()) return Status(Code::kInvalidArgument, "file is empty");
  if (sample.file.find('\0') != std::string::npos) {
    return Status(Code::kInvalidArgument, "file holds a zero byte");
  }
  sample.path = (folder / sample.file).string();  // an absolute file stays as it is
  AG_RETURN_IF_ERROR(ParseAges(row, columns, &sample));
  AG_ASSIGN_OR_RETURN(sample.gender, ParseGenderField(Field(row, columns.gender)));
  if (!sample.has_age() && sample.gender == Gender::kUnknown) {
    return Status(Code::kInvalidArgument, "neither an age nor a gender");
  }
  sample.group = Field(row, columns.group);
  if (const std::string_view weight = Field(row, columns.weight); !weight.empty()) {
    AG_ASSIGN_OR_RETURN(sample.weight, ParseNumber(weight, "weight", kMaxWeight));
  }
  return sample;
}

}  // namespace

StatusOr<Gender> ParseGenderField(std::string_view text) {
  const std::string lower = LowerCase(text);
  if (lower.empty()) return Gender::kUnknown;
  if (lower == "male" || lower == "m" || lower == "0") return Gender::kMale;
  if (lower == "female" || lower == "f" || lower == "1") return Gender::kFemale;
  return Status(Code::kInvalidArgument,
                "gender " + Quoted(text) + " is none of male, female, m, f, 0, 1");
}

Status ParseAgeField(std::string_view text, Sample* sample) {
  constexpr std::string_view kMoreThan = "more than ";
  if (LowerCase(text).starts_with(kMoreThan) || text.ends_with('+')) {
    const std::string_view least =
        text.ends_with('+') ? text.substr(0, text.size() - 1) : text.substr(kMoreThan.size());
    AG_ASSIGN_OR_RETURN(sample->age_lo, ParseNumber(TrimSpaces(least), "age", kMaxAgeYears));
    sample->age_hi = kMaxAgeYears;
    return OkStatus();
  }
  // "-5" is a negative number, not a range; "1e-3" is not valid here either way.
  const size_t dash = text.find('-', 1);
  AG_ASSIGN_OR_RETURN(sample->age_lo,
                      ParseNumber(TrimSpaces(text.substr(0, dash)), "age", kMaxAgeYears));
  sample->age_hi = sample->age_lo;
  if (dash == std::string_view::npos) return OkStatus();
  AG_ASSIGN_OR_RETURN(sample->age_hi, ParseNumber(TrimSpaces(text.substr(dash + 1)),
                                                  "the end of age", kMaxAgeYears));
  if (sample->age_lo > sample->age_hi) {
    return Status(Code::kInvalidArgument, "age " + Quoted(text) + " ends before it begins");
  }
  return OkStatus();
}

StatusOr<Dataset> ReadManifest(const std::string& path, const std::string& folder,
                               const ReadOptions& options) {
  AG_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxManifestBytes, options));
  CsvReader reader(text);
  CsvRow row;
  if (!reader.Next(&row)) return Status(Code::kEmpty, path + ": the manifest is empty");
  StatusOr<Columns> columns = ReadHeader(row);
  if (!columns.ok()) return columns.status().WithContext(path);

  Dataset dataset;
  dataset.root = folder.empty() ? "." : folder;
  while (reader.Next(&row)) {
    StatusOr<Sample> sample = ParseRow(row, *columns, folder);
    if (sample.ok()) {
      dataset.samples.push_back(*std::move(sample));
      continue;
    }
    const StatusOr<std::string> file = FileOfRow(row, *columns->file, columns->file_encoding);
    dataset.skipped.push_back(
        {file.ok() ? *file : TextOf(row, *columns->file),
         "line " + std::to_string(row.line) + ": " + sample.status().message()});
  }
  return dataset;
}

}  // namespace ag
