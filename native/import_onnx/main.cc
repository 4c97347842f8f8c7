// ag_native-import-onnx: an ONNX file -> a model file. `ag_native import-onnx` runs it.
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <string>

#include "native/base/command_line.h"
#include "native/base/run_files.h"
#include "native/import_onnx/import.h"
#include "native/import_onnx/onnx_model.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"

namespace ag::onnx_import {
namespace {

// The project's exit codes: 0 done, 1 an input or output failed, 2 wrong usage or a broken model.
constexpr int kDone = 0, kFailed = 1, kBroken = 2;

struct Arguments {
  std::string input, output;
  bool overwrite = false;
  ImportOptions options;
};

void AddOptions(CommandLine* line, Arguments* arguments) {
  ImportOptions& options = arguments->options;
  const std::map<std::string, Storage> storages = {{"float32", Storage::kFloat32},
                                                   {"float16", Storage::kFloat16},
                                                   {"int8", Storage::kInt8PerChannel}};
  const std::map<std::string, Kind> kinds = {{"face_detector", Kind::kFaceDetector},
                                             {"age_gender", Kind::kAgeGender}};
  const std::map<std::string, Colour> colours = {
      {"rgb", Colour::kRgb}, {"bgr", Colour::kBgr}, {"gray", Colour::kGray}};
  line->Add("file", &arguments->input, "ONNX file").Required();
  line->Add("--out", &arguments->output, "Model file to write (.agm)").Required();
  line->AddFlag("--overwrite", &arguments->overwrite,
                "Replace an existing --out file (but never a picture or a list)");
  line->AddChoice("--storage", &options.storage, storages,
                  "Weights: float32, float16 (default) or int8");
  line->Add("--grid-bits", &options.grid_bits,
            "float16: round each channel's weights to multiples of 2^-N of its range, 1 to 15, "
            "so that gzip packs them better (default 0: off)")
      .InRange(0, 15);
  line->AddChoice("--kind", &options.kind, kinds, "face_detector (default) or age_gender");
  line->Add("--size", &options.open_side, "Height and width, if the file leaves them open");
  line->Add("--name", &options.name, "Name of the net, for `ag_native info`");
  line->Add("--licence", &options.licence, "Terms of the weights");
  line->Add("--source", &options.source, "Origin and authors of the weights");
  line->Add("--recipe", &options.recipe, "Version of the upstream project");
  line->Add("--age-output", &options.age_output, "age_gender: name of the age output");
  line->Add("--gender-output", &options.gender_output,
            "age_gender: name of the output with the gender logit");
  line->AddChoice("--colour", &options.colour, colours, "age_gender: rgb (default) or bgr");
  line->Add("--mean", &options.mean, "age_gender: input = (pixel - mean) * scale");
  line->Add("--scale", &options.scale, "age_gender: see --mean");
}

int Fail(const std::string& where, const Status& status, int exit_code) {
  std::fprintf(stderr, "%s: %s\n", where.c_str(), status.message().c_str());
  return exit_code;
}

// Whether the file at `path` is a different model from one made of this net earlier.
bool IsOtherModel(const std::string& path, const Model& model) {
  const auto bytes = ReadFile(path, kMaxModelBytes);
  if (!bytes.ok() || bytes->empty()) return false;
  const auto other = LoadModel(*bytes);
  return !other.ok() || other->provenance.name != model.provenance.name ||
         other->provenance.source != model.provenance.source ||
         other->age_gender.has_value() != model.age_gender.has_value();
}

int Run(const Arguments& arguments) {
  RunFiles files;
  files.Read("the input", arguments.input);
  Status allowed = files.Write({"--out", arguments.output, IsModelFile, arguments.overwrite});
  if (!allowed.ok()) return Fail("import-onnx", allowed, kBroken);
  // Messages of ReadFile and WriteFileAtomically already begin with the path.
  const auto file = ReadFile(arguments.input, kMaxOnnxBytes, {.named = true});
  if (!file.ok()) return Fail("import-onnx", file.status(), kFailed);
  const auto model = ImportOnnx(*file, arguments.options);
  if (!model.ok()) return Fail(arguments.input, model.status(), kBroken);
  if (!arguments.overwrite && IsOtherModel(arguments.output, *model)) {
    allowed = Status(Code::kInvalidArgument,
                     "--out " + arguments.output + ": is another model (--overwrite replaces it)");
    return Fail("import-onnx", allowed, kBroken);
  }
  const auto bytes = SaveModel(*model);
  if (!bytes.ok()) return Fail(arguments.input, bytes.status(), kBroken);
  const Status written = WriteFileAtomically(arguments.output, *bytes);
  if (!written.ok()) return Fail("import-onnx", written, kFailed);
  std::fprintf(stderr, "%s: %zu ops, %zu tensors, %zu bytes\n", arguments.output.c_str(),
               model->ops.size(), model->tensors.size(), bytes->size());
  return kDone;
}

int Main(int argc, char** argv) {
  CommandLine line("Converts an ONNX file to a model file of this engine.");
  Arguments arguments;
  AddOptions(&line, &arguments);
  char name[] = "import-onnx";
  if (argc > 0) argv[0] = name;
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  return Run(arguments);
}

}  // namespace
}  // namespace ag::onnx_import

int main(int argc, char** argv) {
  // The reader of the help may go away: then end, even if the parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  try {
    return ag::onnx_import::Main(argc, argv);
  } catch (const std::exception& error) {  // std::bad_alloc: nothing here may need memory
    std::fprintf(stderr, "import-onnx: %s\n", error.what());
    return ag::onnx_import::kBroken;
  }
}
