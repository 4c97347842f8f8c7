// Every setting by its row in setting_list.inc: a row that lacks something, or a place that does not follow
// from it, fails here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "native/train/recipe/config_file.h"
#include "native/train/recipe/options.h"
#include "native/train/recipe/recipe.h"
#include "native/train/recipe/run_folder.h"
#include "native/train/recipe/settings_table.h"
#include "native/train/settings/setting.h"
#include "tests/cli/cli_support.h"

namespace ag::train {
namespace {

using ag::test::ReadText;
using ag::test::TemporaryFolder;
using ag::test::WriteText;

StatusOr<ParsedOptions> Parse(std::vector<std::string> arguments) {
  std::vector<const char*> pointers = {"ag_native-train"};
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  return ParseOptions(static_cast<int>(pointers.size()), pointers.data());
}

std::string Help() { return Parse({"--help"})->help; }

// A text in which an option stands for itself, not for the beginning of another one.
bool Names(const std::string& text, const std::string& option) {
  for (size_t at = text.find(option); at != std::string::npos; at = text.find(option, at + 1)) {
    const char next = at + option.size() < text.size() ? text[at + option.size()] : ' ';
    if (next != '-' && std::isalnum(static_cast<unsigned char>(next)) == 0) return true;
  }
  return false;
}

class SettingTest : public testing::TestWithParam<const Setting*> {
 protected:
  const Setting& setting() const { return *GetParam(); }
  bool is_switch() const { return std::holds_alternative<bool Settings::*>(setting().field); }

  // Another value than `from` has, one that may stand there where such can be told from the row.
  Settings Changed(Settings from) const {
    std::visit([&](auto field) { Change(&(from.*field)); }, setting().field);
    return from;
  }

 private:
  void Change(bool* value) const { *value = !*value; }
  template <typename T>
  requires(std::is_arithmetic_v<T>) void Change(T* value) const {
    const Range range = setting().range.value_or(Range{0, 1e6});
    const T high = static_cast<T>(range.high), low = static_cast<T>(range.low);
    *value = *value == high ? low : high;
  }
  void Change(std::string* value) const {
    if (setting().words.empty()) {
      *value += "x";
      return;
    }
    *value = std::string(*value == setting().words[0] ? setting().words[1] : setting().words[0]);
  }
  void Change(std::vector<double>* value) const { value->push_back(2.5); }
  void Change(std::vector<std::string>* value) const { value->push_back("x"); }
};

std::vector<const Setting*> Pointers() {
  std::vector<const Setting*> pointers;
  for (const Setting& setting : AllSettings()) pointers.push_back(&setting);
  return pointers;
}

INSTANTIATE_TEST_SUITE_P(Settings, SettingTest, testing::ValuesIn(Pointers()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST_P(SettingTest, IsDescribedOnceAndInTheHelp) {
  std::multiset<std::string> names, options;
  for (const Setting& other : AllSettings()) {
    names.insert(other.name);
    options.insert(other.option());
    if (other.former_name != nullptr) names.insert(other.former_name);
    if (other.former_name != nullptr) options.insert(other.former_option());
  }
  EXPECT_EQ(names.count(setting().name), 1u);
  EXPECT_EQ(options.count(setting().option()), 1u);
  EXPECT_FALSE(SettingHelp(setting()).empty());
  EXPECT_TRUE(Names(Help(), "--" + setting().option()));
  EXPECT_NE(Help().find(SettingHelp(setting())), std::string::npos);
  EXPECT_TRUE(Names(SettingsTable(), "--" + setting().option()));
}

TEST_P(SettingTest, AFormerNameIsReadAndNotShown) {
  if (setting().former_name == nullptr) return;
  const std::string former = "--" + setting().former_option();
  EXPECT_FALSE(Names(Help(), former));
  nlohmann::json json = SettingsToJson(Changed(*RecipeFor("teacher", false)));
  const nlohmann::json value = json.at(setting().name);
  json.erase(setting().name);
  json[setting().former_name] = value;
  if (!std::holds_alternative<std::vector<double> Settings::*>(setting().field)) {
    const StatusOr<Settings> read = SettingsFromJson(json);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(SettingsToJson(*read).at(setting().name), value);
  }
  const std::string text = value.is_string()  ? value.get<std::string>()
                           : value.is_array() ? value[0].dump()
                                              : value.dump();
  const TemporaryFolder folder;
  WriteText(folder / "recipe.toml",
            setting().former_option() + " = " + (value.is_string() ? value.dump() : text) + "\n");
  for (const std::vector<std::string>& given : std::vector<std::vector<std::string>>{
           {former, text}, {"--config", folder / "recipe.toml"}}) {
    std::vector<std::string> arguments = {"--data", "d"};
    arguments.insert(arguments.end(), given.begin(), given.end());
    const StatusOr<ParsedOptions> parsed = Parse(arguments);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(SettingsToJson(parsed->request.settings).at(setting().name), value);
  }
}

TEST_P(SettingTest, IsKeptInJsonAndByAResumedRunIfItDecidesWhatIsLearnt) {
  const Settings before = *RecipeFor("teacher", false);
  const Settings after = Changed(before);
  EXPECT_NE(SettingsToJson(after).at(setting().name), SettingsToJson(before).at(setting().name));
  const std::vector<std::string> differences = RecipeDifferences(before, after);
  const std::vector<std::string> kept = {setting().name};
  EXPECT_EQ(differences, setting().role == Role::kRecipe ? kept : std::vector<std::string>());
  EXPECT_EQ(RecipeToJson(after) != RecipeToJson(before), setting().role == Role::kRecipe);
  // What a run of an earlier version may lack has a default for it.
  nlohmann::json json = SettingsToJson(before);
  json.erase(setting().name);
  EXPECT_EQ(SettingsFromJson(json).ok(), setting().role != Role::kRecipe || setting().came_later);
}

TEST_P(SettingTest, IsAKeyOfARecipeIfItGoesWithTheModel) {
  if (setting().chooses_recipe) return;
  const Settings changed = Changed(*RecipeFor("teacher", false));
  const std::string line = "\n" + setting().option() + " = ";
  EXPECT_EQ(ConfigToml(changed).find(line) != std::string::npos,
            setting().role == Role::kRecipe || setting().role == Role::kResult);
}

TEST_P(SettingTest, RefusesWhatItSaysThatItDoes) {
  const auto refused = [&](const Settings& settings) {
    const Status status = CheckEachSetting(settings);
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_NE(status.message().find("--" + setting().option() + ": expected "), std::string::npos)
        << status.message();
  };
  const Settings recipe = *RecipeFor("teacher", false);
  EXPECT_TRUE(CheckEachSetting(recipe).ok());
  std::visit(
      [&](auto field) {
        using T = std::remove_reference_t<decltype(recipe.*field)>;
        Settings settings = recipe;
        if constexpr (std::is_same_v<T, const double> || std::is_same_v<T, const int> ||
                      std::is_same_v<T, const int64_t>) {
          // Every number has bounds of some kind, and NaN is beyond all of them.
          settings.*field = static_cast<std::remove_const_t<T>>(-1);
          refused(settings);
          if constexpr (std::is_same_v<T, const double>) {
            settings.*field = std::numeric_limits<double>::quiet_NaN();
            refused(settings);
          }
        } else if constexpr (std::is_same_v<T, const std::string>) {
          if (setting().words.empty()) return;
          settings.*field = "no such word";
          refused(settings);
          EXPECT_FALSE(AllowedValues(setting()).empty());
        }
      },
      setting().field);
}

TEST(SettingsTable, IsThePageOfTheDocumentation) {
  EXPECT_EQ(ReadText(std::string(AG_SOURCE_DIR) + "/docs/training-settings.md"), SettingsTable())
      << "ag_native train --print-settings > docs/training-settings.md";
  EXPECT_EQ(Parse({"--print-settings"})->help, SettingsTable());
}

// As version 0.2 wrote it, under names that some settings had then.
TEST(EarlierRuns, AreReadAsTheyWere) {
  const std::string text =
      ReadText(std::string(AG_SOURCE_DIR) + "/tests/train/data/settings_0_2.json");
  const TemporaryFolder folder;
  WriteText(folder / "settings.json", text);
  const StatusOr<Settings> read = ReadSettings(folder.path().string());
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->arch, "student");
  EXPECT_EQ(read->last_block, "conv32_1");
  EXPECT_EQ(read->suspect_label_weight, 0.75);
  EXPECT_EQ(read->distillation_weight, 0.25);
  const nlohmann::json written = WithPresentNames(nlohmann::json::parse(text));
  const nlohmann::json now = SettingsToJson(*read);
  for (const auto& [name, value] : written.items()) {
    if (name == "sha256") continue;
    EXPECT_EQ(now.at(name), value) << name;
  }
  // Gone on with, it may be told anew what it was told then.
  const StatusOr<ParsedOptions> parsed = Parse(
      {"--resume", "--run", folder.path().string(), "--cut", "conv32_1", "--doubt-weight", "0.75"});
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  const StatusOr<ParsedOptions> other =
      Parse({"--resume", "--run", folder.path().string(), "--doubt-weight", "0.5"});
  EXPECT_NE(other.status().message().find("suspect_label_weight"), std::string::npos);
}

}  // namespace
}  // namespace ag::train
