// `eval --report DIR`: gathers what eval predicts, then writes index.html, report.json and
// predictions.csv.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "native/base/command_line.h"
#include "native/base/output_file.h"
#include "native/base/run_files.h"
#include "native/eval/bootstrap.h"
#include "native/eval/prediction.h"
#include "native/eval/results.h"
#include "native/report/report_meta.h"
#include "shared/base/file_name.h"
#include "shared/face/finder.h"
#include "shared/image/decode.h"
#include "shared/predict/predictor.h"

namespace ag {

struct ReportArguments {
  std::string folder;    // empty: no report
  std::string clusters;  // of a training run; empty: the bootstrap draws pictures
  std::string data_name;
  size_t resamples = 1000;
  uint64_t seed = 1;
  size_t worst = 24;
};

// The files that a report of these options would write.
Status CheckReportFiles(const ReportArguments& arguments, bool overwrite, RunFiles* files);

void AddReportOptions(CommandLine* line, ReportArguments* arguments);

class ReportRun {
 public:
  // Creates the folder and opens its files, so that a failure to write shows before the work.
  static StatusOr<ReportRun> Open(const ReportArguments& arguments);

  // Before the first picture. `file`: how the table names them.
  Status Begin(const FileColumn& file);

  bool wants_hashes() const { return !arguments_.clusters.empty(); }

  // In the order of the data. Sets the prediction's cluster and writes its row.
  Status Add(const std::string& sha256, EvalPrediction* prediction);

  // Of all that were added.
  Bootstrap MakeBootstrap(std::span<const EvalPrediction> predictions) const;

  // Writes everything. `data` lacks name, filled in here. `results`: of `predictions`, with
  // MakeBootstrap's intervals. The predictor makes the thumbnails. kEmpty if nothing was added.
  Status Finish(const ReportModel& model, ReportData data,
                std::span<const EvalPrediction> predictions, const EvalResults& results,
                const DecodeLimits& limits, const FindOptions& find, Predictor* predictor);

 private:
  ReportRun(const ReportArguments& arguments, OutputFile page, OutputFile json, OutputFile table)
      : arguments_(arguments),
        page_(std::move(page)),
        json_(std::move(json)),
        table_(std::move(table)) {}
  uint32_t ClusterOf(const std::string& sha256);

  ReportArguments arguments_;
  FileColumn file_;
  OutputFile page_, json_, table_;
  std::map<std::string, uint32_t> clusters_;  // by SHA-256
  uint32_t next_cluster_ = 0;
};

}  // namespace ag
