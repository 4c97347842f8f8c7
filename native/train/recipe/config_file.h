// A recipe as a TOML file: what `--config` reads (through CLI11) and what a run leaves beside its
// model. One key an option, named as the option: `learning-rate = 0.0005`.
#pragma once

#include <string>

#include "native/train/settings/settings.h"

namespace ag::train {

// All settings that decide what is learnt and how it is stored, and none about places or the
// machine: `--config` with it gives the same recipe again.
std::string ConfigToml(const Settings& settings);

}  // namespace ag::train
