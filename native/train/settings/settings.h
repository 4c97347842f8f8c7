// What a training run is: every setting, a field each with its default (setting_list.inc, where
// each is described).
//
// A recipe (recipe.h) is a whole set of them; each can then be overridden by an option. The
// effective settings of a run lie in RUN/settings.json, from which `--resume` takes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ag::train {

struct Settings {
#define AG_SETTING(type, name, value, ...) type name = value;
#include "native/train/settings/setting_list.inc"
#undef AG_SETTING
};

}  // namespace ag::train
