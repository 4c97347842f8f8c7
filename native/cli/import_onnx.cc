// ag_native import-onnx: runs ag_native-import-onnx.
#include "native/base/command.h"
#include "native/cli/launch.h"

namespace ag {
namespace {

int RunImportOnnx(int argc, char** argv) {
  return RunProgramBeside(
      "ag_native-import-onnx",
      "it is built if protobuf and libonnx are installed: apt-get install "
      "libprotobuf-dev protobuf-compiler libonnx-dev, then ./ag build; everything else "
      "works without it",
      argc, argv);
}

const Command kImportOnnx({.name = "import-onnx",
                           .summary = "convert an ONNX file into a model file",
                           .group = CommandGroup::kModels,
                           .place = 2,
                           .run = RunImportOnnx,
                           .own_signals = true});

}  // namespace
}  // namespace ag
