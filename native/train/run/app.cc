#include "native/train/run/app.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "native/base/format.h"
#include "native/base/interrupt.h"
#include "native/data/label_text.h"
#include "native/pictures/model_paths.h"
#include "native/train/data/toy_faces.h"
#include "native/train/loop/allocator.h"
#include "native/train/loop/history.h"
#include "native/train/loop/precision.h"
#include "native/train/loop/progress.h"
#include "native/train/loop/run_log.h"
#include "native/train/loop/step_time.h"
#include "native/train/loop/trainer.h"
#include "native/train/nets/initial_weights.h"
#include "native/train/nets/net_kind.h"
#include "native/train/recipe/config_file.h"
#include "native/train/recipe/options.h"
#include "native/train/recipe/run_folder.h"
#include "native/train/run/benchmark.h"
#include "native/train/run/export.h"
#include "native/train/run/label_review.h"
#include "native/train/run/provenance.h"
#include "shared/base/file.h"
#include "shared/base/file_name.h"
#include "shared/infer/load_model.h"

namespace ag::train {
namespace {

constexpr int kExitDone = 0, kExitFailed = 1, kExitUsage = 2, kExitInterrupted = 130;
constexpr uint64_t kToySamples = 12;  // in RUN/samples, to try the model on
constexpr size_t kParityPictures = 64;

StatusOr<torch::Device> ChooseDevice(const std::string& name) {
  if (name == "cpu") return torch::Device(torch::kCPU);
  if (torch::cuda::is_available()) return torch::Device(torch::kCUDA);
  if (name == "auto") return torch::Device(torch::kCPU);
  return Status(Code::kInvalidArgument,
                "--device cuda: this LibTorch has no CUDA, or no GPU is here");
}

// Draws what is missing of the toy's pictures and the samples to try the model on.
Status PrepareToy(Settings* settings, Progress* progress) {
  progress->Line(
      Format("drawing %d faces into %s/toy", settings->toy_pictures, settings->run.c_str()));
  const std::string folder = settings->run + "/toy";
  settings->data = {folder};
  AG_RETURN_IF_ERROR(
      WriteToyFaces(folder, settings->seed, 0, static_cast<uint64_t>(settings->toy_pictures)));
  return WriteToyFaces(settings->run + "/samples", settings->seed,
                       static_cast<uint64_t>(settings->toy_pictures), kToySamples);
}

void ReportData(const TrainingData& data, Progress* progress) {
  std::string kept;
  if (!data.test.empty()) kept = Format(", %zu kept for a last test", data.test.size());
  if (!data.left_out.empty()) kept += Format(", %zu of --fold left out", data.left_out.size());
  if (data.in_clusters > 0) {
    kept += Format(", %zu in %zu clusters of near-duplicates (clusters.csv)", data.in_clusters,
                   data.clusters);
  }
  const auto no_age = std::count_if(
      data.train.begin(), data.train.end(),
      [](const Example& example) { return !IsKnownAge(example.age_lo, example.age_hi); });
  if (no_age > 0) kept += Format(", %td of the first without an age", no_age);
  if (!data.aside.empty()) {
    kept += Format(", %zu stand aside: --split has a near-duplicate in another part",
                   data.aside.size());
  }
  if (!data.folders_left_out.empty()) progress->Line(data.folders_left_out);
  progress->Line(
      Format("%zu pictures to train on, %zu to validate%s; %zu skipped (skipped.csv); "
             "no face found in %zu: their centre is used (data.csv)%s",
             data.train.size(), data.val.size(), kept.c_str(), data.skipped.size(), data.centred,
             data.crops.reused() ? "; crops from the cache" : ""));
}

// One run from the data to the exported model.
class Session {
 public:
  explicit Session(Request request)
      : request_(std::move(request)), settings_(request_.settings), device_(torch::kCPU) {}

  Status Run() {
    AG_RETURN_IF_ERROR(Prepare());
    // A toy's pictures lie in the run's folder: their place is no setting.
    Settings begun = settings_;
    if (settings_.toy) {
      AG_RETURN_IF_ERROR(folder_->Begin(begun));
      AG_RETURN_IF_ERROR(PrepareToy(&settings_, &progress_));
    }
    progress_.Line("reading " + JoinNames(settings_.data) +
                   ": pictures are decoded and cropped once, into " + settings_.cache);
    AG_ASSIGN_OR_RETURN(const TrainingData data,
                        PrepareData(
                            settings_,
                            [this](size_t done, size_t of, const char* what) {
                              progress_.ShowCount(done, of, what);
                            },
                            &StopRequested()));
    // Only now may an earlier run that is to be overwritten go.
    AG_RETURN_IF_ERROR(folder_->Begin(begun));
    for (const std::string& note : data.notes) progress_.Line("note: " + note);
    ReportData(data, &progress_);
    AG_RETURN_IF_ERROR(WriteDataTables(data, settings_.run));
    ChooseArithmetic();
    ChooseEpochs(data);
    begun.precision = settings_.precision;
    begun.epochs = settings_.epochs;
    begun.epoch_pictures = settings_.epoch_pictures;
    AG_RETURN_IF_ERROR(WriteFileAtomically(settings_.run + "/config.toml",
                                           std::string_view(ConfigToml(settings_))));
    AG_RETURN_IF_ERROR(WriteSettings(begun));
    return Train(data);
  }

  // Whether there is something that --resume can go on with.
  bool begun() const { return folder_ && folder_->begun(); }

 private:
  // Everything that can be refused before work begins.
  Status Prepare() {
    // Before anything is read that another training may be writing.
    AG_ASSIGN_OR_RETURN(RunFolder claimed, RunFolder::Claim(request_));
    folder_.emplace(std::move(claimed));
    if (settings_.threads == 0) {
      settings_.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    }
    at::set_num_threads(settings_.threads);
    AG_ASSIGN_OR_RETURN(device_, ChooseDevice(settings_.device));
    if (settings_.crop == "detect" && settings_.detector.empty()) {
      AG_ASSIGN_OR_RETURN(settings_.detector, FindModel(kDetectorFile, "--detector"));
    }
    // What is cheap to find out now would come after minutes of cropping otherwise.
    AG_RETURN_IF_ERROR(CheckTeachers(settings_));
    AG_RETURN_IF_ERROR(CheckFoldsStart(settings_));
    const NetKind& net = *FindNet(settings_.arch);
    if (net.check != nullptr) AG_RETURN_IF_ERROR(net.check(settings_));
    if (!settings_.init.empty() && !request_.resume) {
      const StatusOr<std::string> read =
          ReadInitialWeights(settings_.init, MakeNet(settings_).get());
      if (!read.ok()) return read.status().WithContext("--init");
    }
    return OkStatus();
  }

  void ChooseArithmetic() {
    if (settings_.precision != "auto") return;
    std::string report;
    settings_.precision = ChoosePrecision(settings_, device_, &report);
    progress_.Line("precision " + settings_.precision + ": " + report);
  }

  // --time-budget: what is left of it by now decides how many epochs there are.
  void ChooseEpochs(const TrainingData& data) {
    if (settings_.time_budget_minutes <= 0 || (request_.resume && HasCheckpoint(settings_))) return;
    const double left = settings_.time_budget_minutes * 60 - SecondsSinceStart();
    const Plan plan = FitIntoTime(settings_, device_, left, data.train.size(), data.val.size());
    settings_.epochs = plan.epochs;
    settings_.epoch_pictures = plan.epoch_pictures;
    progress_.Line(Format(
        "time budget: %d epochs of %lld pictures, a step takes %.0f ms", plan.epochs,
        static_cast<long long>(EpochDraws(settings_, data.train.size())), plan.step_seconds * 1e3));
  }

  double SecondsSinceStart() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  // What the teachers say, and which labels they doubt.
  StatusOr<Lessons> Teach(const TrainingData& data) {
    AG_ASSIGN_OR_RETURN(Lessons lessons, PrepareLessons(
                                             settings_, data, device_,
                                             [this](size_t done, size_t of, const char* what) {
                                               progress_.ShowCount(done, of, what);
                                             },
                                             &StopRequested()));
    for (const std::string& note : lessons.notes) progress_.Line("note: " + note);
    if (lessons.empty()) return lessons;
    const std::vector<Doubt> doubts = FindDoubts(data, lessons);
    AG_RETURN_IF_ERROR(WriteFileAtomically(settings_.run + "/review.csv",
                                           std::string_view(ReviewCsv(data, doubts))));
    if (settings_.suspect_label_weight < 1) {
      std::vector<float> trust(data.train.size(), 1.0f);
      for (const Doubt& doubt : doubts) {
        trust[doubt.picture] = static_cast<float>(settings_.suspect_label_weight);
      }
      lessons.trust = torch::tensor(trust).to(device_);
    }
    progress_.Line("taught by " + JoinNames(settings_.teachers) +
                   (lessons.reused ? "; what they say is in the cache; " : "; ") +
                   Format("they find %zu labels hard to believe (review.csv)", doubts.size()));
    return lessons;
  }

  Status Train(const TrainingData& data) {
    AG_ASSIGN_OR_RETURN(Lessons lessons, Teach(data));
    Trainer trainer(settings_, data, device_, std::move(lessons));
    const bool resumed = request_.resume && HasCheckpoint(settings_);
    if (request_.resume) AG_RETURN_IF_ERROR(Resume(&trainer));
    if (!resumed && !settings_.init.empty()) {
      AG_ASSIGN_OR_RETURN(const std::string what, trainer.Initialise());
      progress_.Line("starting from " + what);
    }
    progress_.Line(Format("%s: %lld parameters, %lld steps an epoch, %s, %d threads, %s",
                          settings_.arch.c_str(),
                          static_cast<long long>(ParameterCount(trainer.net())),
                          static_cast<long long>(trainer.steps_per_epoch()), device_.str().c_str(),
                          settings_.threads, settings_.precision.c_str()));
    AG_RETURN_IF_ERROR(trainer.Run(StopRequested(), &progress_));
    AG_RETURN_IF_ERROR(WriteFileAtomically(
        settings_.run + "/history.csv", std::string_view(HistoryCsv(trainer.position().history))));
    AG_RETURN_IF_ERROR(WriteFileAtomically(
        settings_.run + "/history.svg",
        std::string_view(DrawHistory(trainer.position().history, settings_.name))));
    return Export(data, &trainer);
  }

  Status Resume(Trainer* trainer) {
    if (!HasCheckpoint(settings_)) {
      progress_.Line("no checkpoint yet in " + settings_.run + ": beginning anew");
      return OkStatus();
    }
    std::vector<std::string> notes;
    AG_RETURN_IF_ERROR(trainer->Resume(&notes));
    for (const std::string& note : notes) progress_.Line("warning: " + note);
    progress_.Line(Format("going on at epoch %lld, step %lld",
                          static_cast<long long>(trainer->position().epoch + 1),
                          static_cast<long long>(trainer->position().step)));
    return OkStatus();
  }

  Status Export(const TrainingData& data, Trainer* trainer) {
    AG_RETURN_IF_ERROR(trainer->UseBest());
    const std::vector<Example>& part = data.val.empty() ? data.train : data.val;
    Predictions predictions;
    AG_ASSIGN_OR_RETURN(const ErrorSums sums, trainer->Evaluate(part, &predictions));
    AG_RETURN_IF_ERROR(trainer->CheckResult(sums, predictions));
    AG_RETURN_IF_ERROR(WritePredictions(data, part, predictions));
    AG_RETURN_IF_ERROR(ReportRounding(part, sums, trainer));
    trainer->Finish();
    AG_ASSIGN_OR_RETURN(const Storage storage, StorageFromName(settings_.storage));
    AG_ASSIGN_OR_RETURN(Model model, ExportNet(trainer->net(), storage));
    SetAgeErrors(part, predictions, &model);
    model.provenance = MakeProvenance(settings_, data, trainer->position());
    AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, SaveModel(model));
    const std::string path = settings_.run + "/model.agm";
    // First: a file that says something else than the net must not look like the result of a run.
    AG_RETURN_IF_ERROR(CheckParity(data, part, &trainer->net(), bytes));
    AG_RETURN_IF_ERROR(WriteFileAtomically(path, bytes));
    if (!settings_.out.empty()) AG_RETURN_IF_ERROR(WriteFileAtomically(settings_.out, bytes));
    progress_.Line(Format("%s: %zu bytes; %s: age MAE %.3f years, gender accuracy %.4f",
                          path.c_str(), bytes.size(), data.val.empty() ? "training" : "validation",
                          sums.age_mae(), sums.gender_accuracy()));
    if (settings_.toy) {
      progress_.Line("try it: ag_native predict --model " + path + " " + settings_.run +
                     "/samples/*.png");
    }
    return OkStatus();
  }

  // What --weight-bits costs: the same weights once more, as the optimiser keeps them.
  Status ReportRounding(const std::vector<Example>& part, const ErrorSums& rounded,
                        Trainer* trainer) {
    if (settings_.weight_bits == 0) return OkStatus();
    trainer->net().SetWeightBits(0);
    const StatusOr<ErrorSums> exact = trainer->Evaluate(part, nullptr);
    trainer->net().SetWeightBits(settings_.weight_bits);
    AG_RETURN_IF_ERROR(exact.status());
    progress_.Line(
        Format("%d bits a weight cost %+.4f years of age MAE and %+.2f points of gender accuracy "
               "beside the same weights unrounded",
               settings_.weight_bits, rounded.age_mae() - exact->age_mae(),
               100 * (exact->gender_accuracy() - rounded.gender_accuracy())));
    return RunLog(settings_.run + "/log.jsonl")
        .Write("rounding", {{"bits", settings_.weight_bits},
                            {"age_mae", rounded.age_mae()},
                            {"gender_accuracy", rounded.gender_accuracy()},
                            {"unrounded_age_mae", exact->age_mae()},
                            {"unrounded_gender_accuracy", exact->gender_accuracy()}});
  }

  // The file as a reader gets it, on the shared engine, against LibTorch.
  Status CheckParity(const TrainingData& data, const std::vector<Example>& part, AgeGenderNet* net,
                     const std::vector<uint8_t>& bytes) {
    AG_ASSIGN_OR_RETURN(const Model read, LoadModel(bytes));
    AG_ASSIGN_OR_RETURN(const Parity parity,
                        CompareWithEngine(settings_, data, part, kParityPictures, *net, read));
    progress_.Line(
        Format("engine against LibTorch on %zu pictures: at most %.2g years and %.2g of "
               "probability apart",
               parity.pictures, parity.age_years, parity.p_female));
    // Weights that are stored coarser do differ: that is a choice, not a fault.
    const bool agrees =
        parity.age_years <= kMaxAgeDifference && parity.p_female <= kMaxFemaleDifference;
    if (agrees || settings_.storage != "float32") return OkStatus();
    return Status(Code::kInternal,
                  Format("the exported model does not agree with LibTorch: expected at most %g "
                         "years and %g of probability",
                         kMaxAgeDifference, kMaxFemaleDifference));
  }

  Status WritePredictions(const TrainingData& data, const std::vector<Example>& part,
                          const Predictions& predictions) {
    if (data.val.empty()) return OkStatus();
    FileColumn file;
    for (const Example& example : part) file.Expect(data.samples[example.crop].file);
    std::string csv = file.Header() + ",age,gender,age_predicted,p_female\n";
    for (size_t i = 0; i < part.size(); ++i) {
      const Sample& sample = data.samples[part[i].crop];
      const double p_female = 1 / (1 + std::exp(-double{predictions.gender_logit[i]}));
      csv += file.Fields(sample.file) + "," + AgeField(sample) +
             Format(",%s,%.4f,%.5f\n", GenderField(sample.gender).c_str(),
                    double{predictions.age[i]}, p_female);
    }
    return WriteFileAtomically(settings_.run + "/val_predictions.csv", std::string_view(csv));
  }

  const Request request_;
  Settings settings_;
  std::optional<RunFolder> folder_;
  torch::Device device_;
  Progress progress_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int ExitCodeOf(Code code) {
  if (code >= Code::kModelMagic && code <= Code::kModelContract) return kExitUsage;
  switch (code) {
    case Code::kOk:
      return kExitDone;
    case Code::kInterrupted:
      return kExitInterrupted;
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kEmpty:
      return kExitUsage;
    default:
      return kExitFailed;
  }
}

int Report(const Status& status, const Settings& settings, bool begun) {
  if (status.ok()) return kExitDone;
  if (status.code() == Code::kInterrupted && !begun) {
    std::fprintf(
        stderr,
        "interrupted before training began; the same command goes on: crops that are whole "
        "are kept in %s\n",
        settings.cache.c_str());
  } else if (status.code() == Code::kInterrupted) {
    std::fprintf(stderr, "interrupted; go on with: ag_native train --resume --arch %s%s --run %s\n",
                 settings.arch.c_str(), settings.toy ? " --toy" : "", settings.run.c_str());
  } else {
    std::fprintf(stderr, "ag_native train: %s\n", status.message().c_str());
    if (status.code() == Code::kIo && HasCheckpoint(settings)) {
      std::fprintf(stderr,
                   "the last good checkpoint is %s; once that is cured, go on with: "
                   "ag_native train --resume --arch %s%s --run %s\n",
                   CheckpointPath(settings.run).c_str(), settings.arch.c_str(),
                   settings.toy ? " --toy" : "", settings.run.c_str());
    }
  }
  return ExitCodeOf(status.code());
}

}  // namespace

int RunTrain(int argc, const char* const* argv) {
  KeepFreedMemory();
  // Before the first tensor: oneDNN reads it once.
  AvoidBrokenAmx();
  const StatusOr<ParsedOptions> parsed = ParseOptions(argc, argv);
  if (!parsed.ok()) {
    std::fprintf(stderr, "ag_native train: %s\nRun with --help for the options.\n",
                 parsed.status().message().c_str());
    return kExitUsage;
  }
  if (!parsed->help.empty()) {
    std::fputs(parsed->help.c_str(), stdout);
    return kExitDone;
  }
  // Not before: a recipe that comes through a pipe is waited for in a place that asks for no flag.
  CatchInterrupts();
  const Settings& settings = parsed->request.settings;
  try {
    if (parsed->request.benchmark) return Report(RunBenchmark(parsed->request), settings, false);
    // A run's results are its files: it goes on when nobody reads its messages any more.
    std::signal(SIGPIPE, SIG_IGN);
    Session session(parsed->request);
    const Status status = session.Run();
    return Report(status, settings, session.begun());
  } catch (const std::exception& error) {
    // LibTorch throws (c10::Error); its first line says what, the rest is a stack trace.
    const std::string what = error.what();
    return Report(Status(Code::kInternal, "LibTorch: " + what.substr(0, what.find('\n'))), settings,
                  false);
  }
}

}  // namespace ag::train
