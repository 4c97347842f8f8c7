// The list of the commands.
#pragma once

#include <string>
#include <vector>

#include "native/base/command.h"

namespace ag {

std::string HelpText(const std::vector<CommandEntry>& commands);

// "there is no command 'predikt' (did you mean 'predict'?) (see ag_native help)".
std::string NoCommand(const std::vector<CommandEntry>& commands, std::string_view name);

}  // namespace ag
