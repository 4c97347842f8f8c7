// What there is to know of one setting: a row of setting_list.inc.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// What a setting decides, and with that who may change it when.
enum class Role {
  kRecipe,   // what is learnt: goes into the exported model, is kept by a run that is resumed
  kPlace,    // where things are on this machine: goes nowhere
  kMachine,  // how the machine is used: changes the last bits of what is learnt
  kResult    // how what was learnt is stored and called
};

struct Range {
  double low, high;  // both included
};

using SettingField =
    std::variant<bool Settings::*, int Settings::*, int64_t Settings::*, uint64_t Settings::*,
                 double Settings::*, std::string Settings::*, std::vector<double> Settings::*,
                 std::vector<std::string> Settings::*>;

// Rows name these in this order.
struct Setting {
  const char* name;  // in C++ and in JSON
  SettingField field;
  Role role;
  const char* help;  // of the option; the nets that have the setting are added (NetKind::takes)
  const char* option_name = nullptr;  // without dashes; null: `name` with - for _
  // Of an earlier version, as `name`: option, key of a recipe and key in JSON are still read.
  const char* former_name = nullptr;
  bool chooses_recipe = false;      // settled before the other options (options.cc)
  bool is_duration = false;         // the option takes a unit: 30s, 90m, 2h
  std::optional<Range> range = {};  // of numbers, of each where there are several
  bool or_zero = false;             // beside the range
  std::vector<std::string_view> words = {};
  const char* values = nullptr;  // for the table, where neither range nor words say it all
  Status (*check)(const Settings&) = nullptr;  // what depends on other settings
  // Runs and models of an earlier version do not name it: where it is missing it has its default
  // (of the net: NetKind::age_heads), and with that it is not written into a recipe, so that a
  // checkpoint of then is still one of the same recipe.
  bool came_later = false;

  std::string option() const;                                     // "learning-rate"
  std::string former_option() const;                              // empty: there is none
  bool fixed_for_a_run() const { return role == Role::kRecipe; }  // --resume may not change it
};

// In the order of `--help`.
const std::vector<Setting>& AllSettings();

// Of a name in C++ and JSON; null: there is none.
const Setting* FindSetting(std::string_view name);

// What may stand there: "0 to 0.95", "float32, float16, int8"; empty: anything.
std::string AllowedValues(const Setting& setting);

// kInvalidArgument: "--OPTION: expected EXPECTED, found FOUND".
template <typename T>
Status OutOfRange(const std::string& option, const std::string& expected, const T& found) {
  std::ostringstream text;
  text << "--" << option << ": expected " << expected << ", found " << found;
  return Status(Code::kInvalidArgument, text.str());
}
Status CheckRange(const std::string& option, double value, Range range);
Status CheckWord(const std::string& option, const std::string& word,
                 const std::vector<std::string_view>& words);

// Of each setting by itself, and what its row says of it beside others. kInvalidArgument names the
// option, what it may be and what it is.
Status CheckEachSetting(const Settings& settings);

}  // namespace ag::train
