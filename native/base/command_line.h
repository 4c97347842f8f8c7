// The command line of a program or command: its options, what --help says, what is refused in which
// words. CLI11, which it stands on, takes as long to compile as many of our files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "shared/base/status.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ag {

// One option: a handle, valid as long as its CommandLine. Every function returns the handle itself.
class Option {
 public:
  Option Required() const;
  // --help shows the value that the variable has now.
  Option ShowDefault() const;
  // Both ends included; NaN is in no range. T: int, int64_t, uint64_t, double.
  template <typename T>
  Option InRange(T lowest, T highest) const;
  Option OneOf(const std::vector<std::string>& words) const;
  // Of a vector: each use of the option takes one value, so that what follows can be an operand ...
  Option OneValueEach() const;
  // ... or as many as follow, in --help as if it were one ...
  Option TakeAll() const;
  // ... or values between these.
  Option SplitAt(char separator) const;
  Option Needs(Option other) const;
  Option Excludes(Option other) const;

 private:
  friend class CommandLine;
  explicit Option(CLI::Option* option) : option_(option) {}

  CLI::Option* option_;
};

// Parses once. Variables that options are bound to keep their value where the option is not given
// (a flag's is false then) and must outlive Parse.
class CommandLine {
 public:
  explicit CommandLine(const std::string& description);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // "--name", or without dashes an operand. T: std::string, int, int64_t, uint32_t, uint64_t, float,
  // double, std::vector<std::string>.
  template <typename T>
  Option Add(const std::string& name, T* value, const std::string& help);
  Option AddFlag(const std::string& name, bool* value, const std::string& help);
  // Without the flag it stays what it is; the flag makes it false.
  Option AddOffFlag(const std::string& name, bool* value, const std::string& help);
  // One of these words (or its number, as --help shows).
  template <typename E>
  Option AddChoice(const std::string& name, E* value, const std::map<std::string, E>& words,
                   const std::string& help) {
    static_assert(std::is_enum_v<E>);
    std::map<std::string, int> numbers;
    for (const auto& [word, meaning] : words) numbers[word] = static_cast<int>(meaning);
    return AddNumberedChoice(
        name, numbers, [value](int number) { *value = static_cast<E>(number); }, help);
  }

  // By its name, if it was added.
  std::optional<Option> Find(const std::string& name) const;
  void Remove(const std::string& name);

  enum class Outcome {
    kParsed,
    kHelp,     // --help was given: `text` is the help
    kRefused,  // `text` says why, with what was probably meant
  };
  struct Result {
    Outcome outcome;
    std::string text;
  };
  // argv[0] is skipped. `program`: what --help calls it.
  Result Parse(int argc, const char* const* argv, const std::string& program);

 private:
  Option AddNumberedChoice(const std::string& name, const std::map<std::string, int>& numbers,
                           std::function<void(int)> set, const std::string& help);
  std::string DidYouMeanOption() const;

  std::unique_ptr<CLI::App> app_;
};

// Parses the options of one command; argv[0] is the command's name. Returns an exit code if the
// command ends here: after --help, or after an error, which it prints.
std::optional<int> ParseCommandLine(CommandLine* line, int argc, char** argv);

// The exit code of a command that ran; prints why it could not run and returns kExitUsage
// otherwise.
int ExitCodeOf(const StatusOr<int>& code);

// Adds --overwrite to a command whose outputs are checked by RunFiles.
void AddOverwriteOption(CommandLine* line, bool* overwrite);

// --csv-safe, the same for every command that writes tables (shared/base/file_name.h).
void AddCsvSafeOption(CommandLine* line, bool* csv_safe);

}  // namespace ag
