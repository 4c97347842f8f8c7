// How fast training is: `ag_native train --benchmark`, and what `--time-budget` asks for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "native/train/nets/torch_compat.h"
#include "native/train/recipe/options.h"
#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// How many epochs fit into a time.
struct Plan {
  int epochs = 1;
  int64_t epoch_pictures = 0;  // 0: all of them
  double step_seconds = 0;     // measured on a few steps
};

// Includes the validation after each epoch and a margin of a twentieth. If fewer than three whole
// epochs fit, there are three shorter ones. At least one step each.
Plan FitIntoTime(const Settings& settings, torch::Device device, double seconds,
                 size_t training_pictures, size_t validation_pictures);

// Prints a table on stdout: for each net (of the request, or all), precision and number of threads,
// the pictures per second of the whole step on drawn faces, the share of each of its stages, and
// beside it those of plain LibTorch (forward, the same loss, backward, torch::optim::AdamW) on one
// synthetic batch. Leaves nothing behind.
Status RunBenchmark(const Request& request);

}  // namespace ag::train
