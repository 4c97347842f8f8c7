// `ag_native train` as a function: what main() calls.
#pragma once

namespace ag::train {

// Exit codes: 0 done; 1 failed on the way (full disk, unreadable data, divergence, a model that
// does not agree with the engine); 2 wrong usage, no data, or no detector; 130 interrupted, with a
// checkpoint.
int RunTrain(int argc, const char* const* argv);

}  // namespace ag::train
