// Commands that are programs of their own beside ag_native, as in git: they need libraries that
// ag_native must not link.
#pragma once

#include <string>
#include <string_view>

namespace ag {

// Replaces this process with `program` from ag_native's folder and the same arguments (argv[0] is the
// command). Returns only on failure: the exit code, with the reason printed, and `how_to_get` if the
// program is not there.
int RunProgramBeside(const std::string& program, std::string_view how_to_get, int argc,
                     char** argv);

}  // namespace ag
