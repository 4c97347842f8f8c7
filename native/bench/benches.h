// Measurements that need the command line's readers of data: ag_native-bench NAME ...
#pragma once

namespace ag {

// argv[0] is the name. Each prints a table to standard output and returns an exit code.
int RunBenchDetect(int argc, char** argv);
int RunBenchFolder(int argc, char** argv);
int RunBenchNet(int argc, char** argv);
int RunBenchTemporalStability(int argc, char** argv);

}  // namespace ag
