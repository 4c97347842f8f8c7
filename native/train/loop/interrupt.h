// Ctrl-C and SIGTERM as a flag that the loop reads between steps; a full disk as an error.
#pragma once

#include <atomic>

namespace ag::train {

// Installs the handlers: the first SIGINT or SIGTERM sets the flag, a second one ends the process
// at once (safe: every file is written under a temporary name). SIGXFSZ is ignored, so that a write
// beyond the limit fails with EFBIG instead of killing the process.
void InstallSignalHandlers();

const std::atomic<bool>& StopRequested();

}  // namespace ag::train
