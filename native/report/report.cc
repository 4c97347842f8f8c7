#include "native/report/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/base/console.h"
#include "native/base/interrupt.h"
#include "native/base/text_file.h"
#include "native/data/manifest.h"
#include "native/eval/bootstrap.h"
#include "native/eval/tally.h"
#include "native/report/page_style.h"
#include "native/report/report_breakdowns.h"
#include "native/report/report_json.h"
#include "native/report/report_page.h"
#include "shared/base/csv.h"
#include "shared/base/file.h"
#include "shared/base/temporary_file.h"
#include "shared/base/version.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMostResamples = 100000;
constexpr size_t kMostWorst = 200;  // a page of more becomes too heavy to open

// clusters.csv of a run: which cluster the content of a file belongs to. A column named cluster and
// one named sha256, wherever they stand.
StatusOr<std::map<std::string, uint32_t>> ReadClusters(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kMaxManifestBytes, NamedByUser()));
  CsvReader reader(text);
  CsvRow row;
  const bool any = reader.Next(&row);
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::find(row.fields.begin(), row.fields.end(), name) -
                               row.fields.begin());
  };
  const size_t cluster = column("cluster"), sha256 = column("sha256");
  if (!any || cluster == row.fields.size() || sha256 == row.fields.size()) {
    return Status(Code::kInvalidArgument,
                  path +
                      ": the first line names no columns cluster and sha256 (clusters.csv of a "
                      "training run was expected)");
  }
  const size_t fields = row.fields.size();
  std::map<std::string, uint32_t> numbers, clusters;
  while (reader.Next(&row)) {
    if (!row.error.empty() || row.fields.size() != fields) {
      return Status(
          Code::kInvalidArgument,
          path + ": line " + std::to_string(row.line) + ": " +
              (row.error.empty() ? "expected " + std::to_string(fields) + " fields" : row.error));
    }
    const auto number = numbers.try_emplace(row.fields[cluster], numbers.size()).first->second;
    clusters.emplace(row.fields[sha256], number);
  }
  return clusters;
}

// How much of the distribution lies below `age`: half of what its own bin has.
double RankOf(double age, const std::vector<float>& bins, const std::vector<float>& distribution) {
  if (bins.empty() || distribution.size() != bins.size()) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double below = 0;
  for (size_t i = 0; i < bins.size(); ++i) {
    below += distribution[i] * (bins[i] < age ? 1.0 : bins[i] == age ? 0.5 : 0.0);
  }
  return std::clamp(below, 0.0, 1.0);
}

std::string TableRow(const FileColumn& file, const EvalPrediction& p) {
  std::array<char, 160> numbers;
  const auto years = [](double value) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.6g", value);
    return std::string(text.data());
  };
  std::string interval = ",";
  if (p.has_interval) {
    std::snprintf(numbers.data(), numbers.size(), "%.4f,%.4f", p.age_low, p.age_high);
    interval = numbers.data();
  }
  std::snprintf(numbers.data(), numbers.size(), ",%.4f,", p.age);
  std::string row = file.Fields(p.file) + "," + years(p.age_lo) +
                    (p.has_exact_age() ? "" : "-" + years(p.age_hi)) + "," +
                    std::string(GenderName(p.gender)) + "," + CsvField(file.Text(p.group)) +
                    numbers.data() + interval;
  std::snprintf(numbers.data(), numbers.size(), ",%.6f,%d,%.2f,%u\n", p.p_female, p.shorter_side,
                p.eye_distance, p.cluster);
  return row + numbers.data();
}

Status MakeFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (fs::is_directory(folder)) return OkStatus();
  return Status(Code::kIo,
                folder + ": " +
                    (fs::exists(folder) ? "exists and is not a folder; --report names a folder"
                                        : "cannot make the folder: " + error.message()));
}

Status WriteAll(std::string_view text, OutputFile* file) {
  AG_RETURN_IF_ERROR(file->Write(text));
  return file->Finish();
}

}  // namespace

void AddReportOptions(CLI::App* app, ReportArguments* arguments) {
  CLI::Option* report = app->add_option(
      "--report", arguments->folder,
      "Folder for index.html (charts, tables, worst errors), report.json and predictions.csv");
  app->add_option("--clusters", arguments->clusters,
                  "clusters.csv of a run: its near-duplicates are drawn together by the bootstrap")
      ->needs(report);
  app->add_option("--data-name", arguments->data_name, "What the report calls the data set")
      ->needs(report);
  app->add_option("--resamples", arguments->resamples, "Draws of the bootstrap")
      ->capture_default_str()
      ->check(CLI::Range(size_t{100}, kMostResamples))
      ->needs(report);
  app->add_option("--seed", arguments->seed, "Of the bootstrap")
      ->capture_default_str()
      ->needs(report);
  app->add_option("--worst", arguments->worst, "Worst errors that are shown; 0: no pictures")
      ->capture_default_str()
      ->check(CLI::Range(size_t{0}, kMostWorst))
      ->needs(report);
}

Status CheckReportFiles(const ReportArguments& arguments, bool overwrite, RunFiles* files) {
  if (arguments.folder.empty()) return OkStatus();
  const std::pair<const char*, EarlierResult> outputs[] = {
      {"index.html", IsPageTitled("Evaluation of ")},
      {"report.json", BeginsLike("{\n \"schema\": #,\n \"kind\": \"eval_report\"")},
      {"predictions.csv", HasColumns({"file", "age_predicted", "p_female", "cluster"})}};
  for (const auto& [name, earlier] : outputs) {
    const std::string path = (fs::path(arguments.folder) / name).string();
    AG_RETURN_IF_ERROR(files->Write({"--report", path, earlier, overwrite}));
  }
  return OkStatus();
}

StatusOr<ReportRun> ReportRun::Open(const ReportArguments& arguments) {
  AG_RETURN_IF_ERROR(MakeFolder(arguments.folder));
  RemoveLeftovers(arguments.folder);
  const auto open = [&](const char* name) {
    return OutputFile::Open((fs::path(arguments.folder) / name).string());
  };
  AG_ASSIGN_OR_RETURN(OutputFile page, open("index.html"));
  AG_ASSIGN_OR_RETURN(OutputFile json, open("report.json"));
  AG_ASSIGN_OR_RETURN(OutputFile table, open("predictions.csv"));
  ReportRun run(arguments, std::move(page), std::move(json), std::move(table));
  if (!arguments.clusters.empty()) {
    AG_ASSIGN_OR_RETURN(run.clusters_, ReadClusters(arguments.clusters));
    for (const auto& [hash, number] : run.clusters_) {
      run.next_cluster_ = std::max(run.next_cluster_, number + 1);
    }
  }
  return run;
}

Status ReportRun::Begin(const FileColumn& file) {
  file_ = file;
  return table_.Write(file_.Header() +
                      ",age,gender,group,age_predicted,age_low,age_high,p_female,picture_side,"
                      "eye_distance,cluster\n");
}

// A picture that no cluster lists is one of its own; a second file of the same bytes joins it.
uint32_t ReportRun::ClusterOf(const std::string& sha256) {
  if (sha256.empty()) return next_cluster_++;
  const auto [place, added] = clusters_.try_emplace(sha256, next_cluster_);
  if (added) ++next_cluster_;
  return place->second;
}

Status ReportRun::Add(const Sample& sample, const AgeGender& result, const std::vector<float>& bins,
                      const PictureFacts& facts) {
  EvalPrediction p;
  p.file = sample.file;
  p.path = sample.path;
  p.group = sample.group;
  p.age_lo = sample.age_lo;
  p.age_hi = sample.age_hi;
  p.gender = sample.gender;
  p.age = result.age;
  p.age_low = result.age_low;
  p.age_high = result.age_high;
  p.has_interval = result.has_interval;
  p.p_female = result.p_female;
  if (sample.has_exact_age()) p.age_rank = RankOf(sample.age_lo, bins, result.age_distribution);
  p.shorter_side = std::min(facts.width, facts.height);
  p.eye_distance = facts.eye_distance;
  p.cluster = ClusterOf(wants_hashes() ? facts.sha256 : "");
  const Status written = table_.Write(TableRow(file_, p));
  predictions_.push_back(std::move(p));
  return written;
}

Status ReportRun::Finish(const ReportModel& model, ReportData data, const DecodeLimits& limits,
                         const FindOptions& find, Predictor* predictor) {
  if (predictions_.empty()) return Status(Code::kEmpty, "no picture was evaluated: no report");
  PrintNote("computing the report's figures");
  ReportMeta meta;
  meta.version = Version();
  meta.model = model;
  meta.data = std::move(data);
  meta.data.name =
      arguments_.data_name.empty() ? DataSetName(meta.data.paths) : arguments_.data_name;
  meta.resamples = arguments_.resamples;
  meta.seed = arguments_.seed;
  meta.clusters = arguments_.clusters;

  std::vector<uint32_t> clusters;
  for (const EvalPrediction& p : predictions_) clusters.push_back(p.cluster);
  const std::vector<Breakdown> breakdowns = ReportBreakdowns(predictions_);
  const EvalResults results = ComputeResults(
      predictions_, breakdowns, Bootstrap(clusters, arguments_.resamples, arguments_.seed));
  const WorstFaces worst = FindWorstFaces(predictions_, arguments_.worst, meta.data.crop == "as-is",
                                          limits, find, predictor);
  const std::string json =
      ReportJson(meta, results).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  AG_RETURN_IF_ERROR(table_.Finish());
  AG_RETURN_IF_ERROR(WriteAll(json, &json_));
  AG_RETURN_IF_ERROR(WriteAll(
      MakeReportPage(meta, results, MakeReportCharts(predictions_, breakdowns, results), worst),
      &page_));
  PrintNote("wrote into " + arguments_.folder + ": index.html, report.json, predictions.csv");
  return OkStatus();
}

}  // namespace ag
