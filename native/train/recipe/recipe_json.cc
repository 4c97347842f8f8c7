// Settings as JSON (recipe.h).
#include <string>
#include <utility>

#include "native/train/nets/net_kind.h"
#include "native/train/recipe/recipe.h"
#include "native/train/settings/setting.h"
#include "shared/base/file_name.h"

namespace ag::train {
namespace {

// As it stands in JSON. A name of a file or folder that is not UTF-8 is an object {file,
// file_encoding}, as in records.
template <typename T>
nlohmann::ordered_json FieldJson(const T& field) {
  return field;
}
nlohmann::ordered_json FieldJson(const std::string& field) {
  const EncodedName name = EncodeFileName(field);
  if (!name.percent) return field;
  return {{"file", name.text}, {kFileEncoding, name.encoding()}};
}
nlohmann::ordered_json FieldJson(const std::vector<std::string>& field) {
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  for (const std::string& name : field) names.push_back(FieldJson(name));
  return names;
}

template <typename T>
Status ReadField(const nlohmann::json& json, T& field) {
  json.get_to(field);
  return OkStatus();
}
Status ReadField(const nlohmann::json& json, std::string& field) {
  if (!json.is_object()) {
    json.get_to(field);
    return OkStatus();
  }
  AG_ASSIGN_OR_RETURN(field, DecodeFileName(json.at("file").get<std::string>(),
                                            json.at(kFileEncoding).get<std::string>()));
  return OkStatus();
}
// Before there could be several, `data` was one name.
Status ReadField(const nlohmann::json& json, std::vector<std::string>& field) {
  field.clear();
  const nlohmann::json names = json.is_array() ? json : nlohmann::json::array({json});
  for (const nlohmann::json& name : names) {
    AG_RETURN_IF_ERROR(ReadField(name, field.emplace_back()));
  }
  return OkStatus();
}

Status ReadSetting(const Setting& setting, const nlohmann::json& json, Settings* settings) {
  const std::string name = setting.name;
  if (!json.is_object() || !json.contains(name)) {
    if (setting.role != Role::kRecipe || setting.came_later) return OkStatus();
    return Status(Code::kInvalidArgument, "no '" + name + "' in it");
  }
  try {
    return std::visit([&](auto field) { return ReadField(json.at(name), settings->*field); },
                      setting.field);
  } catch (const nlohmann::json::exception& error) {
    return Status(Code::kInvalidArgument, "'" + name + "': " + error.what());
  }
}

// The kind of head that a net had before there was a choice.
std::string FirstAgeHead(const std::string& arch) {
  const NetKind* net = FindNet(arch);
  return net == nullptr ? Settings().age_head : std::string(net->age_heads.front());
}

}  // namespace

nlohmann::ordered_json SettingsToJson(const Settings& settings) {
  nlohmann::ordered_json json;
  for (const Setting& setting : AllSettings()) {
    std::visit([&](auto field) { json[setting.name] = FieldJson(settings.*field); }, setting.field);
  }
  return json;
}

nlohmann::json WithPresentNames(nlohmann::json json) {
  if (!json.is_object()) return json;
  for (const Setting& setting : AllSettings()) {
    if (setting.former_name == nullptr || json.contains(setting.name)) continue;
    const auto former = json.find(setting.former_name);
    if (former == json.end()) continue;
    nlohmann::json value = *former;
    json.erase(former);
    json[setting.name] = std::move(value);
  }
  return json;
}

StatusOr<Settings> SettingsFromJson(const nlohmann::json& written) {
  const nlohmann::json json = WithPresentNames(written);
  Settings settings;
  for (const Setting& setting : AllSettings()) {
    AG_RETURN_IF_ERROR(ReadSetting(setting, json, &settings));
  }
  if (!json.contains("age_head")) settings.age_head = FirstAgeHead(settings.arch);
  AG_RETURN_IF_ERROR(CheckSettings(settings));
  return settings;
}

nlohmann::ordered_json RecipeToJson(const Settings& settings) {
  Settings earlier;  // what came later, as it was before
  earlier.age_head = FirstAgeHead(settings.arch);
  nlohmann::ordered_json json;
  for (const Setting& setting : AllSettings()) {
    if (setting.role != Role::kRecipe) continue;
    std::visit(
        [&](auto field) {
          if (setting.came_later && settings.*field == earlier.*field) return;
          json[setting.name] = settings.*field;
        },
        setting.field);
  }
  return json;
}

std::vector<std::string> RecipeDifferences(const Settings& a, const Settings& b) {
  std::vector<std::string> names;
  for (const Setting& setting : AllSettings()) {
    if (!setting.fixed_for_a_run()) continue;
    std::visit(
        [&](auto field) {
          if (a.*field != b.*field) names.emplace_back(setting.name);
        },
        setting.field);
  }
  return names;
}

}  // namespace ag::train
