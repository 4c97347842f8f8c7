// ag_native predict: pictures -> one record each.
#pragma once

namespace ag {

// argv[0] is "predict". Returns the exit code.
int RunPredict(int argc, char** argv);

}  // namespace ag
