// ag_native eval: accuracy of a model on labelled pictures, through the engine that ships.
#pragma once

namespace ag {

// argv[0] is "eval". Returns the exit code.
int RunEval(int argc, char** argv);

}  // namespace ag
