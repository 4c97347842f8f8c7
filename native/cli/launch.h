// Commands that are programs of their own beside ag_native, as in git: they need libraries that
// ag_native must not link.
#pragma once

namespace ag {

// Replace this process with ag_native-train, ag_native-import-onnx, ag_native-serve or
// ag_native-bench and the same arguments (argv[0] is the command). They return only on failure: the
// exit code, with the reason printed.
int RunTrain(int argc, char** argv);
int RunImportOnnx(int argc, char** argv);
int RunServe(int argc, char** argv);
int RunBench(int argc, char** argv);

}  // namespace ag
