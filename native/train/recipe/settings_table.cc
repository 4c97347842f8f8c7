#include "native/train/recipe/settings_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "native/train/nets/net_kind.h"
#include "native/train/recipe/recipe.h"

namespace ag::train {
namespace {

constexpr std::string_view kHead =
    "# The settings of a training run\n"
    "<!-- Written by `ag_native train --print-settings`. Do not edit: make it again. -->\n\n"
    "Every setting is an option of `ag_native train`, and a key of the same name, without the "
    "dashes, in "
    "a recipe\n(`--config`). The default is that of `compact`; where a net's recipe has another "
    "one, it "
    "follows the net's name.\nA run that is resumed keeps the settings marked **kept**: they "
    "decide what "
    "is learnt. The others may change.\n\n"
    "| option | default | values | on `--resume` | what |\n|---|---|---|---|---|\n";

// As one would type it; empty for a text or a list that is empty.
std::string ValueText(const Setting& setting, const Settings& settings) {
  nlohmann::json value;
  std::visit([&](auto field) { value = settings.*field; }, setting.field);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  return value.empty() ? "" : value.dump();
}

// "0.2; notebook: 0.4"
std::string Defaults(const Setting& setting) {
  if (setting.role == Role::kPlace || setting.role == Role::kResult) {
    return ValueText(setting, Settings());
  }
  const std::string common = ValueText(setting, *RecipeFor(Settings().arch, false));
  std::string text = common;
  if (setting.chooses_recipe) return text;
  for (const NetKind* net : AllNets()) {
    const std::string own = ValueText(setting, *RecipeFor(std::string(net->name), false));
    if (own == common) continue;
    text += (text.empty() ? "" : "; ") + std::string(net->name) + ": " + own;
  }
  return text;
}

// Behind the help of a setting that not every net has.
std::string NetsThatTake(const Setting& setting) {
  std::string names;
  for (const NetKind* net : AllNets()) {
    const auto& takes = net->takes;
    if (std::find(takes.begin(), takes.end(), setting.name) == takes.end()) continue;
    names += (names.empty() ? "" : ", ") + std::string(net->name);
  }
  return names.empty() ? "" : " (" + names + ")";
}

// "recipe: compact (default); teacher, student: on a face recognition net; ..."
std::string ArchHelp() {
  std::string text = "recipe: ";
  const auto nets = AllNets();
  for (size_t i = 0; i < nets.size(); ++i) {
    text += std::string(nets[i]->name) + (nets[i]->name == Settings().arch ? " (default)" : "");
    const bool last = i + 1 == nets.size();
    if (!last && nets[i + 1]->summary == nets[i]->summary) {
      text += ", ";
      continue;
    }
    if (!nets[i]->summary.empty()) text += ": " + std::string(nets[i]->summary);
    if (!last) text += "; ";
  }
  return text;
}

std::string Option(const Setting& setting) {
  const std::string name = setting.option();
  const bool is_switch =
      std::holds_alternative<bool Settings::*>(setting.field) && !setting.chooses_recipe;
  return "`--" + name + "`" + (is_switch ? ", `--no-" + name + "`" : "");
}

}  // namespace

std::string SettingHelp(const Setting& setting) {
  if (setting.field == SettingField(&Settings::arch)) return ArchHelp();
  return setting.help + NetsThatTake(setting);
}

std::string SettingsTable() {
  std::string text(kHead);
  for (const Setting& setting : AllSettings()) {
    text += "| " + Option(setting) + " | " + Defaults(setting) + " | " + AllowedValues(setting) +
            " | " + (setting.fixed_for_a_run() ? "kept" : "") + " | " + SettingHelp(setting) +
            " |\n";
  }
  return text;
}

}  // namespace ag::train
