#include "native/train/recipe/options.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include "native/base/suggest.h"
#include "native/train/recipe/run_folder.h"

namespace ag::train {
namespace {

// Options that replace a setting where they are given. Each is bound to a field of Settings.
class Overrides {
 public:
  explicit Overrides(CLI::App* app) : app_(app) {}

  template <typename T>
  CLI::Option* Add(const std::string& name, T Settings::*field, const std::string& help) {
    auto value = std::make_shared<std::optional<T>>();
    CLI::Option* option = app_->add_option("--" + name, *value, help);
    appliers_.push_back([value, field](Settings* settings) {
      if (value->has_value()) settings->*field = **value;
    });
    return option;
  }

  // May be repeated, or given once with several values between commas.
  template <typename T>
  void AddList(const std::string& name, std::vector<T> Settings::*field, const std::string& help) {
    auto value = std::make_shared<std::vector<T>>();
    CLI::Option* option = app_->add_option("--" + name, *value, help)->allow_extra_args(false);
    if constexpr (!std::is_same_v<T, std::string>) option->delimiter(',');
    appliers_.push_back([value, field](Settings* settings) {
      if (!value->empty()) settings->*field = *value;
    });
  }

  // --name and --no-name.
  void AddSwitch(const std::string& name, bool Settings::*field, const std::string& help) {
    auto value = std::make_shared<std::optional<bool>>();
    // Not bound to the value itself: CLI11 would set it to false where neither is given.
    app_->add_flag_function(
        "--" + name + ",!--no-" + name, [value](int64_t count) { *value = count > 0; }, help);
    appliers_.push_back([value, field](Settings* settings) {
      if (value->has_value()) settings->*field = **value;
    });
  }

  void Apply(Settings* settings) const {
    for (const auto& apply : appliers_) apply(settings);
  }

 private:
  CLI::App* app_;
  std::vector<std::function<void(Settings*)>> appliers_;
};

void AddPlaces(Overrides* add) {
  add->AddList("data", &Settings::data,
               "folder with UTKFace's file names, or a manifest .csv; may be repeated");
  add->AddList("include", &Settings::include,
               "of folders only files that fit this pattern, by name or by path below the folder; "
               "may be repeated");
  add->AddList("exclude", &Settings::exclude,
               "no files and folders that fit this pattern, in the same way; may be repeated");
  add->AddSwitch("follow-links", &Settings::follow_links, "enter folders through links");
  add->AddSwitch("strict", &Settings::strict,
                 "stop with exit code 1 if folders hold pictures that cannot be read (HEIC, ...)");
  add->Add("run", &Settings::run, "folder of this run (default runs/ARCH)");
  add->Add("cache", &Settings::cache, "folder of the aligned crops (default runs/cache)");
  add->Add("out", &Settings::out, "write the exported model here too (always RUN/model.agm)");
  add->Add("detector", &Settings::detector, "face detector .agm (default: the one that ships)");
  add->Add("crop", &Settings::crop, "detect: find and align the face; as-is: take the centre");
  add->Add("checkpoint-minutes", &Settings::checkpoint_minutes,
           "write a checkpoint this often, beside each epoch's (default 5)");
  add->Add("storage", &Settings::storage, "of the exported weights: float32, float16, int8");
  add->Add("name", &Settings::name, "name of the model, written into it (default: ARCH)");
  add->Add("licence", &Settings::licence, "terms of the weights, written into the model");
  add->Add("source", &Settings::source, "origin of the data, written into the model");
}

void AddRecipe(Overrides* add) {
  add->Add("seed", &Settings::seed, "of weights, order, augmentation and dropout");
  add->Add("init", &Settings::init,
           "initial weights: the folder of a face recognition net, a model .agm, or the folder of "
           "a run (teacher, student, compact)");
  add->Add("cut", &Settings::cut, "last block that is kept of the trunk (teacher, student)");
  add->Add("width", &Settings::width,
           "part of the trunk's channels that is kept (teacher, student)");
  add->Add("input-side", &Settings::input_side, "pixels of the net's input (teacher, student)");
  add->Add("cache-side", &Settings::cache_side, "pixels of the cached crop, margin included");
  add->AddSwitch("gray", &Settings::gray, "the net sees gray pictures (notebook)");
  add->Add("epochs", &Settings::epochs, "times through the data");
  add->Add("batch", &Settings::batch, "pictures a step");
  add->Add("epoch-pictures", &Settings::epoch_pictures,
           "draws of an epoch; 0: as many as there are pictures to train on");
  add->Add("patience", &Settings::patience,
           "stop after so many epochs without a better validation loss; 0: never");
  add->AddSwitch("keep-best", &Settings::keep_best,
                 "export the epoch with the least validation loss, not the last one");
  add->Add("learning-rate", &Settings::learning_rate, "of Adam, at its peak");
  add->Add("weight-decay", &Settings::weight_decay, "decoupled (AdamW)");
  add->Add("epsilon", &Settings::epsilon, "of Adam");
  add->Add("beta1", &Settings::beta1, "of Adam");
  add->Add("beta2", &Settings::beta2, "of Adam");
  add->Add("warmup-epochs", &Settings::warmup_epochs, "learning rate rises from 0 for so long");
  add->AddSwitch("cosine", &Settings::cosine, "then falls to 0 along a cosine");
  add->Add("clip-norm", &Settings::clip_norm, "largest norm of the gradient; 0: any");
  add->Add("ema-decay", &Settings::ema_decay, "of the moving mean of the weights; 0: off");
  add->Add("validation-split", &Settings::validation_split, "part of the pictures, by their hash");
  add->Add("test-split", &Settings::test_split, "part that is kept for a last test, by hash");
  add->Add("split", &Settings::split,
           "split.csv of an earlier run: the pictures that it names stay in their part, "
           "those with a near-duplicate in another one stand aside");
  add->Add("duplicate-correlation", &Settings::duplicate_correlation,
           "pictures at least this alike are on one side of the split; 0: off");
  add->Add("duplicate-features", &Settings::duplicate_features,
           "the same by the cosine of the features of --init's net; 0: off");
  add->Add("folds", &Settings::folds,
           "parts of the training pictures, by hash; the one of --fold is not learnt from; 0: off");
  add->Add("fold", &Settings::fold, "1 to --folds");
  add->AddList("set-shares", &Settings::set_shares, "of an epoch, a number for each --data");
  add->Add("age-balance", &Settings::age_balance, "0 to 1: how much more often rare ages come");
  add->Add("dropout", &Settings::dropout, "before the last layers");
  add->Add(
      "age-head", &Settings::age_head,
      "distribution: over 101 ages; value: years, plain regression (compact, teacher, student)");
  add->Add("age-sigma", &Settings::age_sigma, "years; width of the soft age label (compact)");
  add->Add("age-l1-weight", &Settings::age_l1_weight, "of the error in years (compact)");
  add->Add("gender-weight", &Settings::gender_weight, "of the gender's loss");
  add->Add("gender-smoothing", &Settings::gender_smoothing, "of the gender label");
  add->AddList("teacher", &Settings::teachers,
               "model .agm or folder of a run whose predictions are learnt too; may be repeated");
  add->Add("teacher-share", &Settings::teacher_share, "of the loss; the labels have the rest");
  add->Add("doubt-weight", &Settings::doubt_weight,
           "of labels that the teachers find hard to believe (RUN/review.csv)");
  add->Add("infant-gender-weight", &Settings::infant_gender_weight,
           "of the gender of children under three, whose annotators guessed");
  add->Add("mixup", &Settings::mixup, "alpha: pairs of pictures are mixed, Beta(alpha, alpha)");
  add->Add("weight-bits", &Settings::weight_bits,
           "train with weights rounded to so many bits (4 to 8), as --storage int8 stores them");
  add->AddSwitch("augment", &Settings::augment, "vary the pictures");
  add->Add("degrade", &Settings::degrade, "chance of each loss of quality: scale, blur, JPEG");
  add->Add("toy-pictures", &Settings::toy_pictures, "drawn with --toy");
}

void AddMachine(Overrides* add) {
  add->Add("precision", &Settings::precision, "auto (times both), float32, bfloat16");
  add->Add("device", &Settings::device, "auto, cpu, cuda");
  add->Add("threads", &Settings::threads, "default: all hardware threads");
  // Minutes where no unit is given.
  const std::map<std::string, double> units = {{"s", 1.0 / 60}, {"m", 1}, {"h", 60}};
  add->Add("time-budget", &Settings::time_budget_minutes,
           "as many epochs as fit into this time: 90m, 2h; a new run alone")
      ->transform(CLI::AsNumberWithUnit(units));
}

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
  app.add_option("--arch", arch,
                 "recipe: compact (default); teacher, student: on a face recognition net (--init); "
                 "notebook: the project's first net");
  app.add_flag("--toy", toy, "train on faces that the program draws itself: no data needed");
  app.set_config("--config", "", "a recipe: TOML, a key an option (native/train/recipes)");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--benchmark", parsed.request.benchmark,
               "time the training steps of --arch (default: all nets), by precision and threads");
  app.add_flag("--resume", parsed.request.resume, "go on with the run in --run");
  app.add_flag("--overwrite", parsed.request.overwrite, "throw away an earlier run in --run");
  Overrides overrides(&app);
  AddPlaces(&overrides);
  AddRecipe(&overrides);
  AddMachine(&overrides);
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

  AG_ASSIGN_OR_RETURN(Settings settings, RecipeFor(arch.empty() ? "compact" : arch, toy));
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
  if (settings.toy == !settings.data.empty() && !parsed.request.benchmark) {
    return Status(
        Code::kInvalidArgument,
        "give either --data DIR (pictures named as UTKFace's, or a manifest .csv) or --toy");
  }
  parsed.request.settings = settings;
  return parsed;
}

}  // namespace ag::train
