// What the commands' options have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "native/data/picture_walk.h"
#include "shared/base/status.h"
#include "shared/face/finder.h"
#include "shared/image/decode.h"

namespace ag {

inline constexpr int kMaxThreads = 1024;

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

// Options of every command that runs the engine on pictures.
struct EngineArguments {
  std::string model;     // empty: the default one
  std::string detector;  // empty: the default one
  int threads = 0;       // 0: one per physical core
  FindOptions find;
  DecodeLimits limits;

  int ThreadCount() const;
};
void AddEngineOptions(CLI::App* app, EngineArguments* arguments);

// --csv-safe, the same for every command that writes tables (native/data/file_name.h).
void AddCsvSafeOption(CLI::App* app, bool* csv_safe);

// Which files of folders are taken, and whether it is a failure if some cannot be.
struct FolderArguments {
  FolderOptions options;
  bool strict = false;
};
void AddFolderOptions(CLI::App* app, FolderArguments* arguments);

// The line at the end of a run about what was left out of folders. Whether that is a failure.
bool ReportLeftOut(const LeftOut& left_out, bool strict);

}  // namespace ag
