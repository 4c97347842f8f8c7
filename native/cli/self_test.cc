// `ag_native self-test`: the values that the page's engine must reproduce before it says ready.
#include "shared/predict/self_test.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/output_file.h"
#include "native/base/run_files.h"
#include "native/pictures/model_files.h"
#include "shared/base/version.h"

namespace ag {
namespace {

// Seven digits are more than the tolerance sees, and make the download a third as large.
double Shortened(float value) {
  std::array<char, 32> digits;
  std::snprintf(digits.data(), digits.size(), "%.7g", static_cast<double>(value));
  return std::strtod(digits.data(), nullptr);
}

Status WriteSelfTest(const std::string& net, const std::string& detector, const std::string& out,
                     bool overwrite) {
  AG_ASSIGN_OR_RETURN(const ModelPair models, LoadModels(net, detector));
  RunFiles files;
  files.Read("--model", models.net_path);
  files.Read("--detector", models.detector_path);
  AG_RETURN_IF_ERROR(OutputFile::IsStream(out)
                         ? files.WriteStandardOutput()
                         : files.Write({"--out", out, BeginsLike("{\"tolerance\":"), overwrite}));
  AG_ASSIGN_OR_RETURN(const std::vector<float> values, SelfTestValues(models.net, models.detector));
  // The page shows the version: it is that of the program that its site was built with.
  nlohmann::ordered_json json = {{"tolerance", kSelfTestTolerance},
                                 {"version", Version()},
                                 {"values", nlohmann::ordered_json::array()}};
  for (const float value : values) json["values"].push_back(Shortened(value));
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(out));
  Status status = output.Write(json.dump() + "\n");
  if (status.ok()) status = output.Finish();
  return output.reader_gone() ? OkStatus() : status;
}

int RunSelfTest(int argc, char** argv) {
  std::string model, detector, out;
  bool overwrite = false;
  CommandLine line(
      "Runs both nets on a fixed, drawn picture and prints their raw outputs as JSON: what the "
      "page\n"
      "compares its own engine with at its start (model/self_test.json of a site).");
  line.Add("--model", &model, "Model file (default: the one that ships)");
  line.Add("--detector", &detector, "Face detector (default: the one that ships)");
  line.Add("--out", &out, "Write to this file instead of standard output");
  AddOverwriteOption(&line, &overwrite);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  const Status status = WriteSelfTest(model, detector, out, overwrite);
  if (status.ok()) return kExitDone;
  PrintError(status.message());
  return kExitUsage;
}

const Command kSelfTest({.name = "self-test",
                         .summary = "reference values for the start-up check of the page",
                         .group = CommandGroup::kPage,
                         .place = 1,
                         .run = RunSelfTest});

}  // namespace
}  // namespace ag
