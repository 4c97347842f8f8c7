// ag_native serve: the files of a folder over HTTP, on this machine only.
#pragma once

namespace ag {

// argv[0] is "serve". Returns the exit code; a signal that ends it is no error.
int RunServe(int argc, char** argv);

}  // namespace ag
