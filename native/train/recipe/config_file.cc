#include "native/train/recipe/config_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ag::train {
namespace {

// JSON's strings, numbers, booleans and flat arrays of them are TOML's too.
std::string Line(std::string name, const nlohmann::ordered_json& value) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name + " = " +
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
  text += Line("arch", recipe.at("arch"));
  for (const auto& [name, value] : recipe.items()) {
    // Drawn faces are data, not a recipe.
    if (name == "arch" || name == "toy" || IsEmpty(value)) continue;
    text += Line(name, value);
  }
  text += Line("storage", settings.storage);
  text += Line("name", settings.name);
  if (!settings.licence.empty()) text += Line("licence", settings.licence);
  if (!settings.source.empty()) text += Line("source", settings.source);
  return text;
}

}  // namespace ag::train
