#include "native/train/loop/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
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
// A few steps overflow bfloat16's neighbours now and then; so many in a row mean that it diverged.
constexpr int kMaxSkippedSteps = 20;
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

std::string LibTorchVersion() { return TORCH_VERSION; }

// Of the weights in RUN/best.agc; 0: the file does not say.
int64_t EpochOf(const nlohmann::json& meta) {
  const auto epoch = meta.find("epoch");
  return epoch != meta.end() && epoch->is_number_unsigned() ? epoch->get<int64_t>() : 0;
}

// Roots are taken of these: none may be negative.
Status CheckSigns(const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with("second_moment/") && !name.ends_with("running_var")) continue;
    if ((tensor < 0).any().item<bool>()) {
      return Status(Code::kInvalidArgument, "tensor '" + name + "' holds a negative value");
    }
  }
  return OkStatus();
}

// Numbers out of a checkpoint's JSON; remembers the first that is out of its range. Reading on
// gives zeros.
class NumberReader {
 public:
  explicit NumberReader(const nlohmann::json& meta) : meta_(meta) {}

  int64_t Integer(const char* name, int64_t most) {
    const nlohmann::json& value = meta_.at(name);
    if (value.is_number_unsigned() &&
        value.get<uint64_t>() <= static_cast<uint64_t>(std::max<int64_t>(0, most))) {
      return value.get<int64_t>();
    }
    Refuse(name);
    return 0;
  }
  // Finite.
  double Number(const nlohmann::json& value, const char* name) {
    if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
    Refuse(name);
    return 0;
  }
  void Refuse(const char* name) {
    if (!status_.ok()) return;
    status_ = Status(Code::kInvalidArgument,
                     std::string("'") + name + "' says what this run cannot have come to");
  }
  const Status& status() const { return status_; }

 private:
  const nlohmann::json& meta_;
  Status status_;
};

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

// "net/LAYER.weight", ...
NamedTensors Trainer::NetTensors() {
  NamedTensors named;
  for (const auto& item : net_->named_parameters()) {
    named.emplace_back("net/" + item.key(), item.value());
  }
  for (const auto& item : net_->named_buffers()) {
    named.emplace_back("net/" + item.key(), item.value());
  }
  return named;
}

Status Trainer::WriteTensors(const std::string& path, const NamedTensors& tensors,
                             const nlohmann::json& meta) const {
  const Status written = WriteCheckpoint(path, tensors, meta);
  return written.code() == Code::kModelNonFinite ? Diverged(written.message()) : written;
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

// Before the checkpoint that counts the epoch: a run that is killed in between does it again.
Status Trainer::KeepIfBest(const EpochRow& row) {
  if (!(row.val_loss < position_.best_loss)) return OkStatus();
  position_.best_loss = row.val_loss;
  position_.best_epoch = row.epoch;
  if (!settings_.keep_best) return OkStatus();
  mean_.Swap();
  const Status written =
      WriteTensors(BestPath(settings_.run), NetTensors(), {{"epoch", row.epoch}});
  mean_.Swap();
  return written;
}

bool Trainer::HasLostPatience() const {
  return settings_.patience > 0 && position_.best_epoch > 0 &&
         position_.epoch - position_.best_epoch >= settings_.patience;
}

Status Trainer::UseBest() {
  if (!settings_.keep_best || position_.best_epoch == 0 ||
      position_.best_epoch == position_.epoch) {
    return OkStatus();
  }
  const torch::NoGradGuard no_grad;
  AG_ASSIGN_OR_RETURN(const nlohmann::json meta,
                      ReadCheckpoint(BestPath(settings_.run), NetTensors()));
  if (EpochOf(meta) != position_.best_epoch) {
    return Status(Code::kInvalidArgument,
                  BestPath(settings_.run) + ": expected the weights of epoch " +
                      std::to_string(position_.best_epoch) + ", found those of another");
  }
  mean_.Restart();
  return OkStatus();
}

void Trainer::Finish() {
  mean_.Swap();
  net_->eval();
  net_->to(torch::kCPU);
}

// The net's, and of each parameter "first_moment/NAME" and "second_moment/NAME", and of everything
// that is averaged "mean/NAME".
NamedTensors Trainer::Tensors() {
  NamedTensors named = NetTensors();
  const std::vector<torch::Tensor>&first = optimiser_.first_moments(),
        &second = optimiser_.second_moments(), &mean = mean_.tensors();
  size_t number = 0;
  for (const auto& item : net_->named_parameters()) {
    named.emplace_back("first_moment/" + item.key(), first[number]);
    named.emplace_back("second_moment/" + item.key(), second[number]);
    if (!mean.empty()) named.emplace_back("mean/" + item.key(), mean[number]);
    ++number;
  }
  if (mean.empty()) return named;
  for (const auto& item : net_->named_buffers()) {
    if (item.value().is_floating_point()) named.emplace_back("mean/" + item.key(), mean[number++]);
  }
  return named;
}

nlohmann::json Trainer::Meta() const {
  const ErrorSums& s = position_.sums;
  return {{"recipe", RecipeToJson(settings_)},
          {"data_hash", data_.data_hash},
          {"crops", data_.crops.key()},
          {"teachers", lessons_.teachers},
          {"machine",
           {{"precision", settings_.precision},
            {"threads", settings_.threads},
            {"device", device_.str()},
            {"instruction set", InstructionSet()},
            {"LibTorch", LibTorchVersion()}}},
          {"epoch", position_.epoch},
          {"step", position_.step},
          {"optimiser_steps", optimiser_.steps()},
          {"skipped_steps", skipped_steps_},
          {"seconds", position_.seconds},
          {"best_epoch", position_.best_epoch},
          {"best_loss", std::isfinite(position_.best_loss) ? nlohmann::json(position_.best_loss)
                                                           : nlohmann::json()},
          {"sums", {s.loss, s.pictures, s.age_error, s.genders, s.gender_right, s.ages}},
          {"history", HistoryToJson(position_.history)}};
}

Status Trainer::Save() {
  saved_at_ = Clock::now();
  return WriteTensors(CheckpointPath(settings_.run), Tensors(), Meta());
}

Status Trainer::Resume(std::vector<std::string>* notes) {
  const std::string path = CheckpointPath(settings_.run);
  AG_ASSIGN_OR_RETURN(const nlohmann::json meta, ReadCheckpoint(path, Tensors()));
  AG_RETURN_IF_ERROR(CheckSigns(Tensors()).WithContext(path));
  try {
    if (meta.at("recipe") != nlohmann::json(RecipeToJson(settings_))) {
      return Status(Code::kInvalidArgument, path + ": was written by a run with other settings");
    }
    if (meta.at("data_hash") != data_.data_hash || meta.at("crops") != data_.crops.key()) {
      return Status(Code::kInvalidArgument,
                    path +
                        ": the pictures, their labels or the face detector have changed since "
                        "this run began; start a new one with another --run");
    }
    if (meta.at("teachers") != lessons_.teachers) {
      return Status(Code::kInvalidArgument, path + ": was written by a run with other teachers");
    }
    const nlohmann::json now = Meta().at("machine");
    for (const auto& [name, value] : meta.at("machine").items()) {
      if (now.at(name) == value) continue;
      notes->push_back("the run began with " + name + " " + value.dump() + " and goes on with " +
                       now.at(name).dump() + ": its weights may differ in their last bits");
    }
    AG_RETURN_IF_ERROR(ReadPosition(meta).WithContext(path));
  } catch (const nlohmann::json::exception& error) {
    return Status(Code::kInvalidArgument,
                  path + ": is no checkpoint of this version: " + error.what());
  }
  return CheckBest();
}

// Each number within what a run can come to; throws JSON's errors where one is missing.
Status Trainer::ReadPosition(const nlohmann::json& meta) {
  NumberReader read(meta);
  Position position;
  position.epoch = read.Integer("epoch", settings_.epochs);
  position.step = read.Integer("step", steps_per_epoch_);
  position.seconds = read.Number(meta.at("seconds"), "seconds");
  position.best_epoch = read.Integer("best_epoch", position.epoch);
  const int64_t steps = read.Integer("optimiser_steps", settings_.epochs * steps_per_epoch_);
  const int64_t skipped = read.Integer("skipped_steps", kMaxSkippedSteps);
  ErrorSums& sums = position.sums;
  double* const fields[] = {&sums.loss,    &sums.pictures,     &sums.age_error,
                            &sums.genders, &sums.gender_right, &sums.ages};
  const nlohmann::json& stored = meta.at("sums");
  if (!stored.is_array() || stored.size() != std::size(fields)) read.Refuse("sums");
  for (size_t i = 0; i < std::size(fields) && read.status().ok(); ++i) {
    *fields[i] = read.Number(stored[i], "sums");
  }
  const nlohmann::json& best = meta.at("best_loss");
  if (best.is_null() != (position.best_epoch == 0)) read.Refuse("best_loss");
  if (!best.is_null()) position.best_loss = read.Number(best, "best_loss");
  position.history = HistoryFromJson(meta.at("history"));
  if (std::ssize(position.history) != position.epoch) read.Refuse("history");
  for (size_t i = 0; i < position.history.size() && read.status().ok(); ++i) {
    if (position.history[i].epoch != static_cast<int>(i) + 1) read.Refuse("history");
  }
  AG_RETURN_IF_ERROR(read.status());
  position_ = std::move(position);
  optimiser_.set_steps(steps);
  skipped_steps_ = static_cast<int>(skipped);
  return OkStatus();
}

// Now, not when all epochs are done: the weights of the best epoch are there.
Status Trainer::CheckBest() {
  if (!settings_.keep_best || position_.best_epoch == 0) return OkStatus();
  NamedTensors scratch = NetTensors();
  for (auto& [name, tensor] : scratch) tensor = torch::empty_like(tensor.detach());
  const std::string path = BestPath(settings_.run);
  AG_ASSIGN_OR_RETURN(const nlohmann::json meta, ReadCheckpoint(path, scratch));
  AG_RETURN_IF_ERROR(CheckSigns(scratch).WithContext(path));
  const int64_t epoch = EpochOf(meta);
  if (epoch == position_.best_epoch) return OkStatus();
  // Killed after an epoch whose weights are the best and before the checkpoint that counts it: that
  // epoch comes again, and its weights are the best once more.
  if (epoch == position_.epoch + 1) {
    position_.best_epoch = 0;
    position_.best_loss = std::numeric_limits<double>::infinity();
    return OkStatus();
  }
  return Status(Code::kInvalidArgument, path + ": expected the weights of epoch " +
                                            std::to_string(position_.best_epoch) +
                                            ", found those of another");
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
  if (settings_.arch == "notebook" && !predictions.age.empty() &&
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

namespace {

// The fastest of `count` steps, after one that warms up; seconds. Stops early when hopeless.
double TimeSteps(const Settings& settings, torch::Device device, int count, double hopeless) {
  const std::shared_ptr<AgeGenderNet> net = MakeNet(settings);
  net->to(device);
  net->train();
  const int64_t side = settings.input_side;
  const torch::Tensor input = torch::rand({settings.batch, settings.gray ? 1 : 3, side, side})
                                  .to(device)
                                  .contiguous(at::MemoryFormat::ChannelsLast);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= count; ++i) {
    const Clock::time_point start = Clock::now();
    NetOutput output;
    {
      const AutocastScope autocast(settings.precision == "bfloat16", device);
      output = net->forward(input);
    }
    (output.age.square().mean() + output.gender.square().mean()).backward();
    for (torch::Tensor& parameter : net->parameters()) parameter.mutable_grad().reset();
    if (device.is_cuda()) torch::cuda::synchronize();  // the launches alone took less
    const double seconds = SecondsSince(start);
    // A GPU's first step loads its kernels: that says nothing.
    const bool counts = i > 0 || !device.is_cuda();
    if (i > 0 || (counts && seconds > hopeless)) best = std::min(best, seconds);
    if (counts && seconds > hopeless) break;
  }
  return best;
}

}  // namespace

std::string ChoosePrecision(const Settings& settings, torch::Device device, std::string* report) {
  Settings trial = settings;
  trial.precision = "float32";
  const double float32 = TimeSteps(trial, device, 5, std::numeric_limits<double>::infinity());
  trial.precision = "bfloat16";
  const double bfloat16 = TimeSteps(trial, device, 5, 4 * float32);
  char text[160];
  std::snprintf(text, sizeof(text), "a step takes %.0f ms in float32 and %.0f ms in bfloat16",
                float32 * 1e3, bfloat16 * 1e3);
  *report = text;
  return bfloat16 < float32 ? "bfloat16" : "float32";
}

}  // namespace ag::train
