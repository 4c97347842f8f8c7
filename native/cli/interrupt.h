// Ctrl-C and its like, so that temporary files are removed before the program goes.
#pragma once

namespace ag {

// From now on SIGINT, SIGTERM and SIGHUP are noted instead of obeyed, once: a second one of the
// same kind kills. Signals that a shell made this process ignore (nohup) stay ignored.
void CatchInterrupts();

// The signal that was noted; 0 if none was.
int InterruptSignal();

// Ends the process by the signal that was noted, so that a shell sees it; returns if none was.
void DieOfInterrupt();

}  // namespace ag
