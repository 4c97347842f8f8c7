#include "native/train/recipe/config_file.h"

#include <nlohmann/json.hpp>

#include "native/train/recipe/recipe.h"
#include "native/train/settings/setting.h"

namespace ag::train {
namespace {

// JSON's strings, numbers, booleans and flat arrays of them are TOML's too.
std::string Line(const Setting& setting, const nlohmann::ordered_json& value) {
  return setting.option() + " = " +
         value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

bool IsEmpty(const nlohmann::ordered_json& value) {
  return (value.is_string() && value.get<std::string>().empty()) ||
         (value.is_array() && value.empty());
}

}  // namespace

std::string ConfigToml(const Settings& settings) {
  std::string text = "# ag_native train --config THIS --data ...\n";
  const nlohmann::ordered_json recipe = RecipeToJson(settings);
  const auto add = [&](const nlohmann::ordered_json& values, Role role) {
    for (const Setting& setting : AllSettings()) {
      // Drawn faces are data, not a recipe.
      if (setting.role != role || setting.field == SettingField(&Settings::toy)) continue;
      const auto value = values.find(setting.name);
      if (value != values.end() && !IsEmpty(*value)) text += Line(setting, *value);
    }
  };
  add(recipe, Role::kRecipe);
  nlohmann::ordered_json results;
  for (const Setting& setting : AllSettings()) {
    if (setting.role != Role::kResult) continue;
    std::visit([&](auto field) { results[setting.name] = settings.*field; }, setting.field);
  }
  add(results, Role::kResult);
  return text;
}

}  // namespace ag::train
