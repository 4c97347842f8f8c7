#include "native/cli/compare.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/output_file.h"
#include "native/base/run_files.h"
#include "native/base/text_file.h"
#include "native/data/manifest.h"
#include "native/eval/bootstrap.h"
#include "native/eval/metrics.h"
#include "shared/base/csv.h"
#include "shared/base/file_name.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostResamples = 100000;

// Figures that two predictions of one picture decide; smaller is better unless `more_is_better`.
struct Compared {
  Figure figure;
  bool more_is_better;
};
constexpr std::array<Compared, 6> kCompared = {{{Figure::kMae, false},
                                                {Figure::kMedianError, false},
                                                {Figure::kWithin5, true},
                                                {Figure::kWithinRange, true},
                                                {Figure::kGenderAccuracy, true},
                                                {Figure::kMinorsAsAdults, false}}};

struct Arguments {
  std::string first, second, json;
  bool overwrite = false;
  size_t resamples = 2000;
  uint64_t seed = 1;
};

bool ParseNumber(std::string_view text, double* value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         std::isfinite(*value);
}

// "25" or "20-29"
bool ParseAgeLabel(const std::string& text, EvalPrediction* prediction) {
  const size_t dash = text.find('-');
  if (!ParseNumber(std::string_view(text).substr(0, dash), &prediction->age_lo)) return false;
  prediction->age_hi = prediction->age_lo;
  return dash == std::string::npos ||
         ParseNumber(std::string_view(text).substr(dash + 1), &prediction->age_hi);
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
  prediction.file = *file;
  const std::string& gender = row.fields[columns.gender];
  if (gender == "female") prediction.gender = Gender::kFemale;
  if (gender == "male") prediction.gender = Gender::kMale;
  const bool good = (gender.empty() || prediction.gender != Gender::kUnknown) &&
                    ParseAgeLabel(row.fields[columns.age], &prediction) &&
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

struct Predictions {
  std::vector<EvalPrediction> all;
  bool has_clusters = false;
};

StatusOr<Predictions> ReadPredictions(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::string table,
                      ReadTextFile(path, kMaxManifestBytes, NamedByUser()));
  CsvReader reader(table);
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
  Predictions predictions;
  predictions.has_clusters = columns->cluster < columns->count;
  while (reader.Next(&row)) {
    std::optional<EvalPrediction> prediction = ParsePrediction(row, *columns);
    if (!prediction) {
      return Status(Code::kInvalidArgument, path + ": line " + std::to_string(row.line) +
                                                ": not a prediction" +
                                                (row.error.empty() ? "" : ": " + row.error));
    }
    predictions.all.push_back(*std::move(prediction));
  }
  return predictions;
}

// The second file's predictions in the order of the first's, both limited to pictures in both.
struct Paired {
  std::vector<EvalPrediction> first, second;
  size_t unpaired = 0;
};

using ByFile = std::map<std::string, const EvalPrediction*>;

StatusOr<ByFile> IndexByFile(const Predictions& predictions, const std::string& path) {
  ByFile of_file;
  for (const EvalPrediction& prediction : predictions.all) {
    if (!of_file.emplace(prediction.file, &prediction).second) {
      return Status(Code::kInvalidArgument, path + ": '" + prediction.file + "' appears twice");
    }
  }
  return of_file;
}

StatusOr<Paired> Pair(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(const Predictions first, ReadPredictions(arguments.first));
  AG_ASSIGN_OR_RETURN(const Predictions second, ReadPredictions(arguments.second));
  AG_RETURN_IF_ERROR(IndexByFile(first, arguments.first).status());
  AG_ASSIGN_OR_RETURN(const ByFile of_file, IndexByFile(second, arguments.second));
  Paired paired;
  uint32_t alone = 0;
  for (const EvalPrediction& prediction : first.all) {
    const auto found = of_file.find(prediction.file);
    if (found == of_file.end()) continue;
    const EvalPrediction& other = *found->second;
    if (other.age_lo != prediction.age_lo || other.age_hi != prediction.age_hi ||
        other.gender != prediction.gender) {
      return Status(Code::kInvalidArgument, arguments.second + ": '" + prediction.file +
                                                "' has a different label in " + arguments.first);
    }
    paired.first.push_back(prediction);
    paired.second.push_back(other);
    if (!first.has_clusters) {
      paired.first.back().cluster = second.has_clusters ? other.cluster : alone++;
    }
  }
  if (paired.first.empty()) {
    return Status(Code::kEmpty,
                  arguments.first + " and " + arguments.second + " have no picture in common");
  }
  paired.unpaired = first.all.size() + second.all.size() - 2 * paired.first.size();
  return paired;
}

struct Difference {
  double first = 0, second = 0;
  Interval interval;         // of second - first
  double second_better = 0;  // share of the draws in which it is better; a tie counts half

  double value() const { return second - first; }
};

std::vector<std::optional<Difference>> Compare(const Paired& paired, const Arguments& arguments,
                                               size_t* clusters) {
  std::vector<uint32_t> members(paired.first.size());
  std::iota(members.begin(), members.end(), 0u);
  const FigureCell first(paired.first, members), second(paired.second, members);
  std::vector<uint32_t> cluster_of;
  for (const EvalPrediction& prediction : paired.first) cluster_of.push_back(prediction.cluster);
  const Bootstrap bootstrap(cluster_of, arguments.resamples, arguments.seed);
  *clusters = bootstrap.clusters();

  const std::vector<uint32_t> once(members.size(), 1);
  const FigureValues a = first.Measure(once), b = second.Measure(once);
  std::array<std::vector<double>, kCompared.size()> draws;
  std::vector<uint32_t> weights;
  for (size_t resample = 0; resample < bootstrap.resamples(); ++resample) {
    bootstrap.Draw(resample, &weights);
    const FigureValues of_first = first.Measure(weights), of_second = second.Measure(weights);
    for (size_t i = 0; i < kCompared.size(); ++i) {
      const auto figure = static_cast<size_t>(kCompared[i].figure);
      draws[i].push_back(of_second[figure] - of_first[figure]);
    }
  }
  std::vector<std::optional<Difference>> differences(kCompared.size());
  for (size_t i = 0; i < kCompared.size(); ++i) {
    const auto figure = static_cast<size_t>(kCompared[i].figure);
    if (std::isnan(a[figure]) || std::isnan(b[figure])) continue;
    Difference difference{a[figure], b[figure], PercentileInterval(draws[i]), 0};
    double wins = 0, defined = 0;
    for (const double draw : draws[i]) {
      if (std::isnan(draw)) continue;
      defined += 1;
      wins += draw == 0 ? 0.5 : (draw > 0) == kCompared[i].more_is_better ? 1 : 0;
    }
    difference.second_better =
        defined > 0 ? wins / defined : std::numeric_limits<double>::quiet_NaN();
    differences[i] = difference;
  }
  return differences;
}

std::string FigureText(double value, FigureUnit unit, bool with_sign) {
  std::array<char, 48> text;
  if (std::isnan(value)) return "?";
  if (unit == FigureUnit::kShare) {
    std::snprintf(text.data(), text.size(), with_sign ? "%+.2f" : "%.2f %%", 100 * value);
  } else {
    std::snprintf(text.data(), text.size(), with_sign ? "%+.3f" : "%.3f", value);
  }
  return text.data();
}

Json NumberOrNull(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

Status CheckFiles(const Arguments& arguments) {
  RunFiles files;
  files.Read("the first input", arguments.first);
  files.Read("the second input", arguments.second);
  AG_RETURN_IF_ERROR(files.WriteStandardOutput());
  if (arguments.json.empty()) return OkStatus();
  const EarlierResult earlier = [](std::string_view text) {
    return BeginsLike("{\n  \"first\": \"")(text) &&
           text.find("\n  \"figures\": {") != std::string_view::npos;
  };
  return files.Write({"--json", arguments.json, earlier, arguments.overwrite});
}

StatusOr<int> Run(const Arguments& arguments) {
  AG_RETURN_IF_ERROR(CheckFiles(arguments));
  AG_ASSIGN_OR_RETURN(const Paired paired, Pair(arguments));
  std::optional<OutputFile> json_file;
  if (!arguments.json.empty()) {
    AG_ASSIGN_OR_RETURN(OutputFile opened, OutputFile::Open(arguments.json));
    json_file.emplace(std::move(opened));
  }
  size_t clusters = 0;
  const auto differences = Compare(paired, arguments, &clusters);

  std::string text = "A  " + arguments.first + "\nB  " + arguments.second + "\n" +
                     std::to_string(paired.first.size()) + " pictures of both, " +
                     std::to_string(paired.unpaired) + " of one alone; " +
                     std::to_string(arguments.resamples) + " draws of " + std::to_string(clusters) +
                     " pictures or clusters\n\n";
  std::array<char, 160> line;
  std::snprintf(line.data(), line.size(), "%-14s %10s %10s %9s  %-20s %s\n", "", "A", "B", "B - A",
                "95 % interval", "B better in");
  text += line.data();
  Json figures = Json::object();
  for (size_t i = 0; i < differences.size(); ++i) {
    if (!differences[i]) continue;
    const Difference& d = *differences[i];
    const FigureInfo& info = InfoOf(kCompared[i].figure);
    const std::string interval = FigureText(d.interval.low, info.unit, true) + " to " +
                                 FigureText(d.interval.high, info.unit, true);
    std::snprintf(line.data(), line.size(), "%-14s %10s %10s %9s  %-20s %.1f %% of the draws\n",
                  std::string(info.title).c_str(), FigureText(d.first, info.unit, false).c_str(),
                  FigureText(d.second, info.unit, false).c_str(),
                  FigureText(d.value(), info.unit, true).c_str(), interval.c_str(),
                  100 * d.second_better);
    text += line.data();
    figures[std::string(info.name)] = {
        {"first", d.first},
        {"second", d.second},
        {"difference", d.value()},
        {"interval", {NumberOrNull(d.interval.low), NumberOrNull(d.interval.high)}},
        {"second_better", NumberOrNull(d.second_better)}};
  }
  if (json_file) {
    const Json json = {{"first", arguments.first},
                       {"second", arguments.second},
                       {"pictures", paired.first.size()},
                       {"unpaired", paired.unpaired},
                       {"resamples", arguments.resamples},
                       {"seed", arguments.seed},
                       {"clusters", clusters},
                       {"confidence", kConfidence},
                       {"figures", figures}};
    AG_RETURN_IF_ERROR(
        json_file->Write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"));
    AG_RETURN_IF_ERROR(json_file->Finish());
  }
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(""));
  const Status printed = output.Write(text);
  if (!printed.ok() && !output.reader_gone()) return printed;
  return kExitDone;
}

}  // namespace

int RunCompare(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Whether one model is better than another: a paired bootstrap on eval's predictions for "
      "the same pictures.");
  app.add_option("first", arguments.first, "CSV of eval --predictions, or of a report")->required();
  app.add_option("second", arguments.second, "The same, of another model")->required();
  app.add_option("--resamples", arguments.resamples, "Resamples of the bootstrap")
      ->capture_default_str()
      ->check(CLI::Range(size_t{100}, kMostResamples));
  app.add_option("--seed", arguments.seed, "Seed of the resamples")->capture_default_str();
  app.add_option("--json", arguments.json, "Write all numbers to this file");
  AddOverwriteOption(&app, &arguments.overwrite);
  if (const std::optional<int> code = ParseCommandLine(&app, argc, argv)) return *code;
  return ExitCodeOf(Run(arguments));
}

}  // namespace ag
