// How long a step takes on this machine, measured on drawn numbers. Leaves nothing behind.
#pragma once

#include <atomic>
#include <limits>
#include <string>

#include "native/train/nets/torch_compat.h"
#include "native/train/settings/settings.h"

namespace ag::train {

// Seconds of a step of plain LibTorch (forward, the recipe's loss, backward, torch::optim::AdamW) in
// settings.precision: the least of `steps`, after a warm-up. Ends early where one takes longer than
// `hopeless`, and once `stop` is set.
double PlainStepSeconds(const Settings& settings, torch::Device device, int steps,
                        const std::atomic<bool>& stop,
                        double hopeless = std::numeric_limits<double>::infinity());

// float32 or bfloat16, whichever runs a few steps faster here. `report` gets a line about the times.
std::string ChoosePrecision(const Settings& settings, torch::Device device, std::string* report);

}  // namespace ag::train
