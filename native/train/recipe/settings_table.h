// What is said of settings: in --help, and as a page: docs/training-settings.md is what this gives.
#pragma once

#include <string>

#include "native/train/settings/setting.h"

namespace ag::train {

// Of the option: what its row says, and which nets have it where not all do; of `--arch`, the nets.
std::string SettingHelp(const Setting& setting);

// Markdown: of each setting its option, its default (and those of the nets that have another one),
// what may stand there, whether a run that is resumed may change it, and what it is.
std::string SettingsTable();

}  // namespace ag::train
