// Recipes: a whole set of settings for each net (`--arch`), what fits together, and their JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// The defaults of `--arch` (net_list.inc). kInvalidArgument names the known ones.
StatusOr<Settings> RecipeFor(const std::string& arch, bool toy);

// Ranges and enumerated words (setting_list.inc), and what the net can do (NetKind);
// kInvalidArgument names the option, what it may be and what it is.
Status CheckSettings(const Settings& settings);

// All settings; reading needs every key that decides what is learnt and ignores unknown ones.
nlohmann::ordered_json SettingsToJson(const Settings& settings);
StatusOr<Settings> SettingsFromJson(const nlohmann::json& json);

// The part that decides what is learnt (no paths, no machine): goes into the exported model, so two
// runs of one recipe write the same bytes; compared on --resume.
nlohmann::ordered_json RecipeToJson(const Settings& settings);

// Settings or a recipe of an earlier version, with the names of now.
nlohmann::json WithPresentNames(nlohmann::json json);

// Names of the keys in which two recipes differ.
std::vector<std::string> RecipeDifferences(const Settings& a, const Settings& b);

}  // namespace ag::train
