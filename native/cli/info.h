// ag_native info: what a model file holds.
#pragma once

namespace ag {

// argv[0] is "info". Returns the exit code.
int RunInfo(int argc, char** argv);

}  // namespace ag
