#include "native/train/loop/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "native/train/data/random.h"
#include "native/train/loop/precision.h"
#include "native/train/nets/initial_weights.h"
#include "native/train/recipe/run_folder.h"
#include "shared/base/file.h"

namespace ag::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kEvaluationBatch = 128;
constexpr size_t kCalibrationPictures = 256;
constexpr size_t kCalibrationBatch = 64;
constexpr int64_t kStepsBetweenLogLines = 50;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

torch::Tensor ToTensor(const std::vector<float>& values, torch::Device device) {
  return torch::tensor(values).to(device);
}

// NaN (no validation part) becomes null.
nlohmann::ordered_json EpochEntry(const EpochRow& row) {
  return {{"epoch", row.epoch},
          {"seconds", row.seconds},
          {"images_per_second", row.images_per_second},
          {"loss", row.loss},
          {"gender_accuracy", row.gender_accuracy},
          {"age_mae", row.age_mae},
          {"val_loss", row.val_loss},
          {"val_gender_accuracy", row.val_gender_accuracy},
          {"val_age_mae", row.val_age_mae}};
}

}  // namespace

int LoaderThreads(const Settings& settings, torch::Device device) {
  return device.is_cpu() ? 1 : settings.threads;
}

Trainer::Trainer(Settings settings, const TrainingData& data, torch::Device device, Lessons lessons)
    : settings_(std::move(settings)),
      data_(data),
      device_(device),
      steps_per_epoch_(StepsPerEpoch(EpochDraws(settings_, data.train.size()), settings_.batch)),
      plan_(data, settings_),
      lessons_(std::move(lessons)),
      net_([this] {
        std::shared_ptr<AgeGenderNet> net = MakeNet(settings_);
        net->to(device_);
        return net;
      }()),
      scaling_(net_->input_contract(), device_),
      optimiser_(*net_, settings_),
      mean_(*net_, settings_.ema_decay),
      log_(settings_.run.empty() ? "" : settings_.run + "/log.jsonl"),
      saved_at_(Clock::now()) {}

torch::Tensor Trainer::InputOf(const Batch& batch) const {
  return NetInput(batch.pixels.data(), batch.size, settings_.input_side, settings_.gray ? 1 : 3,
                  scaling_);
}

Labels Trainer::LabelsOf(const Batch& batch) const {
  Labels labels;
  labels.age_lo = ToTensor(batch.age_lo, device_);
  labels.age_hi = ToTensor(batch.age_hi, device_);
  labels.gender = ToTensor(batch.gender, device_);
  labels.weight = ToTensor(batch.weight, device_);
  if (!lessons_.empty() && !batch.index.empty()) {
    const torch::Tensor rows = torch::tensor(batch.index).to(device_);
    labels.taught_age = lessons_.age.index_select(0, rows);
    labels.taught_female = lessons_.female.index_select(0, rows);
    if (lessons_.trust.defined()) labels.trust = lessons_.trust.index_select(0, rows);
  }
  return labels;
}

StatusOr<std::string> Trainer::Initialise() {
  AG_ASSIGN_OR_RETURN(const std::string what, ReadInitialWeights(settings_.init, net_.get()));
  // Spread over the data: its order may be by set or by age.
  const size_t count = std::min(data_.train.size(), kCalibrationPictures);
  std::vector<Example> pictures;
  for (size_t i = 0; i < count; ++i)
    pictures.push_back(data_.train[i * data_.train.size() / count]);
  size_t at = 0;
  net_->eval();
  CalibrateNorms(
      [&]() -> torch::Tensor {
        if (at >= pictures.size()) return {};
        const size_t size = std::min(pictures.size() - at, kCalibrationBatch);
        const Batch batch = CentreBatch(data_, settings_, pictures, at, size);
        at += size;
        return InputOf(batch);
      },
      net_.get());
  AG_RETURN_IF_ERROR(data_.crops.Check());
  mean_.Restart();
  return what;
}

torch::Tensor Trainer::StepLoss(const Batch& batch, int64_t global_step, NetOutput* output,
                                Labels* labels) {
  const Clock::time_point start = Clock::now();
  torch::Tensor input = InputOf(batch);
  *labels = LabelsOf(batch);
  // mixup (Zhang et al., 2018): two pictures are shown as one, and both of their labels count.
  const MixupDraw mixup = DrawMixup(settings_, global_step, batch.size);
  torch::Tensor partners;
  if (mixup.share < 1) {
    partners = torch::tensor(mixup.partner).to(device_);
    input = input * mixup.share + input.index_select(0, partners) * (1 - mixup.share);
  }
  stages_.input += SecondsSince(start);
  const Clock::time_point forward = Clock::now();
  {
    const AutocastScope autocast(settings_.precision == "bfloat16", device_);
    *output = net_->forward(input);
  }
  torch::Tensor loss = Loss(settings_, *net_, *output, *labels);
  if (mixup.share < 1) {
    loss = loss * mixup.share +
           Loss(settings_, *net_, *output, labels->Select(partners)) * (1 - mixup.share);
  }
  stages_.forward += SecondsSince(forward);
  return loss;
}

StatusOr<double> Trainer::Step(const Batch& batch) {
  // The global number of the step, whether or not all of them changed the weights.
  const int64_t global_step = position_.epoch * steps_per_epoch_ + position_.step;
  torch::manual_seed(MixAll({settings_.seed, static_cast<uint64_t>(Purpose::kDropout),
                             static_cast<uint64_t>(global_step)}));
  net_->train();
  NetOutput output;
  Labels labels;
  const torch::Tensor loss = StepLoss(batch, global_step, &output, &labels);
  const Clock::time_point backward = Clock::now();
  loss.backward();
  stages_.backward += SecondsSince(backward);
  const Clock::time_point optimise = Clock::now();
  const double value = loss.item<double>();
  // A loss may be infinite where no gradient is: the sum of large errors.
  if (!std::isfinite(value)) optimiser_.Discard();
  const bool applied = std::isfinite(value) &&
                       optimiser_.Step(LearningRateAt(settings_, global_step, steps_per_epoch_));
  if (applied) {
    mean_.Update(optimiser_.steps());
    skipped_steps_ = 0;
  } else {
    AG_RETURN_IF_ERROR(SkipStep());
  }
  stages_.optimise += SecondsSince(optimise);
  const Clock::time_point metrics = Clock::now();
  if (applied) AddErrors(*net_, output, labels, value, &position_.sums);
  ++position_.step;
  stages_.metrics += SecondsSince(metrics);
  return value;
}

// The weights are as they were, but the forward pass has gone into the norms' statistics.
Status Trainer::SkipStep() {
  if (++skipped_steps_ >= kMaxSkippedSteps) {
    return Diverged(std::to_string(kMaxSkippedSteps) +
                    " losses or gradients in a row are not finite");
  }
  const Status finite = CheckTensors();
  return finite.ok() ? finite : Diverged(finite.message());
}

Status Trainer::Diverged(const std::string& what) const {
  const std::string path = CheckpointPath(settings_.run);
  std::string text = "the training has diverged in epoch " + std::to_string(position_.epoch + 1) +
                     ", step " + std::to_string(std::min(position_.step + 1, steps_per_epoch_)) +
                     ": " + what + "; ";
  text += HasCheckpoint(settings_) ? "the last good checkpoint is " + path
                                   : "there is no checkpoint yet";
  return Status(Code::kInternal, text +
                                     "; a new run with a lower --learning-rate, or with "
                                     "--precision float32, may do better");
}

StatusOr<ErrorSums> Trainer::Evaluate(const std::vector<Example>& examples,
                                      Predictions* predictions, const std::atomic<bool>* stop) {
  const torch::NoGradGuard no_grad;
  mean_.Swap();
  net_->eval();
  ErrorSums sums;
  bool stopped = false;
  for (size_t first = 0; first < examples.size() && !stopped; first += kEvaluationBatch) {
    const size_t count = std::min(examples.size() - first, static_cast<size_t>(kEvaluationBatch));
    const Batch batch = CentreBatch(data_, settings_, examples, first, count);
    const Labels labels = LabelsOf(batch);
    const NetOutput output = net_->forward(InputOf(batch));
    AddErrors(*net_, output, labels, Loss(settings_, *net_, output, labels).item<double>(), &sums);
    if (predictions != nullptr) {
      const torch::Tensor years = SaidYears(*net_, output.age).cpu().contiguous();
      const torch::Tensor logits = output.gender.cpu().contiguous();
      const size_t n = count;
      predictions->age.insert(predictions->age.end(), years.data_ptr<float>(),
                              years.data_ptr<float>() + n);
      predictions->gender_logit.insert(predictions->gender_logit.end(), logits.data_ptr<float>(),
                                       logits.data_ptr<float>() + n);
    }
    stopped = stop != nullptr && stop->load();
  }
  net_->train();
  mean_.Swap();
  AG_RETURN_IF_ERROR(data_.crops.Check());
  if (stopped) return Status(Code::kInterrupted, "interrupted");
  return sums;
}

Status Trainer::CheckTensors() { return CheckFinite(Tensors()); }

Status Trainer::CheckResult(const ErrorSums& sums, const Predictions& predictions) {
  const Status finite = CheckTensors();
  if (!finite.ok()) return Status(Code::kInternal, "nothing is exported: " + finite.message());
  const auto is_finite = [](float value) { return std::isfinite(value); };
  if (std::isfinite(sums.mean_loss()) && std::ranges::all_of(predictions.age, is_finite) &&
      std::ranges::all_of(predictions.gender_logit, is_finite)) {
    return OkStatus();
  }
  return Status(Code::kInternal,
                "nothing is exported: the loss or a prediction of these weights is not a finite "
                "number");
}

bool Trainer::HasLostPatience() const {
  return settings_.patience > 0 && position_.best_epoch > 0 &&
         position_.epoch - position_.best_epoch >= settings_.patience;
}

void Trainer::Finish() {
  mean_.Swap();
  net_->eval();
  net_->to(torch::kCPU);
}

double Trainer::SecondsLeft(double epoch_fraction) const {
  double per_epoch = 0;
  if (epoch_fraction > 0.05) {
    per_epoch = position_.seconds / epoch_fraction;
  } else if (!position_.history.empty()) {
    per_epoch = position_.history.back().seconds;
  } else {
    return -1;
  }
  const double epochs = static_cast<double>(settings_.epochs - position_.epoch) - epoch_fraction;
  return per_epoch * epochs;
}

void Trainer::ShowStep(double loss, Progress* progress) const {
  const double fraction = static_cast<double>(position_.step) /
                          static_cast<double>(std::max<int64_t>(1, steps_per_epoch_));
  const ErrorSums& sums = position_.sums;
  char text[200];
  std::snprintf(text, sizeof(text),
                "epoch %lld/%d  loss %.4f (mean %.4f)  age MAE %.2f  %.0f images/s  %s left",
                static_cast<long long>(position_.epoch + 1), settings_.epochs, loss,
                sums.mean_loss(), sums.age_mae(), sums.pictures / std::max(1e-9, position_.seconds),
                DurationText(SecondsLeft(fraction)).c_str());
  progress->Show(fraction, text);
}

Status Trainer::LogStep(double loss) const {
  const int64_t global_step = position_.epoch * steps_per_epoch_ + position_.step - 1;
  return log_.Write(
      "step", {{"epoch", position_.epoch + 1},
               {"step", position_.step},
               {"steps", steps_per_epoch_},
               {"loss", loss},
               {"mean_loss", position_.sums.mean_loss()},
               {"learning_rate", LearningRateAt(settings_, global_step, steps_per_epoch_)},
               {"images_per_second", position_.sums.pictures / std::max(1e-9, position_.seconds)}});
}

Status Trainer::RunEpoch(const std::atomic<bool>& stop, Progress* progress) {
  BatchLoader loader(data_, settings_, plan_, position_.epoch, position_.step,
                     LoaderThreads(settings_, device_));
  while (position_.step < steps_per_epoch_) {
    const Clock::time_point start = Clock::now();
    const Batch batch = loader.Next();
    stages_.wait += SecondsSince(start);
    AG_RETURN_IF_ERROR(data_.crops.Check());
    AG_ASSIGN_OR_RETURN(const double loss, Step(batch));
    position_.seconds += SecondsSince(start);
    ShowStep(loss, progress);
    if (position_.step % kStepsBetweenLogLines == 0) AG_RETURN_IF_ERROR(LogStep(loss));
    const bool due = SecondsSince(saved_at_) >= settings_.checkpoint_minutes * 60;
    // The checkpoint at the end of the epoch follows at once.
    if (stop.load() || (due && position_.step < steps_per_epoch_)) AG_RETURN_IF_ERROR(Save());
    if (stop.load()) return Status(Code::kInterrupted, "interrupted");
  }
  return OkStatus();
}

// What an epoch ends with, before any of it is kept.
Status Trainer::CheckEpoch(const EpochRow& row) const {
  if (position_.sums.pictures == 0) {
    return Diverged("no step of this epoch had a finite loss and gradient");
  }
  if (!data_.val.empty() && !std::isfinite(row.val_loss)) {
    return Diverged("the validation loss is not a finite number");
  }
  return OkStatus();
}

Status Trainer::FinishEpoch(const std::atomic<bool>& stop, Progress* progress) {
  EpochRow row;
  row.epoch = static_cast<int>(position_.epoch + 1);
  row.seconds = position_.seconds;
  row.images_per_second = position_.sums.pictures / std::max(1e-9, position_.seconds);
  row.loss = position_.sums.mean_loss();
  row.gender_accuracy = position_.sums.gender_accuracy();
  row.age_mae = position_.sums.age_mae();
  row.val_loss = row.val_gender_accuracy = row.val_age_mae =
      std::numeric_limits<double>::quiet_NaN();
  Predictions predictions;
  if (!data_.val.empty()) {
    StatusOr<ErrorSums> sums = Evaluate(data_.val, &predictions, &stop);
    if (!sums.ok()) {
      AG_RETURN_IF_ERROR(Save());
      return sums.status();
    }
    row.val_loss = sums->mean_loss();
    row.val_gender_accuracy = sums->gender_accuracy();
    row.val_age_mae = sums->age_mae();
  }
  AG_RETURN_IF_ERROR(CheckEpoch(row));
  AG_RETURN_IF_ERROR(KeepIfBest(row));
  position_.history.push_back(row);
  ++position_.epoch;
  position_.step = 0;
  position_.sums = {};
  position_.seconds = 0;
  AG_RETURN_IF_ERROR(Save());
  AG_RETURN_IF_ERROR(WriteFileAtomically(settings_.run + "/history.csv",
                                         std::string_view(HistoryCsv(position_.history))));
  AG_RETURN_IF_ERROR(log_.Write("epoch", EpochEntry(row)));
  char text[240];
  std::snprintf(text, sizeof(text),
                "epoch %d/%d  loss %.4f  gender %.4f  age MAE %.3f  |  val loss %.4f  gender %.4f  "
                "age MAE %.3f  |  %.0f images/s  %s left",
                row.epoch, settings_.epochs, row.loss, row.gender_accuracy, row.age_mae,
                row.val_loss, row.val_gender_accuracy, row.val_age_mae, row.images_per_second,
                DurationText(SecondsLeft(0)).c_str());
  progress->Line(text);
  const auto is_zero = [](float age) { return age == 0; };
  if (net_->age_can_die() && !predictions.age.empty() &&
      std::all_of(predictions.age.begin(), predictions.age.end(), is_zero)) {
    progress->Line(
        "warning: the age output has died: its ReLU gives 0 for every picture and learns nothing "
        "any more. Stop and start again with another --seed.");
  }
  return OkStatus();
}

Status Trainer::Run(const std::atomic<bool>& stop, Progress* progress) {
  try {
    saved_at_ = Clock::now();
    while (position_.epoch < settings_.epochs && !HasLostPatience()) {
      AG_RETURN_IF_ERROR(RunEpoch(stop, progress));
      AG_RETURN_IF_ERROR(FinishEpoch(stop, progress));
      if (stop.load() && position_.epoch < settings_.epochs) {
        return Status(Code::kInterrupted, "interrupted");
      }
    }
    if (position_.epoch < settings_.epochs) {
      progress->Line("stopping early: nothing better since epoch " +
                     std::to_string(position_.best_epoch));
    }
  } catch (const std::exception& error) {
    return Status(Code::kInternal, std::string("LibTorch: ") + error.what());
  }
  return OkStatus();
}

}  // namespace ag::train
