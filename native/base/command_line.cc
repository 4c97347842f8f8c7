#include "native/base/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/suggest.h"

namespace ag {
namespace {

// CLI::Range lets NaN through.
CLI::Validator RangeOfNumbers(double lowest, double highest) {
  CLI::Validator validator = CLI::Range(lowest, highest);
  validator.operation([lowest, highest](std::string& text) -> std::string {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (*end == 0 && value >= lowest && value <= highest) return {};
    std::ostringstream message;
    message << "Value " << text << " not in range " << lowest << " to " << highest;
    return message.str();
  });
  return validator;
}

}  // namespace

Option Option::Required() const {
  option_->required();
  return *this;
}

Option Option::ShowDefault() const {
  option_->capture_default_str();
  return *this;
}

template <typename T>
Option Option::InRange(T lowest, T highest) const {
  if constexpr (std::is_same_v<T, double>) {
    option_->check(RangeOfNumbers(lowest, highest));
  } else {
    option_->check(CLI::Range(lowest, highest));
  }
  return *this;
}
template Option Option::InRange(int, int) const;
template Option Option::InRange(int64_t, int64_t) const;
template Option Option::InRange(uint64_t, uint64_t) const;
template Option Option::InRange(double, double) const;

Option Option::OneOf(const std::vector<std::string>& words) const {
  option_->check(CLI::IsMember(words));
  return *this;
}

Option Option::OneValueEach() const {
  option_->allow_extra_args(false);
  return *this;
}

Option Option::TakeAll() const {
  option_->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Option Option::SplitAt(char separator) const {
  option_->delimiter(separator);
  return *this;
}

Option Option::Needs(Option other) const {
  option_->needs(other.option_);
  return *this;
}

Option Option::Excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}

CommandLine::CommandLine(const std::string& description)
    : app_(std::make_unique<CLI::App>(description)) {}

CommandLine::~CommandLine() = default;

template <typename T>
Option CommandLine::Add(const std::string& name, T* value, const std::string& help) {
  return Option(app_->add_option(name, *value, help));
}
template Option CommandLine::Add(const std::string&, std::string*, const std::string&);
template Option CommandLine::Add(const std::string&, int*, const std::string&);
template Option CommandLine::Add(const std::string&, int64_t*, const std::string&);
template Option CommandLine::Add(const std::string&, uint32_t*, const std::string&);
template Option CommandLine::Add(const std::string&, uint64_t*, const std::string&);
template Option CommandLine::Add(const std::string&, float*, const std::string&);
template Option CommandLine::Add(const std::string&, double*, const std::string&);
template Option CommandLine::Add(const std::string&, std::vector<std::string>*, const std::string&);

Option CommandLine::AddFlag(const std::string& name, bool* value, const std::string& help) {
  return Option(app_->add_flag(name, *value, help));
}

Option CommandLine::AddOffFlag(const std::string& name, bool* value, const std::string& help) {
  return Option(app_->add_flag_callback(
      name, [value] { *value = false; }, help));
}

Option CommandLine::AddNumberedChoice(const std::string& name,
                                      const std::map<std::string, int>& numbers,
                                      std::function<void(int)> set, const std::string& help) {
  CLI::Option* option = app_->add_option_function<int>(name, set, help);
  return Option(option->type_name("ENUM")->transform(CLI::CheckedTransformer(numbers)));
}

std::optional<Option> CommandLine::Find(const std::string& name) const {
  CLI::Option* option = app_->get_option_no_throw(name);
  if (option == nullptr) return std::nullopt;
  return Option(option);
}

void CommandLine::Remove(const std::string& name) {
  app_->remove_option(app_->get_option_no_throw(name));
}

// " (did you mean '--threads'?)" for each option that was given and does not exist, if one that
// does is near.
std::string CommandLine::DidYouMeanOption() const {
  std::vector<std::string> known;
  for (const CLI::Option* option : app_->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  std::string text;
  for (const std::string& extra : app_->remaining()) {
    if (extra.starts_with('-')) text += DidYouMean(extra.substr(0, extra.find('=')), known);
  }
  return text;
}

CommandLine::Result CommandLine::Parse(int argc, const char* const* argv,
                                       const std::string& program) {
  app_->name(program);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {Outcome::kHelp, app_->help()};
  } catch (const CLI::ParseError& error) {
    return {Outcome::kRefused, error.what() + DidYouMeanOption()};
  }
  return {Outcome::kParsed, {}};
}

std::optional<int> ParseCommandLine(CommandLine* line, int argc, char** argv) {
  const std::string command = argc > 0 ? argv[0] : "";
  const CommandLine::Result result = line->Parse(argc, argv, "ag_native " + command);
  switch (result.outcome) {
    case CommandLine::Outcome::kParsed:
      break;
    case CommandLine::Outcome::kHelp:
      return PrintToStandardOutput(result.text);
    case CommandLine::Outcome::kRefused:
      PrintError(command + ": " + result.text + " (see ag_native " + command + " --help)");
      return kExitUsage;
  }
  return std::nullopt;
}

int ExitCodeOf(const StatusOr<int>& code) {
  if (code.ok()) return *code;
  if (!ReaderGone()) PrintError(code.status().message());
  return kExitUsage;
}

void AddOverwriteOption(CommandLine* line, bool* overwrite) {
  line->AddFlag("--overwrite", overwrite,
                "Replace existing files that are not earlier results of this command (but never a "
                "picture, another model or a list of pictures)");
}

void AddCsvSafeOption(CommandLine* line, bool* csv_safe) {
  line->AddFlag("--csv-safe", csv_safe,
                "In CSV files, percent-encode what a spreadsheet would take for a formula "
                "(docs/output-schema.md)");
}

}  // namespace ag
