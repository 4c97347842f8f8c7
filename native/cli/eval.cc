// ag_native eval: accuracy of a model on labelled pictures, through the engine that ships.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/file_json.h"
#include "native/base/interrupt.h"
#include "native/base/output_file.h"
#include "native/data/dataset.h"
#include "native/data/labelled_pictures.h"
#include "native/eval/breakdowns.h"
#include "native/eval/prediction_table.h"
#include "native/eval/results.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/model_files.h"
#include "native/pictures/predictors.h"
#include "native/report/eval_text.h"
#include "native/report/report.h"
#include "shared/base/file_name.h"
#include "shared/record/record.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments : LabelledArguments {
  std::string protocol, json, predictions;
  bool csv_safe = false;
  bool overwrite = false;
  ReportArguments report;
};

void AddOptions(CommandLine* line, Arguments* arguments) {
  AddLabelledOptions(line, {"train", "val", "test"}, arguments);
  line->Add("--protocol", &arguments->protocol,
            "LOW-HIGH: only pictures labelled with these ages (published figures are often of "
            "21-60)");
  line->Add("--json", &arguments->json, "Write all numbers to this file");
  line->Add("--predictions", &arguments->predictions,
            "Write file,age,gender,age_predicted,p_female to this CSV file");
  AddOverwriteOption(line, &arguments->overwrite);
  AddReportOptions(line, &arguments->report);
  AddCsvSafeOption(line, &arguments->csv_safe);
}

// Both ends included. kInvalidArgument if the text is not such a range.
StatusOr<std::pair<double, double>> ParseProtocol(const std::string& text) {
  std::pair<double, double> ages;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf-%lf%c", &ages.first, &ages.second, &rest) == 2 &&
      std::isfinite(ages.second) && 0 <= ages.first && ages.first <= ages.second) {
    return ages;
  }
  return Status(Code::kInvalidArgument,
                "--protocol: expected two ages such as 21-60, found '" + text + "'");
}

// Keeps the samples whose whole label lies in the protocol's ages; returns how many were dropped.
// kEmpty if none is left.
StatusOr<size_t> KeepProtocol(const Arguments& arguments, std::vector<SelectedSample>* samples) {
  if (arguments.protocol.empty()) return size_t{0};
  AG_ASSIGN_OR_RETURN(const auto ages, ParseProtocol(arguments.protocol));
  const size_t gone = std::erase_if(*samples, [&](const SelectedSample& selected) {
    return !selected.sample.has_age() || selected.sample.age_lo < ages.first ||
           selected.sample.age_hi > ages.second;
  });
  if (!samples->empty()) return gone;
  return Status(Code::kEmpty, arguments.DataText() + ": no picture is labelled with an age of " +
                                  arguments.protocol);
}

// What one run collects and writes.
class Evaluation {
 public:
  // `file`: how tables name the pictures.
  Evaluation(const Arguments& arguments, const Model& net, FileColumn file,
             std::optional<OutputFile> predictions, std::optional<ReportRun> pages, size_t count)
      : arguments_(arguments),
        file_(std::move(file)),
        predictions_(std::move(predictions)),
        pages_(std::move(pages)),
        progress_("eval", count, true) {
    if (net.age_gender->age_kind == AgeKind::kDistribution) age_bins_ = net.age_gender->age_bins;
  }

  Status Begin() {
    if (pages_) AG_RETURN_IF_ERROR(pages_->Begin(file_));
    if (!predictions_) return OkStatus();
    return predictions_->Write(PredictionHeader(file_));
  }

  // False: stop.
  bool Add(size_t index, const Sample& sample, const LabelledOutcome& outcome) {
    progress_.Update(index + 1);
    if (!outcome.status.ok()) {
      progress_.Clear();
      PrintError(sample.path + ": " + outcome.status.message());
      failed_.push_back({sample.file, outcome.status});
      return InterruptSignal() == 0;
    }
    all_.push_back(MakeEvalPrediction(sample, outcome.result, age_bins_, outcome.facts));
    EvalPrediction& prediction = all_.back();
    if (!outcome.face_found) centre_crops_.push_back(sample.file);
    if (predictions_) write_status_ = predictions_->Write(PredictionRow(file_, prediction));
    if (pages_ && write_status_.ok()) {
      write_status_ = pages_->Add(outcome.facts.sha256, &prediction);
    }
    return write_status_.ok() && InterruptSignal() == 0;
  }

  // Once, after the last picture.
  Status Finish() {
    progress_.Clear();
    AG_RETURN_IF_ERROR(write_status_);
    if (InterruptSignal() != 0) return Status(Code::kInterrupted, "eval: interrupted");
    if (predictions_) AG_RETURN_IF_ERROR(predictions_->Finish());
    const std::vector<Breakdown> breakdowns = EvalBreakdowns(all_);
    std::optional<Bootstrap> bootstrap;
    if (pages_ && !all_.empty()) bootstrap.emplace(pages_->MakeBootstrap(all_));
    results_ = ComputeResults(all_, breakdowns, bootstrap ? &*bootstrap : nullptr);
    return OkStatus();
  }

  // Call after Finish(), if a report was requested.
  Status WriteReport(const ModelPair& models, const LabelledPictures& pictures,
                     size_t outside_protocol, Predictor* predictor) {
    if (!pages_) return OkStatus();
    ReportData data;
    data.paths = arguments_.data;
    data.split = arguments_.split;
    data.part = arguments_.split.empty() ? "" : arguments_.part;
    data.crop = arguments_.crop;
    data.protocol = arguments_.protocol;
    data.evaluated = all_.size();
    for (const Failure& failure : failed_) {
      data.failed.push_back({failure.file, failure.status.message()});
    }
    data.skipped = pictures.skipped;
    data.outside_protocol = outside_protocol;
    data.missing = pictures.missing;
    data.centre_crops = centre_crops_.size();
    AG_ASSIGN_OR_RETURN(const ReportModel model, DescribeModel(models));
    return pages_->Finish(model, std::move(data), all_, results_, arguments_.engine.limits,
                          arguments_.engine.find, predictor);
  }

  size_t failed_count() const { return failed_.size(); }

  std::string Text(const ModelPair& models, const LabelledPictures& pictures) const {
    std::string text = "model     " + models.net_path + "\ndata      " + arguments_.DataText();
    if (!arguments_.protocol.empty()) text += ", ages " + arguments_.protocol;
    text += "\npictures  " + std::to_string(all_.size()) + " evaluated, " +
            std::to_string(failed_.size()) + " failed, " + std::to_string(pictures.skipped.size()) +
            " skipped";
    if (arguments_.crop == "detect") {
      text +=
          "; no face found in " + std::to_string(centre_crops_.size()) + ", their centre was taken";
    }
    return text + "\n\n" + EvalText(results_);
  }

  Json ToJson(const ModelPair& models, const LabelledPictures& pictures) const {
    Json json;
    json["schema"] = kResultSchema;
    json["model"] = {{"file", models.net_path}, {"name", models.net->model().provenance.name}};
    json["data"] = arguments_.data.size() == 1 ? Json(arguments_.data[0]) : Json(arguments_.data);
    json["split"] = arguments_.split.empty() ? Json(nullptr) : Json(arguments_.split);
    json["part"] = arguments_.split.empty() ? Json(nullptr) : Json(arguments_.part);
    json["crop"] = arguments_.crop;
    json["protocol"] = arguments_.protocol.empty() ? Json(nullptr) : Json(arguments_.protocol);
    json["evaluated"] = all_.size();
    json["failed"] = Json::array();
    for (const Failure& failure : failed_) {
      json["failed"].push_back(Json::object());
      AddFileName(failure.file, &json["failed"].back());
      json["failed"].back()["error"] = {{"code", CodeName(failure.status.code())},
                                        {"message", failure.status.message()}};
    }
    json["skipped"] = FilesJson(pictures.skipped);
    json["missing_from_data"] = pictures.missing;
    json["centre_crops"]["count"] = centre_crops_.size();
    AddFileNames(centre_crops_, &json["centre_crops"]);
    json.update(EvalJson(results_));
    return json;
  }

 private:
  struct Failure {
    std::string file;
    Status status;
  };

  const Arguments& arguments_;
  FileColumn file_;
  std::optional<OutputFile> predictions_;
  std::optional<ReportRun> pages_;
  std::vector<float> age_bins_;
  Progress progress_;
  std::vector<EvalPrediction> all_;
  EvalResults results_;  // after Finish()
  std::vector<Failure> failed_;
  std::vector<std::string> centre_crops_;
  Status write_status_;
};

StatusOr<std::optional<OutputFile>> OpenIfNamed(const std::string& path) {
  std::optional<OutputFile> file;
  if (path.empty()) return file;
  AG_ASSIGN_OR_RETURN(OutputFile opened, OutputFile::Open(path));
  file.emplace(std::move(opened));
  return file;
}

StatusOr<std::optional<ReportRun>> OpenReport(const ReportArguments& arguments) {
  std::optional<ReportRun> report;
  if (arguments.folder.empty()) return report;
  AG_ASSIGN_OR_RETURN(ReportRun opened, ReportRun::Open(arguments));
  report.emplace(std::move(opened));
  return report;
}

// Before any of them is opened.
Status CheckFiles(const Arguments& arguments, const ModelPair& models,
                  const std::vector<SelectedSample>& samples) {
  RunFiles files =
      FilesRead(arguments, {{"--model", models.net_path}, {"--detector", models.detector_path}});
  files.Read("--clusters", arguments.report.clusters);
  AG_RETURN_IF_ERROR(files.WriteStandardOutput());
  if (!arguments.predictions.empty()) {
    AG_RETURN_IF_ERROR(files.Write({"--predictions", arguments.predictions,
                                    HasColumns({"file", "age", "age_predicted", "p_female"}),
                                    arguments.overwrite}));
  }
  if (!arguments.json.empty()) {
    const char* beginning = "{\n  \"schema\": #,\n  \"model\": {\n    \"file\": \"";
    AG_RETURN_IF_ERROR(
        files.Write({"--json", arguments.json, BeginsLike(beginning), arguments.overwrite}));
  }
  AG_RETURN_IF_ERROR(CheckReportFiles(arguments.report, arguments.overwrite, &files));
  return CheckPictures(files, samples);
}

StatusOr<int> Run(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(const ModelPair models,
                      LoadModels(arguments.engine.model, arguments.engine.detector));
  AG_ASSIGN_OR_RETURN(LabelledPictures pictures, ListLabelledPictures(arguments));
  AG_ASSIGN_OR_RETURN(const size_t outside_protocol, KeepProtocol(arguments, &pictures.samples));
  const std::vector<SelectedSample>& samples = pictures.samples;
  AG_ASSIGN_OR_RETURN(std::vector<Predictor> predictors,
                      MakePredictors(models, arguments.engine.ThreadCount(), samples.size()));
  AG_RETURN_IF_ERROR(CheckFiles(arguments, models, samples));
  // Opened before the work, so that a path that cannot be written is not a surprise after an hour.
  AG_ASSIGN_OR_RETURN(std::optional<OutputFile> predictions, OpenIfNamed(arguments.predictions));
  AG_ASSIGN_OR_RETURN(std::optional<OutputFile> json_file, OpenIfNamed(arguments.json));
  AG_ASSIGN_OR_RETURN(std::optional<ReportRun> report, OpenReport(arguments.report));

  FileColumn file("file", arguments.csv_safe ? TextUse::kSpreadsheet : TextUse::kAnywhere);
  for (const SelectedSample& selected : samples) file.Expect(selected.sample.file);
  Evaluation evaluation(arguments, models.net->model(), std::move(file), std::move(predictions),
                        std::move(report), samples.size());
  AG_RETURN_IF_ERROR(evaluation.Begin());
  PredictLabelled(samples, arguments, &predictors,
                  [&](size_t index, const LabelledOutcome& outcome) {
                    return evaluation.Add(index, samples[index].sample, outcome);
                  });
  AG_RETURN_IF_ERROR(evaluation.Finish());
  AG_RETURN_IF_ERROR(evaluation.WriteReport(models, pictures, outside_protocol, &predictors[0]));

  if (json_file) {
    const Json json = evaluation.ToJson(models, pictures);
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    AG_RETURN_IF_ERROR(json_file->Write(text));
    AG_RETURN_IF_ERROR(json_file->Finish());
  }
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(""));
  const Status printed = output.Write(evaluation.Text(models, pictures));
  if (!printed.ok() && !output.reader_gone()) return printed;
  const bool left_out = ReportLeftOut(pictures.left_out, arguments.folders.strict);
  return evaluation.failed_count() > 0 || left_out ? kExitSomeFailed : kExitDone;
}

int RunEval(int argc, char** argv) {
  Arguments arguments;
  CommandLine line("Measures a model on labelled pictures.");
  AddOptions(&line, &arguments);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  CatchInterrupts();
  arguments.hash_pictures = !arguments.report.clusters.empty();
  return ExitCodeOf(Run(arguments));
}

const Command kEval({.name = "eval",
                     .summary = "accuracy of a model on labelled pictures",
                     .group = CommandGroup::kAccuracy,
                     .place = 1,
                     .run = RunEval});

}  // namespace
}  // namespace ag
