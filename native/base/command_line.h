// What the commands' options have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "shared/base/status.h"

namespace ag {

// Parses the options of one command; argv[0] is the command's name. Returns an exit code if the
// command ends here: after --help, or after an error, which it prints.
std::optional<int> ParseCommandLine(CLI::App* app, int argc, char** argv);

// Call after parse() threw: " (did you mean '--threads'?)" for options that `app` does not have, if
// one of its own is close.
std::string DidYouMeanOption(const CLI::App& app);

// The exit code of a command that ran; prints why it could not run and returns kExitUsage
// otherwise.
int ExitCodeOf(const StatusOr<int>& code);

// Adds --overwrite to a command whose outputs are checked by RunFiles.
void AddOverwriteOption(CLI::App* app, bool* overwrite);

// --csv-safe, the same for every command that writes tables (shared/base/file_name.h).
void AddCsvSafeOption(CLI::App* app, bool* csv_safe);

}  // namespace ag
