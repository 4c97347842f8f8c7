#include "native/train/recipe/options.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "native/base/suggest.h"
#include "native/train/nets/net_kind.h"
#include "native/train/recipe/recipe.h"
#include "native/train/recipe/run_folder.h"
#include "native/train/recipe/settings_table.h"
#include "native/train/settings/setting.h"

namespace ag::train {
namespace {

constexpr char kHidden[] = "";  // CLI11's group of what --help leaves out: for scripts

// Options that replace a setting where they are given, each made from its row in setting_list.inc.
class Overrides {
 public:
  explicit Overrides(CLI::App* app) : app_(app) {
    for (const Setting& setting : AllSettings()) {
      if (setting.chooses_recipe) continue;
      std::visit([&](auto field) { Add(setting, field); }, setting.field);
    }
  }

  void Apply(Settings* settings) const {
    for (const auto& apply : appliers_) apply(settings);
  }

 private:
  template <typename T>
  void Add(const Setting& setting, T Settings::*field) {
    auto value = std::make_shared<std::optional<T>>();
    CLI::Option* option = app_->add_option("--" + setting.option(), *value, SettingHelp(setting));
    // Minutes where no unit is given.
    const std::map<std::string, double> units = {{"s", 1.0 / 60}, {"m", 1}, {"h", 60}};
    if (setting.is_duration) option->transform(CLI::AsNumberWithUnit(units));
    if (const std::string former = setting.former_option(); !former.empty()) {
      app_->add_option("--" + former, *value)->group(kHidden);
    }
    appliers_.push_back([value, field](Settings* settings) {
      if (value->has_value()) settings->*field = **value;
    });
  }

  // May be repeated, or given once with several values between commas.
  template <typename T>
  void Add(const Setting& setting, std::vector<T> Settings::*field) {
    auto value = std::make_shared<std::vector<T>>();
    const auto add = [&](const std::string& name, const std::string& help) {
      CLI::Option* option = app_->add_option("--" + name, *value, help)->allow_extra_args(false);
      if constexpr (!std::is_same_v<T, std::string>) option->delimiter(',');
      return option;
    };
    add(setting.option(), SettingHelp(setting));
    if (const std::string former = setting.former_option(); !former.empty()) {
      add(former, "")->group(kHidden);
    }
    appliers_.push_back([value, field](Settings* settings) {
      if (!value->empty()) settings->*field = *value;
    });
  }

  // --name and --no-name.
  void Add(const Setting& setting, bool Settings::*field) {
    auto value = std::make_shared<std::optional<bool>>();
    const std::string name = setting.option();
    // Not bound to the value itself: CLI11 would set it to false where neither is given.
    app_->add_flag_function(
        "--" + name + ",!--no-" + name, [value](int64_t count) { *value = count > 0; },
        SettingHelp(setting));
    appliers_.push_back([value, field](Settings* settings) {
      if (value->has_value()) settings->*field = **value;
    });
  }

  CLI::App* app_;
  std::vector<std::function<void(Settings*)>> appliers_;
};

// " (did you mean '--threads'?)" for options that `app` was given and does not have.
std::string DidYouMeanOption(const CLI::App& app) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  std::string text;
  for (const std::string& extra : app.remaining()) {
    if (extra.starts_with('-')) text += DidYouMean(extra.substr(0, extra.find('=')), known);
  }
  return text;
}

// The same for a key of a recipe, which is an option's name.
std::string DidYouMeanKey(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ConfigError*>(&error) == nullptr) return {};
  const std::string what = error.what();  // "INI was not able to parse KEY"
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back(name);
  }
  return DidYouMean(what.substr(what.rfind(' ') + 1), known);
}

// What the net of a run begins with, in a word for scripts (--print-start).
std::string StartOf(const Request& request, const Settings& settings) {
  if (request.resume) return "run";
  if (!settings.init.empty()) return "init";
  const bool trains = !request.benchmark;
  return trains && FindNet(settings.arch)->starts_from_recognition_net ? "recognition" : "random";
}

// The settings of the run that is resumed, with what may change: places and the machine.
StatusOr<Settings> ResumedSettings(const std::string& run, const Settings& begun,
                                   const Overrides& overrides) {
  Settings settings = begun;
  overrides.Apply(&settings);
  settings.run = run;
  const std::vector<std::string> changed = RecipeDifferences(begun, settings);
  if (!changed.empty()) {
    std::string names;
    for (const std::string& name : changed) names += (names.empty() ? "" : ", ") + name;
    return Status(Code::kInvalidArgument,
                  "--resume: the run in " + run + " began with another value of " + names +
                      "; leave that out, or start a new run with another --run");
  }
  return settings;
}

}  // namespace

StatusOr<ParsedOptions> ParseOptions(int argc, const char* const* argv) {
  CLI::App app(
      "Trains an age and gender net on a folder of faces and exports one model file.\n"
      "Everything of a run lies in one folder: settings, history, checkpoint, split, model.agm.",
      "ag_native train");
  std::string arch;
  ParsedOptions parsed;
  bool toy = false;
  app.add_option("--arch", arch, SettingHelp(*FindSetting("arch")));
  app.add_flag("--toy", toy, SettingHelp(*FindSetting("toy")));
  app.set_config("--config", "", "a recipe: TOML, a key an option (native/train/recipes)");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--benchmark", parsed.request.benchmark,
               "time the training steps of --arch (default: all nets), by precision and threads");
  app.add_flag("--resume", parsed.request.resume, "go on with the run in --run");
  app.add_flag("--overwrite", parsed.request.overwrite, "throw away an earlier run in --run");
  bool print_start = false, print_settings = false;
  app.add_flag("--print-start", print_start)->group(kHidden);
  app.add_flag("--print-settings", print_settings)->group(kHidden);
  const Overrides overrides(&app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    parsed.help = app.help();
    return parsed;
  } catch (const CLI::ParseError& error) {
    // CLI11 does not say where a value stood: a recipe file is as likely as the command line.
    const CLI::Option* config = app.get_config_ptr();
    const std::string what = error.what() + DidYouMeanOption(app) + DidYouMeanKey(app, error);
    return Status(Code::kInvalidArgument,
                  config->empty() ? what : config->as<std::string>() + ": " + what);
  }

  if (print_settings) {
    parsed.help = SettingsTable();
    return parsed;
  }
  AG_ASSIGN_OR_RETURN(Settings settings, RecipeFor(arch.empty() ? Settings().arch : arch, toy));
  overrides.Apply(&settings);
  if (parsed.request.resume) {
    if (parsed.request.overwrite) {
      return Status(Code::kInvalidArgument, "--resume and --overwrite exclude each other");
    }
    AG_ASSIGN_OR_RETURN(parsed.request.begun, ReadSettings(settings.run));
    AG_ASSIGN_OR_RETURN(Settings begun,
                        ResumedSettings(settings.run, *parsed.request.begun, overrides));
    if ((!arch.empty() && arch != begun.arch) || (toy && !begun.toy)) {
      return Status(Code::kInvalidArgument, "--resume: the run in " + settings.run + " trains " +
                                                begun.arch +
                                                (begun.toy ? " with --toy" : " without --toy"));
    }
    settings = begun;
  }
  AG_RETURN_IF_ERROR(CheckSettings(settings));
  parsed.request.arch_given = !arch.empty();
  if (print_start) {
    parsed.help = StartOf(parsed.request, settings) + "\n";
    return parsed;
  }
  if (settings.toy == !settings.data.empty() && !parsed.request.benchmark) {
    return Status(
        Code::kInvalidArgument,
        "give either --data DIR (pictures named as UTKFace's, or a manifest .csv) or --toy");
  }
  parsed.request.settings = settings;
  return parsed;
}

}  // namespace ag::train
