#include "native/train/loop/position.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

namespace ag::train {
namespace {

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

nlohmann::json PositionToJson(const StoredPosition& stored) {
  const Position& position = stored.position;
  const ErrorSums& s = position.sums;
  return {{"epoch", position.epoch},
          {"step", position.step},
          {"optimiser_steps", stored.optimiser_steps},
          {"skipped_steps", stored.skipped_steps},
          {"seconds", position.seconds},
          {"best_epoch", position.best_epoch},
          {"best_loss", std::isfinite(position.best_loss) ? nlohmann::json(position.best_loss)
                                                          : nlohmann::json()},
          {"sums", {s.loss, s.pictures, s.age_error, s.genders, s.gender_right, s.ages}},
          {"history", HistoryToJson(position.history)}};
}

StatusOr<StoredPosition> PositionFromJson(const nlohmann::json& meta,
                                          const PositionLimits& limits) {
  NumberReader read(meta);
  StoredPosition stored;
  Position& position = stored.position;
  position.epoch = read.Integer("epoch", limits.epochs);
  position.step = read.Integer("step", limits.steps_per_epoch);
  position.seconds = read.Number(meta.at("seconds"), "seconds");
  position.best_epoch = read.Integer("best_epoch", position.epoch);
  stored.optimiser_steps = read.Integer("optimiser_steps", limits.epochs * limits.steps_per_epoch);
  stored.skipped_steps = static_cast<int>(read.Integer("skipped_steps", limits.skipped_steps));
  ErrorSums& sums = position.sums;
  double* const fields[] = {&sums.loss,    &sums.pictures,     &sums.age_error,
                            &sums.genders, &sums.gender_right, &sums.ages};
  const nlohmann::json& written = meta.at("sums");
  if (!written.is_array() || written.size() != std::size(fields)) read.Refuse("sums");
  for (size_t i = 0; i < std::size(fields) && read.status().ok(); ++i) {
    *fields[i] = read.Number(written[i], "sums");
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
  return stored;
}

}  // namespace ag::train
