// ag_native compare: whether one model is better than another, by a paired bootstrap on the
// predictions that `eval` wrote for the same pictures.
#pragma once

namespace ag {

// argv[0] is "compare". Returns the exit code.
int RunCompare(int argc, char** argv);

}  // namespace ag
