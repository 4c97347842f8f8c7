// Ctrl-C and its like, so that temporary files are removed before the program goes.
#pragma once

#include "shared/base/file.h"

namespace ag {

// From now on SIGINT, SIGTERM and SIGHUP are noted instead of obeyed, once: a second one of the
// same kind kills. Signals that a shell made this process ignore (nohup) stay ignored.
void CatchInterrupts();

// The signal that was noted; 0 if none was.
int InterruptSignal();

// How a file is read that the user named: it may be a pipe, and an interrupt ends the wait for it.
ReadOptions NamedByUser();

// Nobody reads any more what this program was to write (`| head`). SIGPIPE is ignored while a
// command runs, so that it can clean up; what it ends by is that signal all the same.
void NoteReaderGone();
bool ReaderGone();

// Ends the process by the signal that was noted, an interrupt or SIGPIPE, so that a shell sees it;
// returns if none was.
void DieOfNotedSignal();

}  // namespace ag
