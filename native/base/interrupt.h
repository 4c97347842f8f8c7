// Ctrl-C and the like, so that temporary files are removed before the process ends.
#pragma once

#include <atomic>

#include "shared/base/file.h"

namespace ag {

// From now on the first SIGINT, SIGTERM or SIGHUP is noted instead of obeyed; a second one of the
// same kind kills. Signals that the shell had this process ignore (nohup) stay ignored.
void CatchInterrupts();

// The signal that was noted, or 0.
int InterruptSignal();

// The same as a flag, for loops that are handed what stops them.
const std::atomic<bool>& StopRequested();

// How to read a file named by the user: it may be a pipe, and an interrupt ends the wait for it.
ReadOptions NamedByUser();

// Nobody reads this program's output any more (`| head`). SIGPIPE is ignored while a command runs,
// so that it can clean up; the process still ends by that signal.
void NoteReaderGone();
bool ReaderGone();

// Ends the process by the noted signal (an interrupt or SIGPIPE), so that a shell sees it. Returns
// if there was none.
void DieOfNotedSignal();

}  // namespace ag
