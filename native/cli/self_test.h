// `ag_native self-test`: the values that the page's engine must reproduce before it says ready.
#pragma once

namespace ag {

// Exit code: 0, or 2 for wrong usage, a broken model, or a file that cannot be written.
int RunSelfTest(int argc, char** argv);

}  // namespace ag
