#include "native/cli/predict.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/cli/command_line.h"
#include "native/cli/console.h"
#include "native/cli/exit_codes.h"
#include "native/cli/inputs.h"
#include "native/cli/interrupt.h"
#include "native/cli/model_files.h"
#include "native/cli/ordered_work.h"
#include "native/cli/output_file.h"
#include "native/cli/predictors.h"
#include "native/cli/record.h"

namespace ag {
namespace {

constexpr double kMaxCoordinate = 1e7;  // pixels; no picture is larger (Image::kMaxSide)

struct Arguments {
  EngineArguments engine;
  std::string format;
  bool json = false;
  std::string out;
  std::string box;
  std::vector<std::string> inputs;
};

void AddOptions(CLI::App* app, Arguments* arguments) {
  AddEngineOptions(app, &arguments->engine);
  CLI::Option* format =
      app->add_option("--format", arguments->format,
                      "table, jsonl or csv (default: table on a terminal, csv for --out NAME.csv, "
                      "else jsonl)")
          ->check(CLI::IsMember({"table", "jsonl", "csv"}));
  app->add_flag("--json", arguments->json, "Short for --format jsonl")->excludes(format);
  app->add_option("--out", arguments->out, "Write to this file, which appears when it is complete");
  app->add_option("--box", arguments->box, "x,y,width,height in pixels: one face, here only");
  app->add_option(
         "input", arguments->inputs,
         "Pictures, folders (searched at any depth), or - for one picture on standard input")
      ->required();
}

StatusOr<Box> ParseBox(const std::string& text) {
  std::array<double, 4> values{};
  const char* position = text.data();
  const char* end = position + text.size();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [next, error] = std::from_chars(position, end, values[i]);
    const bool last = i + 1 == values.size();
    const bool separated = last ? next == end : next != end && *next == ',';
    if (error != std::errc() || !separated || !(std::abs(values[i]) <= kMaxCoordinate)) {
      return Status(Code::kInvalidArgument,
                    "--box " + text + ": expected four numbers x,y,width,height");
    }
    position = next + 1;
  }
  if (values[2] <= 0 || values[3] <= 0) {
    return Status(Code::kInvalidArgument, "--box " + text + ": width and height must be above 0");
  }
  return Box{values[0], values[1], values[2], values[3]};
}

RecordFormat ChooseFormat(const Arguments& arguments) {
  if (arguments.json || arguments.format == "jsonl") return RecordFormat::kJsonl;
  if (arguments.format == "csv") return RecordFormat::kCsv;
  if (arguments.format == "table") return RecordFormat::kTable;
  if (arguments.out.ends_with(".csv")) return RecordFormat::kCsv;
  const bool terminal = arguments.out.empty() && ::isatty(STDOUT_FILENO) == 1;
  return terminal ? RecordFormat::kTable : RecordFormat::kJsonl;
}

PictureRecord PredictOne(const Input& input, const DecodeLimits& limits,
                         const PredictOptions& options, Predictor* predictor) {
  PictureRecord record;
  record.file = input.file;
  record.status = input.status;
  if (!record.status.ok()) return record;
  try {
    StatusOr<Image> picture = LoadPicture(input.file, limits);
    record.status = picture.status();
    if (!picture.ok()) return record;
    StatusOr<PictureResult> result = predictor->Predict(*picture, options);
    record.status = result.status();
    if (result.ok()) record.result = *std::move(result);
  } catch (const std::bad_alloc&) {
    record.status = Status(Code::kOutOfMemory, "not enough memory (fewer --threads need less)");
  }
  return record;
}

std::string_view Hint(Code code) {
  if (code == Code::kTooLarge) return " (--max-pixels and --max-bytes raise the limits)";
  return {};
}

// Writes the records of one run.
class Results {
 public:
  Results(OutputFile output, RecordFormatter formatter, size_t count)
      : output_(std::move(output)),
        formatter_(formatter),
        progress_("predict", count, ::isatty(STDOUT_FILENO) != 1) {}

  bool Begin() { return Check(output_.Write(formatter_.Header())); }

  // False: stop.
  bool Add(size_t index, const PictureRecord& record) {
    if (!record.status.ok()) {
      failed_ = true;
      progress_.Clear();
      PrintError(record.file + ": " + record.status.message() +
                 std::string(Hint(record.status.code())));
    }
    progress_.Update(index + 1);
    return Check(output_.Write(formatter_.Format(record))) && InterruptSignal() == 0;
  }

  int End() {
    progress_.Clear();
    if (InterruptSignal() == 0 && write_ok_ && Check(output_.Write(formatter_.Footer()))) {
      Check(output_.Finish());
    }
    if (!write_ok_) return kExitUsage;
    return failed_ ? kExitSomeFailed : kExitDone;
  }

 private:
  bool Check(const Status& status) {
    if (status.ok()) return true;
    write_ok_ = false;
    progress_.Clear();
    if (!output_.reader_gone()) PrintError(status.message());
    return false;
  }

  OutputFile output_;
  RecordFormatter formatter_;
  Progress progress_;
  bool failed_ = false;
  bool write_ok_ = true;
};

StatusOr<int> Run(const Arguments& arguments) {
  PredictOptions options;
  options.find = arguments.engine.find;
  if (!arguments.box.empty()) {
    AG_ASSIGN_OR_RETURN(options.box, ParseBox(arguments.box));
  }
  if (std::count(arguments.inputs.begin(), arguments.inputs.end(), "-") > 1) {
    return Status(Code::kInvalidArgument, "-: standard input can be read only once");
  }
  AG_ASSIGN_OR_RETURN(const ModelPair models,
                      LoadModels(arguments.engine.model, arguments.engine.detector));
  const std::vector<Input> inputs = ExpandInputs(arguments.inputs);
  AG_ASSIGN_OR_RETURN(std::vector<Predictor> predictors,
                      MakePredictors(models, arguments.engine.ThreadCount(), inputs.size()));
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(arguments.out));

  size_t file_width = 0;
  for (const Input& input : inputs) file_width = std::max(file_width, input.file.size());
  Results results(std::move(output), RecordFormatter(ChooseFormat(arguments), file_width),
                  inputs.size());
  if (results.Begin()) {
    RunOrdered<PictureRecord>(
        inputs.size(), predictors.size(),
        [&](size_t worker, size_t index) {
          return PredictOne(inputs[index], arguments.engine.limits, options, &predictors[worker]);
        },
        [&](size_t index, const PictureRecord& record) { return results.Add(index, record); });
  }
  return results.End();
}

}  // namespace

int RunPredict(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Finds the faces in pictures and predicts age and perceived gender of each.");
  AddOptions(&app, &arguments);
  if (const std::optional<int> code = ParseCommandLine(&app, argc, argv)) return *code;
  CatchInterrupts();
  const StatusOr<int> code = Run(arguments);
  if (code.ok()) return *code;
  PrintError(code.status().message());
  return kExitUsage;
}

}  // namespace ag
