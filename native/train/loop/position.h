// Where a run stands, and that as JSON in its checkpoint.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "native/train/loop/history.h"
#include "native/train/loop/losses.h"
#include "shared/base/status.h"

namespace ag::train {

// Where a run stands.
struct Position {
  int64_t epoch = 0;   // 0-based; == settings.epochs: finished
  int64_t step = 0;    // steps done in this epoch
  ErrorSums sums;      // of this epoch's steps
  double seconds = 0;  // spent on them
  std::vector<EpochRow> history;
  double best_loss = std::numeric_limits<double>::infinity();  // of validation
  int64_t best_epoch = 0;  // 1-based; whose weights lie in RUN/best.agc; 0: none
};

// What of it a run can have come to.
struct PositionLimits {
  int64_t epochs = 0;
  int64_t steps_per_epoch = 0;
  int64_t skipped_steps = 0;  // in a row
};

// A position, and what of the optimiser and the trainer is a number.
struct StoredPosition {
  Position position;
  int64_t optimiser_steps = 0;
  int skipped_steps = 0;
};

nlohmann::json PositionToJson(const StoredPosition& stored);

// kInvalidArgument: a number that no such run can have come to; throws JSON's errors where one is
// missing.
StatusOr<StoredPosition> PositionFromJson(const nlohmann::json& meta, const PositionLimits& limits);

}  // namespace ag::train
