#include "native/train/settings/setting.h"

#include <algorithm>
#include <type_traits>

namespace ag::train {
namespace {

std::string RangeText(const Range& range) {
  std::ostringstream text;
  text << range.low << " to " << range.high;
  return text.str();
}

std::string Join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    text += (text.empty() ? "" : ", ") + std::string(word);
  }
  return text;
}

std::string OptionName(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// What the row says of the value alone.
template <typename T>
Status CheckValue(const Setting& setting, const T& value) {
  if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
    if (!setting.range || (setting.or_zero && value == T{0})) return OkStatus();
    return CheckRange(setting.option(), static_cast<double>(value), *setting.range);
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    for (const double one : value) AG_RETURN_IF_ERROR(CheckValue(setting, one));
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!setting.words.empty()) return CheckWord(setting.option(), value, setting.words);
  }
  return OkStatus();
}

}  // namespace

const std::vector<Setting>& AllSettings() {
  static const std::vector<Setting> settings = {
#define AG_SETTING(type, name_, value, ...) \
  Setting{.name = #name_, .field = &Settings::name_, __VA_ARGS__},
#include "native/train/settings/setting_list.inc"
#undef AG_SETTING
  };
  return settings;
}

const Setting* FindSetting(std::string_view name) {
  for (const Setting& setting : AllSettings()) {
    if (name == setting.name) return &setting;
  }
  return nullptr;
}

std::string Setting::option() const {
  return OptionName(option_name != nullptr ? option_name : name);
}

std::string Setting::former_option() const {
  return former_name == nullptr ? "" : OptionName(former_name);
}

std::string AllowedValues(const Setting& setting) {
  if (setting.values != nullptr) return setting.values;
  if (!setting.words.empty()) return Join(setting.words);
  if (!setting.range) return {};
  return (setting.or_zero ? "0, or " : "") + RangeText(*setting.range);
}

// NaN fails too: no comparison with it holds.
Status CheckRange(const std::string& option, double value, Range range) {
  if (value >= range.low && value <= range.high) return OkStatus();
  return OutOfRange(option, RangeText(range), value);
}

Status CheckWord(const std::string& option, const std::string& word,
                 const std::vector<std::string_view>& words) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return OkStatus();
  return OutOfRange(option, "one of " + Join(words), "'" + word + "'");
}

Status CheckEachSetting(const Settings& settings) {
  for (const Setting& setting : AllSettings()) {
    AG_RETURN_IF_ERROR(std::visit([&](auto field) { return CheckValue(setting, settings.*field); },
                                  setting.field));
    if (setting.check != nullptr) AG_RETURN_IF_ERROR(setting.check(settings));
  }
  return OkStatus();
}

}  // namespace ag::train
