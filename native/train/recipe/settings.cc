#include "native/train/recipe/settings.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <string_view>
#include <type_traits>

#include "shared/base/file_name.h"

namespace ag::train {
namespace {

constexpr std::initializer_list<const char*> kArchs = {"compact", "notebook", "teacher", "student"};

// The notebook that the project began with. Keras's defaults: epsilon 1e-7, no decay, a
// constant learning rate. The seed is one whose age head survives: its ReLU output can die.
Settings NotebookRecipe() {
  Settings s;
  s.arch = "notebook";
  s.input_side = 128;
  s.cache_side = 128;
  s.gray = true;
  s.age_head = "value";
  s.dropout = 0.4;
  s.validation_split = 0.2;
  s.epochs = 30;
  s.batch = 32;
  s.learning_rate = 1e-3;
  s.epsilon = 1e-7;
  s.weight_decay = 0;
  s.warmup_epochs = 0;
  s.cosine = false;
  s.clip_norm = 0;
  s.ema_decay = 0;
  s.gender_smoothing = 0;
  s.augment = false;
  s.keep_best = false;
  return s;
}

// A face recognition net whose weights are refined (docs/training.md): small steps, and as little
// noise as a net that knows faces needs.
Settings RecognitionRecipe(const std::string& arch) {
  Settings s;
  s.arch = arch;
  const bool teacher = arch == "teacher";
  s.cut = teacher ? "conv256_down_out" : "conv128_2";
  // The sizes at which both branches of every block fit (BranchesFit).
  s.input_side = teacher ? 131 : 118;
  s.cache_side = teacher ? 149 : 134;
  s.validation_split = 0.08;
  s.test_split = 0.1;
  s.duplicate_correlation = 0.95;
  s.epochs = 10;
  s.batch = 64;
  s.learning_rate = 5e-4;
  s.weight_decay = 0.03;
  s.warmup_epochs = 0.5;
  s.age_balance = 0.3;
  s.infant_gender_weight = 0.25;
  s.degrade = 0.12;
  return s;
}

// Settings that runs and models of an earlier version do not name. Their defaults are what those
// did.
bool CameLater(std::string_view name) {
  return name == "duplicate_features" || name == "age_head" || name == "gender_weight" ||
         name == "folds" || name == "fold";
}

// The kind of head that `arch` had before there was a choice.
const char* FirstAgeHead(const std::string& arch) {
  return arch == "notebook" ? "value" : "distribution";
}

// Calls visit(name, field, is_recipe) for every setting: the one list of them.
template <typename S, typename Visitor>
void VisitSettings(S& s, Visitor&& visit) {
  visit("data", s.data, false);
  visit("include", s.include, false);
  visit("exclude", s.exclude, false);
  visit("follow_links", s.follow_links, false);
  visit("strict", s.strict, false);
  visit("run", s.run, false);
  visit("cache", s.cache, false);
  visit("detector", s.detector, false);
  visit("out", s.out, false);
  // A place on this machine: it must not get into the exported model.
  visit("init", s.init, false);
  visit("teachers", s.teachers, false);
  visit("split", s.split, false);
  visit("checkpoint_minutes", s.checkpoint_minutes, false);
  visit("storage", s.storage, false);
  visit("name", s.name, false);
  visit("licence", s.licence, false);
  visit("source", s.source, false);
  visit("precision", s.precision, false);
  visit("device", s.device, false);
  visit("threads", s.threads, false);
  visit("toy", s.toy, true);
  visit("toy_pictures", s.toy_pictures, true);
  visit("crop", s.crop, true);
  visit("validation_split", s.validation_split, true);
  visit("test_split", s.test_split, true);
  visit("duplicate_correlation", s.duplicate_correlation, true);
  visit("duplicate_features", s.duplicate_features, true);
  visit("folds", s.folds, true);
  visit("fold", s.fold, true);
  visit("set_shares", s.set_shares, true);
  visit("age_balance", s.age_balance, true);
  visit("arch", s.arch, true);
  visit("input_side", s.input_side, true);
  visit("cache_side", s.cache_side, true);
  visit("gray", s.gray, true);
  visit("dropout", s.dropout, true);
  visit("cut", s.cut, true);
  visit("width", s.width, true);
  visit("age_head", s.age_head, true);
  visit("weight_bits", s.weight_bits, true);
  visit("seed", s.seed, true);
  visit("epochs", s.epochs, true);
  visit("batch", s.batch, true);
  visit("epoch_pictures", s.epoch_pictures, true);
  visit("time_budget_minutes", s.time_budget_minutes, false);
  visit("patience", s.patience, true);
  visit("keep_best", s.keep_best, true);
  visit("learning_rate", s.learning_rate, true);
  visit("beta1", s.beta1, true);
  visit("beta2", s.beta2, true);
  visit("epsilon", s.epsilon, true);
  visit("weight_decay", s.weight_decay, true);
  visit("warmup_epochs", s.warmup_epochs, true);
  visit("cosine", s.cosine, true);
  visit("clip_norm", s.clip_norm, true);
  visit("ema_decay", s.ema_decay, true);
  visit("age_sigma", s.age_sigma, true);
  visit("age_l1_weight", s.age_l1_weight, true);
  visit("gender_weight", s.gender_weight, true);
  visit("gender_smoothing", s.gender_smoothing, true);
  visit("teacher_share", s.teacher_share, true);
  visit("doubt_weight", s.doubt_weight, true);
  visit("infant_gender_weight", s.infant_gender_weight, true);
  visit("mixup", s.mixup, true);
  visit("augment", s.augment, true);
  visit("degrade", s.degrade, true);
}

template <typename T>
Status OutOfRange(const char* option, const std::string& expected, const T& found) {
  std::ostringstream text;
  text << "--" << option << ": expected " << expected << ", found " << found;
  return Status(Code::kInvalidArgument, text.str());
}

// NaN fails too: no comparison with it holds.
Status CheckRange(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return OkStatus();
  std::ostringstream expected;
  expected << low << " to " << high;
  return OutOfRange(option, expected.str(), value);
}

Status CheckWord(const char* option, const std::string& word,
                 std::initializer_list<const char*> words) {
  std::string expected;
  for (const char* known : words) {
    if (word == known) return OkStatus();
    expected += (expected.empty() ? "" : ", ") + std::string(known);
  }
  return OutOfRange(option, "one of " + expected, "'" + word + "'");
}

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

}  // namespace

StatusOr<Settings> RecipeFor(const std::string& arch, bool toy) {
  AG_RETURN_IF_ERROR(CheckWord("arch", arch, kArchs));
  Settings s;
  if (arch == "notebook") s = NotebookRecipe();
  if (arch == "teacher" || arch == "student") s = RecognitionRecipe(arch);
  s.toy = toy;
  if (toy) {
    // Minutes, not hours: drawn faces are learnt in a few hundred steps.
    s.epochs = arch == "notebook" ? 8 : 12;
    s.batch = 32;
    s.ema_decay = arch == "notebook" ? 0 : 0.98;
    s.warmup_epochs = arch == "notebook" ? 0 : 1;
    s.validation_split = 0.2;
  }
  s.name = arch;
  s.run = std::string("runs/") + (toy ? "toy-" : "") + arch;
  s.cache = "runs/cache";
  return s;
}

Status CheckSettings(const Settings& s) {
  AG_RETURN_IF_ERROR(CheckWord("arch", s.arch, kArchs));
  AG_RETURN_IF_ERROR(CheckWord("precision", s.precision, {"auto", "float32", "bfloat16"}));
  AG_RETURN_IF_ERROR(CheckWord("device", s.device, {"auto", "cpu", "cuda"}));
  AG_RETURN_IF_ERROR(CheckWord("storage", s.storage, {"float32", "float16", "int8"}));
  AG_RETURN_IF_ERROR(CheckWord("crop", s.crop, {"detect", "as-is"}));
  AG_RETURN_IF_ERROR(CheckRange("input-side", s.input_side, 32, 512));
  if (s.cache_side < s.input_side || s.cache_side > 1024) {
    return OutOfRange("cache-side", "--input-side (" + std::to_string(s.input_side) + ") to 1024",
                      s.cache_side);
  }
  AG_RETURN_IF_ERROR(CheckRange("epochs", s.epochs, 1, 100000));
  AG_RETURN_IF_ERROR(CheckRange("batch", s.batch, 2, 65536));
  AG_RETURN_IF_ERROR(CheckRange("epoch-pictures", static_cast<double>(s.epoch_pictures), 0, 1e12));
  AG_RETURN_IF_ERROR(CheckRange("time-budget", s.time_budget_minutes, 0, 1e6));
  AG_RETURN_IF_ERROR(CheckRange("patience", s.patience, 0, 100000));
  AG_RETURN_IF_ERROR(CheckRange("mixup", s.mixup, 0, 2));
  AG_RETURN_IF_ERROR(CheckWord("age-head", s.age_head, {"distribution", "value"}));
  if (s.arch == "notebook" && s.age_head != "value") {
    return Status(Code::kInvalidArgument, "--age-head: notebook's age is a value");
  }
  if (s.weight_bits != 0) AG_RETURN_IF_ERROR(CheckRange("weight-bits", s.weight_bits, 4, 8));
  if (s.weight_bits != 0 && s.arch == "notebook") {
    return Status(Code::kInvalidArgument, "--weight-bits: not for notebook");
  }
  AG_RETURN_IF_ERROR(CheckRange("threads", s.threads, 0, 1024));
  AG_RETURN_IF_ERROR(CheckRange("learning-rate", s.learning_rate, 0, 10));
  AG_RETURN_IF_ERROR(CheckRange("weight-decay", s.weight_decay, 0, 10));
  AG_RETURN_IF_ERROR(CheckRange("epsilon", s.epsilon, 1e-12, 1));
  AG_RETURN_IF_ERROR(CheckRange("validation-split", s.validation_split, 0, 0.9));
  AG_RETURN_IF_ERROR(
      CheckRange("test-split", s.test_split, 0, std::max(0.0, 0.95 - s.validation_split)));
  if (!s.teachers.empty() && s.arch == "notebook") {
    return Status(
        Code::kInvalidArgument,
        "--teacher: teachers say a distribution over ages, and notebook's age is a number");
  }
  if (s.duplicate_correlation != 0) {
    AG_RETURN_IF_ERROR(CheckRange("duplicate-correlation", s.duplicate_correlation, 0.5, 1));
  }
  if (s.duplicate_features != 0) {
    AG_RETURN_IF_ERROR(CheckRange("duplicate-features", s.duplicate_features, 0.5, 1));
    if (s.init.empty() || (s.arch != "teacher" && s.arch != "student")) {
      return Status(Code::kInvalidArgument,
                    "--duplicate-features: they are those of the net of --init, for teacher and "
                    "student");
    }
  }
  AG_RETURN_IF_ERROR(CheckRange("folds", s.folds, 0, 100));
  if (s.folds == 1) return OutOfRange("folds", "0 or 2 to 100", s.folds);
  if (s.folds == 0 && s.fold != 0) return OutOfRange("fold", "--folds beside it", s.fold);
  AG_RETURN_IF_ERROR(CheckRange("fold", s.fold, s.folds > 0 ? 1 : 0, s.folds));
  for (const double share : s.set_shares) {
    AG_RETURN_IF_ERROR(CheckRange("set-shares", share, 0.001, 1000));
  }
  if (!s.set_shares.empty() && s.set_shares.size() != s.data.size() && !s.toy) {
    return OutOfRange("set-shares", "one number for each --data", s.set_shares.size());
  }
  AG_RETURN_IF_ERROR(CheckRange("age-balance", s.age_balance, 0, 1));
  AG_RETURN_IF_ERROR(CheckRange("width", s.width, 0.1, 1));
  AG_RETURN_IF_ERROR(CheckRange("doubt-weight", s.doubt_weight, 0, 1));
  AG_RETURN_IF_ERROR(CheckRange("teacher-share", s.teacher_share, 0, 1));
  AG_RETURN_IF_ERROR(CheckRange("dropout", s.dropout, 0, 0.95));
  AG_RETURN_IF_ERROR(CheckRange("checkpoint-minutes", s.checkpoint_minutes, 0, 1e6));
  AG_RETURN_IF_ERROR(CheckRange("toy-pictures", s.toy_pictures, 32, 1000000));
  AG_RETURN_IF_ERROR(CheckRange("beta1", s.beta1, 0, 0.9999));
  AG_RETURN_IF_ERROR(CheckRange("beta2", s.beta2, 0, 0.999999));
  AG_RETURN_IF_ERROR(CheckRange("warmup-epochs", s.warmup_epochs, 0, 1000));
  AG_RETURN_IF_ERROR(CheckRange("clip-norm", s.clip_norm, 0, 1e9));
  AG_RETURN_IF_ERROR(CheckRange("ema-decay", s.ema_decay, 0, 0.99999));
  AG_RETURN_IF_ERROR(CheckRange("age-sigma", s.age_sigma, 0.1, 50));
  AG_RETURN_IF_ERROR(CheckRange("age-l1-weight", s.age_l1_weight, 0, 1000));
  AG_RETURN_IF_ERROR(CheckRange("gender-weight", s.gender_weight, 0, 1000));
  AG_RETURN_IF_ERROR(CheckRange("gender-smoothing", s.gender_smoothing, 0, 0.5));
  AG_RETURN_IF_ERROR(CheckRange("infant-gender-weight", s.infant_gender_weight, 0, 1));
  AG_RETURN_IF_ERROR(CheckRange("degrade", s.degrade, 0, 1));
  return OkStatus();
}

nlohmann::ordered_json SettingsToJson(const Settings& settings) {
  nlohmann::ordered_json json;
  VisitSettings(settings,
                [&](const char* name, const auto& field, bool) { json[name] = FieldJson(field); });
  return json;
}

StatusOr<Settings> SettingsFromJson(const nlohmann::json& json) {
  Settings settings;
  Status status;
  VisitSettings(settings, [&](const char* name, auto& field, bool is_recipe) {
    if (!status.ok()) return;
    if (!json.is_object() || !json.contains(name)) {
      if (is_recipe && !CameLater(name)) {
        status = Status(Code::kInvalidArgument, std::string("no '") + name + "' in it");
      }
      return;
    }
    try {
      status = ReadField(json.at(name), field);
    } catch (const nlohmann::json::exception& error) {
      status = Status(Code::kInvalidArgument, std::string("'") + name + "': " + error.what());
    }
  });
  if (!status.ok()) return status;
  if (!json.contains("age_head")) settings.age_head = FirstAgeHead(settings.arch);
  AG_RETURN_IF_ERROR(CheckSettings(settings));
  return settings;
}

nlohmann::ordered_json RecipeToJson(const Settings& settings) {
  nlohmann::ordered_json json;
  VisitSettings(settings, [&](const char* name, const auto& field, bool is_recipe) {
    if (is_recipe) json[name] = field;
  });
  // A checkpoint of an earlier version must still be that of the same recipe.
  if (settings.duplicate_features == 0) json.erase("duplicate_features");
  if (settings.age_head == FirstAgeHead(settings.arch)) json.erase("age_head");
  if (settings.gender_weight == 1) json.erase("gender_weight");
  if (settings.folds == 0) {
    json.erase("folds");
    json.erase("fold");
  }
  return json;
}

std::vector<std::string> RecipeDifferences(const Settings& a, const Settings& b) {
  const nlohmann::ordered_json of_a = SettingsToJson(a);
  const nlohmann::ordered_json of_b = SettingsToJson(b);
  std::vector<std::string> names;
  VisitSettings(a, [&](const char* name, const auto&, bool is_recipe) {
    if (is_recipe && of_a.at(name) != of_b.at(name)) names.emplace_back(name);
  });
  return names;
}

}  // namespace ag::train
