// What the commands' options have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "shared/base/status.h"

namespace ag {

// Parses the options of one command; argv[0] is the command's name. An exit code if the command
// ends here: after --help, or after an error, which is then printed.
std::optional<int> ParseCommandLine(CLI::App* app, int argc, char** argv);

// " (did you mean '--threads'?)" for options that `app` was given and does not have, as far as one
// of its own is near; after its parse() threw.
std::string DidYouMeanOption(const CLI::App& app);

// What a command that ran ends with: its exit code, or, after printing why it could not run,
// kExitUsage.
int ExitCodeOf(const StatusOr<int>& code);

// --overwrite, of a command whose outputs are checked by RunFiles.
void AddOverwriteOption(CLI::App* app, bool* overwrite);

// --csv-safe, the same for every command that writes tables (shared/base/file_name.h).
void AddCsvSafeOption(CLI::App* app, bool* csv_safe);

}  // namespace ag
