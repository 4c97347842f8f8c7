#include "native/eval/prediction_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "native/base/interrupt.h"
#include "native/base/text_file.h"
#include "native/data/label_text.h"
#include "native/data/manifest.h"

namespace ag {
namespace {

bool ParseNumber(std::string_view text, double* value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         std::isfinite(*value);
}

// Where the columns are. `cluster` may be missing: then the other file's clusters are used, or each
// picture is drawn by itself.
struct Columns {
  size_t file, age, gender, age_predicted, p_female, cluster, count;
  std::optional<size_t> file_encoding;
};

std::optional<Columns> FindColumns(const std::vector<std::string>& header) {
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  Columns columns = {column("file"),          column("age"),      column("gender"),
                     column("age_predicted"), column("p_female"), column("cluster"),
                     header.size(),           std::nullopt};
  if (const size_t encoding = column(kFileEncoding); encoding < header.size()) {
    columns.file_encoding = encoding;
  }
  const size_t last = std::max(
      {columns.file, columns.age, columns.gender, columns.age_predicted, columns.p_female});
  if (last >= header.size()) return std::nullopt;
  return columns;
}

std::optional<EvalPrediction> ParsePrediction(const CsvRow& row, const Columns& columns) {
  if (!row.error.empty() || row.fields.size() != columns.count) return std::nullopt;
  EvalPrediction prediction;
  const StatusOr<std::string> file = FileOfRow(row, columns.file, columns.file_encoding);
  if (!file.ok()) return std::nullopt;
  prediction.label.file = *file;
  const StatusOr<Gender> gender = ParseGenderField(row.fields[columns.gender]);
  if (!gender.ok()) return std::nullopt;
  prediction.label.gender = *gender;
  const bool good = ParseAgeField(row.fields[columns.age], &prediction.label).ok() &&
                    ParseNumber(row.fields[columns.age_predicted], &prediction.age) &&
                    ParseNumber(row.fields[columns.p_female], &prediction.p_female);
  if (!good) return std::nullopt;
  if (columns.cluster < columns.count) {
    const std::string& text = row.fields[columns.cluster];
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), prediction.cluster);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  }
  return prediction;
}

}  // namespace

std::string PredictionHeader(const FileColumn& file) {
  return file.Header() + ",age,gender,age_predicted,p_female\n";
}

std::string PredictionRow(const FileColumn& file, const EvalPrediction& prediction) {
  std::array<char, 64> numbers;
  std::snprintf(numbers.data(), numbers.size(), ",%.4f,%.6f\n", prediction.age,
                prediction.p_female);
  return file.Fields(prediction.label.file) + "," + AgeField(prediction.label) + "," +
         GenderField(prediction.label.gender) + numbers.data();
}

std::string FullPredictionHeader(const FileColumn& file) {
  return file.Header() +
         ",age,gender,group,age_predicted,age_low,age_high,p_female,picture_side,eye_distance,"
         "cluster\n";
}

std::string FullPredictionRow(const FileColumn& file, const EvalPrediction& p) {
  std::array<char, 160> numbers;
  std::string interval = ",";
  if (p.has_interval) {
    std::snprintf(numbers.data(), numbers.size(), "%.4f,%.4f", p.age_low, p.age_high);
    interval = numbers.data();
  }
  std::snprintf(numbers.data(), numbers.size(), ",%.4f,", p.age);
  std::string row = file.Fields(p.label.file) + "," + AgeField(p.label) + "," +
                    GenderField(p.label.gender) + "," + CsvField(file.Text(p.label.group)) +
                    numbers.data() + interval;
  std::snprintf(numbers.data(), numbers.size(), ",%.6f,%d,%.2f,%u\n", p.p_female, p.shorter_side,
                p.eye_distance, p.cluster);
  return row + numbers.data();
}

StatusOr<PredictionTable> ReadPredictionTable(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxManifestBytes, NamedByUser()));
  CsvReader reader(text);
  CsvRow row;
  const std::optional<Columns> columns =
      reader.Next(&row) ? FindColumns(row.fields) : std::optional<Columns>();
  if (!columns) {
    return Status(Code::kInvalidArgument,
                  path +
                      ": the first line does not name the columns file, age, gender, age_predicted "
                      "and p_female (expected a file of `eval --predictions` or a report's "
                      "predictions.csv)");
  }
  PredictionTable table;
  table.has_clusters = columns->cluster < columns->count;
  while (reader.Next(&row)) {
    std::optional<EvalPrediction> prediction = ParsePrediction(row, *columns);
    if (!prediction) {
      return Status(Code::kInvalidArgument, path + ": line " + std::to_string(row.line) +
                                                ": not a prediction" +
                                                (row.error.empty() ? "" : ": " + row.error));
    }
    table.predictions.push_back(*std::move(prediction));
  }
  return table;
}

}  // namespace ag
