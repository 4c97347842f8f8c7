#include "native/cli/eval.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/cli/command_line.h"
#include "native/cli/console.h"
#include "native/cli/eval_report.h"
#include "native/cli/eval_split.h"
#include "native/cli/exit_codes.h"
#include "native/cli/inputs.h"
#include "native/cli/interrupt.h"
#include "native/cli/model_files.h"
#include "native/cli/ordered_work.h"
#include "native/cli/output_file.h"
#include "native/cli/predictors.h"
#include "native/data/dataset.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kShownSkips = 10;  // on stderr; --json has them all

struct Arguments {
  EngineArguments engine;
  std::string data, split, part = "val", crop = "detect", json, predictions;
};

void AddOptions(CLI::App* app, Arguments* arguments) {
  AddEngineOptions(app, &arguments->engine);
  app->add_option(
         "--data", arguments->data,
         "Folder with UTKFace's names, or a manifest (.csv: file, age or age_lo and age_hi, "
         "gender, group)")
      ->required();
  CLI::Option* split =
      app->add_option("--split", arguments->split, "A split that the trainer wrote: only one part");
  app->add_option("--part", arguments->part, "Which part of the split")
      ->capture_default_str()
      ->check(CLI::IsMember({"train", "val", "test"}))
      ->needs(split);
  app->add_option("--crop", arguments->crop,
                  "detect: find and align the face; as-is: the pictures are crops already")
      ->capture_default_str()
      ->check(CLI::IsMember({"detect", "as-is"}));
  app->add_option("--json", arguments->json, "Write all numbers to this file");
  app->add_option("--predictions", arguments->predictions,
                  "Write file,age,gender,age_predicted,p_female to this CSV file");
}

struct Outcome {
  Status status;
  AgeGender result;
  bool face_found = true;
};

StatusOr<Outcome> TryOne(const SelectedSample& selected, const Arguments& arguments,
                         Predictor* predictor) {
  const std::string& path = selected.sample.path;
  const DecodeLimits& limits = arguments.engine.limits;
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, limits.max_bytes));
  if (!selected.sha256.empty() && HexString(HashSha256(bytes)) != selected.sha256) {
    return Status(Code::kInvalidArgument,
                  "its content is not what the split lists under this name (it has changed, or the "
                  "split is of other data)");
  }
  AG_ASSIGN_OR_RETURN(const DecodedImage decoded, DecodeImage(bytes, limits));
  Outcome outcome;
  if (arguments.crop == "as-is") {
    AG_ASSIGN_OR_RETURN(outcome.result, predictor->PredictAsIs(decoded.image));
    return outcome;
  }
  AG_ASSIGN_OR_RETURN(Predictor::Subject subject,
                      predictor->PredictSubject(decoded.image, arguments.engine.find));
  outcome.result = std::move(subject.result);
  outcome.face_found = subject.face_found;
  return outcome;
}

Outcome EvaluateOne(const SelectedSample& selected, const Arguments& arguments,
                    Predictor* predictor) {
  Outcome failed;
  try {
    StatusOr<Outcome> outcome = TryOne(selected, arguments, predictor);
    if (outcome.ok()) return *std::move(outcome);
    failed.status = Status(outcome.status().code(),
                           WithoutFileName(outcome.status().message(), selected.sample.path));
  } catch (const std::bad_alloc&) {
    failed.status = Status(Code::kOutOfMemory, "not enough memory (fewer --threads need less)");
  }
  return failed;
}

std::string AgeLabel(const Sample& sample) {
  std::array<char, 64> text;
  if (sample.has_exact_age()) {
    std::snprintf(text.data(), text.size(), "%.6g", sample.age_lo);
  } else {
    std::snprintf(text.data(), text.size(), "%.6g-%.6g", sample.age_lo, sample.age_hi);
  }
  return text.data();
}

std::string PredictionRow(const Sample& sample, const AgeGender& result) {
  std::array<char, 64> numbers;
  std::snprintf(numbers.data(), numbers.size(), ",%.4f,%.6f\n", result.age, result.p_female);
  return CsvField(sample.file) + "," + AgeLabel(sample) + "," +
         std::string(GenderName(sample.gender)) + numbers.data();
}

// What one run collects and writes.
class Evaluation {
 public:
  Evaluation(const Arguments& arguments, std::optional<OutputFile> predictions, size_t count)
      : arguments_(arguments),
        predictions_(std::move(predictions)),
        progress_("eval", count, true) {}

  Status Begin() {
    if (!predictions_) return OkStatus();
    return predictions_->Write("file,age,gender,age_predicted,p_female\n");
  }

  // False: stop.
  bool Add(size_t index, const Sample& sample, const Outcome& outcome) {
    progress_.Update(index + 1);
    if (!outcome.status.ok()) {
      progress_.Clear();
      PrintError(sample.path + ": " + outcome.status.message());
      failed_.push_back(
          {{"file", sample.file},
           {"error",
            {{"code", CodeName(outcome.status.code())}, {"message", outcome.status.message()}}}});
      return InterruptSignal() == 0;
    }
    ++evaluated_;
    report_.Add(sample, outcome.result);
    if (!outcome.face_found) centre_crops_.push_back(sample.file);
    if (predictions_) write_status_ = predictions_->Write(PredictionRow(sample, outcome.result));
    return write_status_.ok() && InterruptSignal() == 0;
  }

  // Once, after the last picture.
  Status Finish() {
    progress_.Clear();
    AG_RETURN_IF_ERROR(write_status_);
    if (InterruptSignal() != 0) return Status(Code::kInterrupted, "eval: interrupted");
    return predictions_ ? predictions_->Finish() : OkStatus();
  }

  size_t failed_count() const { return failed_.size(); }

  std::string Text(const ModelPair& models, const Dataset& dataset) const {
    std::string text = "model     " + models.net_path + "\ndata      " + arguments_.data;
    if (!arguments_.split.empty()) {
      text += " (" + arguments_.part + " of " + arguments_.split + ")";
    }
    text += "\npictures  " + std::to_string(evaluated_) + " evaluated, " +
            std::to_string(failed_.size()) + " failed, " + std::to_string(dataset.skipped.size()) +
            " skipped";
    if (arguments_.crop == "detect") {
      text +=
          "; no face found in " + std::to_string(centre_crops_.size()) + ", their centre was taken";
    }
    return text + "\n\n" + report_.ToText();
  }

  Json ToJson(const ModelPair& models, const Dataset& dataset, size_t missing) const {
    Json json;
    json["schema"] = kResultSchema;
    json["model"] = {{"file", models.net_path}, {"name", models.net->model().provenance.name}};
    json["data"] = arguments_.data;
    json["split"] = arguments_.split.empty() ? Json(nullptr) : Json(arguments_.split);
    json["part"] = arguments_.split.empty() ? Json(nullptr) : Json(arguments_.part);
    json["crop"] = arguments_.crop;
    json["evaluated"] = evaluated_;
    json["failed"] = failed_;
    json["skipped"] = Json::array();
    for (const SkippedFile& skip : dataset.skipped) {
      json["skipped"].push_back({{"file", skip.file}, {"reason", skip.reason}});
    }
    json["missing_from_data"] = missing;
    json["centre_crops"] = {{"count", centre_crops_.size()}, {"files", centre_crops_}};
    json.update(report_.ToJson());
    return json;
  }

 private:
  const Arguments& arguments_;
  std::optional<OutputFile> predictions_;
  Progress progress_;
  EvalReport report_;
  size_t evaluated_ = 0;
  Json failed_ = Json::array();
  std::vector<std::string> centre_crops_;
  Status write_status_;
};

void PrintSkipped(const Dataset& dataset) {
  const size_t shown = std::min(kShownSkips, dataset.skipped.size());
  for (size_t i = 0; i < shown; ++i) {
    const SkippedFile& skip = dataset.skipped[i];
    PrintNote("skipped " + skip.file + (skip.file.empty() ? "" : ": ") + skip.reason);
  }
  if (dataset.skipped.size() > shown) {
    PrintNote("skipped " + std::to_string(dataset.skipped.size() - shown) +
              " more (--json FILE lists them all)");
  }
}

StatusOr<Selection> SelectSamples(const Arguments& arguments, Dataset* dataset) {
  std::vector<Sample> samples = std::exchange(dataset->samples, {});
  if (!arguments.split.empty()) {
    return SelectPart(std::move(samples), arguments.split, arguments.part,
                      arguments.engine.limits.max_bytes);
  }
  Selection selection;
  for (Sample& sample : samples) selection.samples.push_back({std::move(sample), ""});
  return selection;
}

StatusOr<std::optional<OutputFile>> OpenIfNamed(const std::string& path) {
  std::optional<OutputFile> file;
  if (path.empty()) return file;
  AG_ASSIGN_OR_RETURN(OutputFile opened, OutputFile::Open(path));
  file.emplace(std::move(opened));
  return file;
}

StatusOr<int> Run(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(const ModelPair models,
                      LoadModels(arguments.engine.model, arguments.engine.detector));
  AG_ASSIGN_OR_RETURN(Dataset dataset, ListDataset(arguments.data));
  PrintSkipped(dataset);
  AG_ASSIGN_OR_RETURN(const Selection selection, SelectSamples(arguments, &dataset));
  const std::vector<SelectedSample>& samples = selection.samples;
  AG_ASSIGN_OR_RETURN(std::vector<Predictor> predictors,
                      MakePredictors(models, arguments.engine.ThreadCount(), samples.size()));
  // Opened before the work: a path that cannot be written is no surprise after an hour.
  AG_ASSIGN_OR_RETURN(std::optional<OutputFile> predictions, OpenIfNamed(arguments.predictions));
  AG_ASSIGN_OR_RETURN(std::optional<OutputFile> json_file, OpenIfNamed(arguments.json));

  Evaluation evaluation(arguments, std::move(predictions), samples.size());
  AG_RETURN_IF_ERROR(evaluation.Begin());
  RunOrdered<Outcome>(
      samples.size(), predictors.size(),
      [&](size_t worker, size_t index) {
        return EvaluateOne(samples[index], arguments, &predictors[worker]);
      },
      [&](size_t index, const Outcome& outcome) {
        return evaluation.Add(index, samples[index].sample, outcome);
      });
  AG_RETURN_IF_ERROR(evaluation.Finish());

  if (selection.missing > 0) {
    PrintNote(std::to_string(selection.missing) + " pictures of the split's part " +
              arguments.part + " are not in the data");
  }
  if (json_file) {
    const Json json = evaluation.ToJson(models, dataset, selection.missing);
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    AG_RETURN_IF_ERROR(json_file->Write(text));
    AG_RETURN_IF_ERROR(json_file->Finish());
  }
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(""));
  const Status printed = output.Write(evaluation.Text(models, dataset));
  if (!printed.ok() && !output.reader_gone()) return printed;
  return evaluation.failed_count() > 0 ? kExitSomeFailed : kExitDone;
}

}  // namespace

int RunEval(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Measures a model on labelled pictures.");
  AddOptions(&app, &arguments);
  if (const std::optional<int> code = ParseCommandLine(&app, argc, argv)) return *code;
  CatchInterrupts();
  const StatusOr<int> code = Run(arguments);
  if (code.ok()) return *code;
  PrintError(code.status().message());
  return kExitUsage;
}

}  // namespace ag
