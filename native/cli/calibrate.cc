// ag_native calibrate: what a model says of its own errors, fitted on labelled pictures.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/format.h"
#include "native/base/interrupt.h"
#include "native/base/output_file.h"
#include "native/calibrate/calibration.h"
#include "native/data/labelled_pictures.h"
#include "native/pictures/engine_options.h"
#include "native/pictures/model_files.h"
#include "native/pictures/predictors.h"
#include "shared/infer/load_model.h"
#include "shared/predict/outputs.h"

namespace ag {
namespace {

struct Arguments : LabelledArguments {
  std::string out;
  bool age_bins = false;
  bool overwrite = false;
};

void AddOptions(CommandLine* line, Arguments* arguments) {
  // Not train: errors on pictures that the net has learnt from are smaller than all others.
  AddLabelledOptions(line, {"val", "test"}, arguments);
  line->Find("--model")->Required();
  line->Add("--out", &arguments->out, "The calibrated model: not the file of --model").Required();
  AddOverwriteOption(line, &arguments->overwrite);
  line->AddFlag("--age-bins", &arguments->age_bins,
                "Move the bins of the age distribution too, where that lowers the mean error");
}

// The predictions and labels of the pictures that could be read.
class Predictions {
 public:
  Predictions(size_t count, bool keep_distributions)
      : progress_("calibrate", count, true), keep_distributions_(keep_distributions) {}

  // False: stop.
  bool Add(size_t index, const Sample& sample, LabelledOutcome outcome) {
    progress_.Update(index + 1);
    if (outcome.status.ok()) {
      if (!keep_distributions_) outcome.result.age_distribution = {};  // most of the memory
      results_.push_back(std::move(outcome.result));
      labels_.push_back(sample);
      centred_ += outcome.face_found ? 0 : 1;
    } else {
      progress_.Clear();
      PrintError(sample.path + ": " + outcome.status.message());
      ++failed_;
    }
    return InterruptSignal() == 0;
  }

  void Finish() { progress_.Clear(); }
  // The same distributions over moved bins: a picture that the move was fitted to gets the bins
  // that the other pictures give.
  void ReadAgain(AgeGenderContract contract, const AgeBins& fit) {
    size_t exact = 0;
    for (size_t i = 0; i < results_.size(); ++i) {
      contract.age_bins = labels_[i].has_exact_age()
                              ? fit.cross_fitted[exact++ % fit.cross_fitted.size()]
                              : fit.bins;
      const std::vector<double> weights(results_[i].age_distribution.begin(),
                                        results_[i].age_distribution.end());
      SetAgeDistribution(contract, weights, &results_[i]);
    }
  }
  const std::vector<AgeGender>& results() const { return results_; }
  const std::vector<Sample>& labels() const { return labels_; }
  size_t centred() const { return centred_; }
  size_t failed() const { return failed_; }

 private:
  Progress progress_;
  std::vector<AgeGender> results_;
  std::vector<Sample> labels_;
  size_t centred_ = 0, failed_ = 0;
  bool keep_distributions_;
};

std::string AgesText(const Calibration& calibration) {
  if (calibration.ranges.empty()) {
    return "age       not calibrated: " + std::to_string(calibration.age_count) +
           " pictures with an exact age, needed are " + std::to_string(kMinRangePictures) + "\n";
  }
  std::string text =
      Format(
          "age       %zu pictures with an exact age; in the interval %.1f %% before, %.1f %% now; "
          "width %.1f years before, %.1f now\n\n",
          calibration.age_count, 100 * calibration.coverage_before, 100 * calibration.coverage,
          calibration.width_before, calibration.width) +
      Format("%-14s %8s %9s %9s %9s %8s %8s\n", "predicted age", "pictures", "at age", "low end",
             "high end", "before", "now");
  for (const CalibratedRange& range : calibration.ranges) {
    const std::string years = std::isfinite(range.last)
                                  ? Format("%.0f to %.0f", range.first, range.last)
                                  : Format("%.0f and more", range.first);
    text += Format("%-14s %8zu %9.1f %+9.2f %+9.2f %6.1f %% %6.1f %%\n", years.c_str(), range.count,
                   double{range.knot.age}, double{range.knot.lower}, double{range.knot.upper},
                   100 * range.coverage_before, 100 * range.coverage);
  }
  return text + "\n";
}

std::string BinsText(const Arguments& arguments, const std::optional<AgeBins>& bins) {
  if (!arguments.age_bins) return "";
  if (!bins) {
    return "bins      not moved: no distribution, fewer than " + std::to_string(kMinBinPictures) +
           " pictures with an exact age, or nothing to gain\n";
  }
  return Format("bins      moved; mean error %.3f years before, %.3f now\n", bins->mae_before,
                bins->mae);
}

std::string GenderText(const Calibration& calibration) {
  if (!calibration.gender_temperature) {
    return "gender    not calibrated: " + std::to_string(calibration.gender_count) +
           " labelled pictures, needed are " + std::to_string(kMinGenderPictures) +
           " of which the net gets some wrong\n";
  }
  return Format(
      "gender    %zu labelled pictures; temperature %.3f; mean -log likelihood %.4f before, "
      "%.4f now\n",
      calibration.gender_count, double{*calibration.gender_temperature},
      calibration.gender_loss_before, calibration.gender_loss);
}

std::string Text(const Arguments& arguments, const Predictions& predictions,
                 const std::optional<AgeBins>& bins, const Calibration& calibration) {
  std::string text = "model     " + arguments.engine.model + "\ndata      " + arguments.DataText() +
                     "\npictures  " + std::to_string(predictions.results().size()) + " read, " +
                     std::to_string(predictions.failed()) + " failed";
  if (arguments.crop == "detect") {
    text +=
        "; no face found in " + std::to_string(predictions.centred()) + ", their centre was taken";
  }
  return text + "\n" + GenderText(calibration) + BinsText(arguments, bins) + AgesText(calibration) +
         "\"now\" measures each tenth of the pictures with what the other nine tenths gave.\n"
         "Gender: the data set's binary label as its annotators perceived it.\n"
         "written   " +
         arguments.out + "\n";
}

// The models, the net without its calibration.
StatusOr<ModelPair> LoadUncalibrated(const Arguments& arguments, const LoadedModel& calibrated) {
  AG_ASSIGN_OR_RETURN(ModelFile detector, LoadDetector(arguments.engine.detector));
  ModelPair models;
  models.net_path = arguments.engine.model;
  models.net_origin = calibrated.origin;
  models.detector_path = std::move(detector.path);
  models.detector = std::move(detector.weights);
  models.detector_origin = std::move(detector.origin);
  Model model = calibrated.model;
  model.age_gender = WithoutCalibration(*calibrated.model.age_gender);
  AG_ASSIGN_OR_RETURN(models.net, Weights::Create(std::move(model)));
  return models;
}

// Whether the model at `path` is calibrated: then this command wrote it, and may replace it.
bool IsCalibrated(const std::string& path) {
  const StatusOr<LoadedModel> model = LoadModelFile(path);
  if (!model.ok()) return false;
  const std::vector<Metric>& metrics = model->model.provenance.metrics;
  return std::any_of(metrics.begin(), metrics.end(),
                     [](const Metric& metric) { return metric.name.starts_with("calibration_"); });
}

// Before anything is opened. --overwrite allows replacing another model at --out.
Status CheckFiles(const Arguments& arguments, const ModelPair& models,
                  const std::vector<SelectedSample>& samples) {
  RunFiles files =
      FilesRead(arguments, {{"--model", models.net_path}, {"--detector", models.detector_path}});
  AG_RETURN_IF_ERROR(files.WriteStandardOutput());
  RunFiles::Output out = {"--out", arguments.out, [&](std::string_view beginning) {
                            return IsModelFile(beginning) && IsCalibrated(arguments.out);
                          }};
  out.overwrite = arguments.overwrite;
  out.is_model = true;
  AG_RETURN_IF_ERROR(files.Write(out));
  return CheckPictures(files, samples);
}

StatusOr<int> Run(const Arguments& arguments) {
  AG_ASSIGN_OR_RETURN(LoadedModel loaded, LoadModelFile(arguments.engine.model));
  Model& model = loaded.model;
  if (!model.age_gender) {
    return Status(Code::kInvalidArgument, arguments.engine.model +
                                              ": is not an age/gender model (--model expects one; "
                                              "ag_native info shows what it is)");
  }
  AG_ASSIGN_OR_RETURN(const ModelPair models, LoadUncalibrated(arguments, loaded));
  AG_ASSIGN_OR_RETURN(const LabelledPictures pictures, ListLabelledPictures(arguments));
  if (arguments.split.empty()) {
    PrintNote("without --split every picture counts: none of them may have been trained on");
  }
  AG_ASSIGN_OR_RETURN(
      std::vector<Predictor> predictors,
      MakePredictors(models, arguments.engine.ThreadCount(), pictures.samples.size()));
  AG_RETURN_IF_ERROR(CheckFiles(arguments, models, pictures.samples));
  // Opened before the work, so that a path that cannot be written is not a surprise after an hour.
  AG_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Open(arguments.out));

  Predictions predictions(pictures.samples.size(), arguments.age_bins);
  PredictLabelled(pictures.samples, arguments, &predictors,
                  [&](size_t index, const LabelledOutcome& outcome) {
                    return predictions.Add(index, pictures.samples[index].sample, outcome);
                  });
  predictions.Finish();
  if (InterruptSignal() != 0) return Status(Code::kInterrupted, "calibrate: interrupted");

  std::optional<AgeBins> bins;
  if (arguments.age_bins) {
    bins = FitAgeBins(model.age_gender->age_bins, predictions.results(), predictions.labels());
  }
  if (bins) {
    ApplyAgeBins(*bins, &model);
    predictions.ReadAgain(WithoutCalibration(*model.age_gender), *bins);
  }
  const StatusOr<Calibration> calibration =
      FitCalibration(predictions.results(), predictions.labels());
  if (!calibration.ok()) return calibration.status().WithContext(arguments.DataText());
  ApplyCalibration(*calibration, &model);
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, SaveModel(model));
  AG_RETURN_IF_ERROR(file.Write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  AG_RETURN_IF_ERROR(file.Finish());

  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(""));
  const Status printed = output.Write(Text(arguments, predictions, bins, *calibration));
  if (!printed.ok() && !output.reader_gone()) return printed;
  const bool left_out = ReportLeftOut(pictures.left_out, arguments.folders.strict);
  return predictions.failed() > 0 || left_out ? kExitSomeFailed : kExitDone;
}

int RunCalibrate(int argc, char** argv) {
  Arguments arguments;
  CommandLine line(
      "Fits a model's 90 % interval and the temperature of its gender probability on labelled "
      "pictures that it was not trained on, and writes the model with them. Graph and weights "
      "stay.");
  AddOptions(&line, &arguments);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  CatchInterrupts();
  return ExitCodeOf(Run(arguments));
}

const Command kCalibrate({.name = "calibrate",
                          .summary = "fit intervals and probabilities on labelled pictures",
                          .group = CommandGroup::kAccuracy,
                          .place = 2,
                          .run = RunCalibrate});

}  // namespace
}  // namespace ag
