// ag_native detect: pictures -> boxes and points of the faces, nothing about the people.
#pragma once

namespace ag {

// argv[0] is "detect". Returns the exit code.
int RunDetect(int argc, char** argv);

}  // namespace ag
