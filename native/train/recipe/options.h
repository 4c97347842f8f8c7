// The command line of `ag_native train`.
#pragma once

#include <optional>
#include <string>

#include "native/train/settings/settings.h"
#include "shared/base/status.h"

namespace ag::train {

struct Request {
  bool resume = false;
  bool benchmark = false;   // time it, train nothing
  bool arch_given = false;  // by --arch or by the configuration
  bool overwrite = false;   // throw away what an earlier run left in the folder
  Settings settings;        // effective: recipe (or, with resume, RUN/settings.json) and options
  // With resume: the settings that lay in RUN/settings.json, before the options. The folder is not
  // locked yet when they are read; RunFolder::Claim reads them again.
  std::optional<Settings> begun;
};

// Either a request, or a text that was asked for (--help), or a usage error (kInvalidArgument).
struct ParsedOptions {
  Request request;
  std::string help;  // --help, or what a script asked for; not empty: print it and stop
};
StatusOr<ParsedOptions> ParseOptions(int argc, const char* const* argv);

}  // namespace ag::train
