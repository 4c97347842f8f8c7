// ag_native calibrate: what a model says of its own errors, fitted on labelled pictures.
#pragma once

namespace ag {

// argv[0] is "calibrate". Returns the exit code.
int RunCalibrate(int argc, char** argv);

}  // namespace ag
