// What the trainer keeps in RUN/checkpoint.agc and RUN/best.agc, and how it comes back (trainer.h).
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "native/train/loop/precision.h"
#include "native/train/loop/trainer.h"
#include "native/train/recipe/recipe.h"
#include "native/train/recipe/run_folder.h"

namespace ag::train {
namespace {

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

}  // namespace

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
  nlohmann::json meta = PositionToJson({position_, optimiser_.steps(), skipped_steps_});
  meta["recipe"] = RecipeToJson(settings_);
  meta["data_hash"] = data_.data_hash;
  meta["crops"] = data_.crops.key();
  meta["teachers"] = lessons_.teachers;
  meta["machine"] = {{"precision", settings_.precision},
                     {"threads", settings_.threads},
                     {"device", device_.str()},
                     {"instruction set", InstructionSet()},
                     {"LibTorch", TORCH_VERSION}};
  return meta;
}

Status Trainer::Save() {
  saved_at_ = std::chrono::steady_clock::now();
  return WriteTensors(CheckpointPath(settings_.run), Tensors(), Meta());
}

Status Trainer::Resume(std::vector<std::string>* notes) {
  const std::string path = CheckpointPath(settings_.run);
  AG_ASSIGN_OR_RETURN(const nlohmann::json meta, ReadCheckpoint(path, Tensors()));
  AG_RETURN_IF_ERROR(CheckSigns(Tensors()).WithContext(path));
  try {
    if (WithPresentNames(meta.at("recipe")) != nlohmann::json(RecipeToJson(settings_))) {
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
    StatusOr<StoredPosition> stored =
        PositionFromJson(meta, {settings_.epochs, steps_per_epoch_, kMaxSkippedSteps});
    if (!stored.ok()) return stored.status().WithContext(path);
    position_ = std::move(stored->position);
    optimiser_.set_steps(stored->optimiser_steps);
    skipped_steps_ = stored->skipped_steps;
  } catch (const nlohmann::json::exception& error) {
    return Status(Code::kInvalidArgument,
                  path + ": is no checkpoint of this version: " + error.what());
  }
  return CheckBest();
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

}  // namespace ag::train
