#include "native/report/report.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/base/console.h"
#include "native/base/interrupt.h"
#include "native/base/text_file.h"
#include "native/data/manifest.h"
#include "native/eval/prediction_table.h"
#include "native/report/page.h"
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

void AddReportOptions(CommandLine* line, ReportArguments* arguments) {
  const Option report = line->Add(
      "--report", &arguments->folder,
      "Folder for index.html (charts, tables, worst errors), report.json and predictions.csv");
  line->Add("--clusters", &arguments->clusters,
            "clusters.csv of a run: its near-duplicates are drawn together by the bootstrap")
      .Needs(report);
  line->Add("--data-name", &arguments->data_name, "What the report calls the data set")
      .Needs(report);
  line->Add("--resamples", &arguments->resamples, "Draws of the bootstrap")
      .ShowDefault()
      .InRange(size_t{100}, kMostResamples)
      .Needs(report);
  line->Add("--seed", &arguments->seed, "Of the bootstrap").ShowDefault().Needs(report);
  line->Add("--worst", &arguments->worst, "Worst errors that are shown; 0: no pictures")
      .ShowDefault()
      .InRange(size_t{0}, kMostWorst)
      .Needs(report);
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
  return table_.Write(FullPredictionHeader(file_));
}

// A picture that no cluster lists is one of its own; a second file of the same bytes joins it.
uint32_t ReportRun::ClusterOf(const std::string& sha256) {
  if (sha256.empty()) return next_cluster_++;
  const auto [place, added] = clusters_.try_emplace(sha256, next_cluster_);
  if (added) ++next_cluster_;
  return place->second;
}

Status ReportRun::Add(const std::string& sha256, EvalPrediction* prediction) {
  prediction->cluster = ClusterOf(wants_hashes() ? sha256 : "");
  return table_.Write(FullPredictionRow(file_, *prediction));
}

Bootstrap ReportRun::MakeBootstrap(std::span<const EvalPrediction> predictions) const {
  PrintNote("computing the report's figures");
  std::vector<uint32_t> clusters;
  for (const EvalPrediction& p : predictions) clusters.push_back(p.cluster);
  return Bootstrap(clusters, arguments_.resamples, arguments_.seed);
}

Status ReportRun::Finish(const ReportModel& model, ReportData data,
                         std::span<const EvalPrediction> predictions, const EvalResults& results,
                         const DecodeLimits& limits, const FindOptions& find,
                         Predictor* predictor) {
  if (predictions.empty()) return Status(Code::kEmpty, "no picture was evaluated: no report");
  ReportMeta meta;
  meta.version = Version();
  meta.model = model;
  meta.data = std::move(data);
  meta.data.name =
      arguments_.data_name.empty() ? DataSetName(meta.data.paths) : arguments_.data_name;
  meta.resamples = arguments_.resamples;
  meta.seed = arguments_.seed;
  meta.clusters = arguments_.clusters;

  const WorstFaces worst = FindWorstFaces(predictions, arguments_.worst, meta.data.crop == "as-is",
                                          limits, find, predictor);
  const std::string json =
      ReportJson(meta, results).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  AG_RETURN_IF_ERROR(table_.Finish());
  AG_RETURN_IF_ERROR(WriteAll(json, &json_));
  AG_RETURN_IF_ERROR(WriteAll(
      MakeReportPage(meta, results, MakeReportCharts(predictions, results), worst), &page_));
  PrintNote("wrote into " + arguments_.folder + ": index.html, report.json, predictions.csv");
  return OkStatus();
}

}  // namespace ag
