#include "native/base/command_line.h"

#include <vector>

#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/suggest.h"

namespace ag {

std::optional<int> ParseCommandLine(CLI::App* app, int argc, char** argv) {
  const std::string command = argc > 0 ? argv[0] : "";
  app->name("ag_native " + command);
  try {
    app->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return PrintToStandardOutput(app->help());
  } catch (const CLI::ParseError& error) {
    PrintError(command + ": " + error.what() + DidYouMeanOption(*app) + " (see ag_native " +
               command + " --help)");
    return kExitUsage;
  }
  return std::nullopt;
}

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

int ExitCodeOf(const StatusOr<int>& code) {
  if (code.ok()) return *code;
  if (!ReaderGone()) PrintError(code.status().message());
  return kExitUsage;
}

void AddOverwriteOption(CLI::App* app, bool* overwrite) {
  app->add_flag("--overwrite", *overwrite,
                "Replace existing files that are not earlier results of this command (but never a "
                "picture, another model or a list of pictures)");
}

void AddCsvSafeOption(CLI::App* app, bool* csv_safe) {
  app->add_flag("--csv-safe", *csv_safe,
                "In CSV files, percent-encode what a spreadsheet would take for a formula "
                "(docs/output-schema.md)");
}

}  // namespace ag
