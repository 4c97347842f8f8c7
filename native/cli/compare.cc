// ag_native compare: whether one model is better than another, by a paired bootstrap on the
// predictions that `eval` wrote for the same pictures.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/output_file.h"
#include "native/base/run_files.h"
#include "native/eval/comparison.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostResamples = 100000;

struct Arguments {
  std::string first, second, json;
  bool overwrite = false;
  size_t resamples = 2000;
  uint64_t seed = 1;
};

std::string FigureText(double value, FigureUnit unit, bool with_sign) {
  std::array<char, 48> text;
  if (std::isnan(value)) return "?";
  if (unit == FigureUnit::kShare) {
    std::snprintf(text.data(), text.size(), with_sign ? "%+.2f" : "%.2f %%", 100 * value);
  } else {
    std::snprintf(text.data(), text.size(), with_sign ? "%+.3f" : "%.3f", value);
  }
  return text.data();
}

Json NumberOrNull(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

Status CheckFiles(const Arguments& arguments) {
  RunFiles files;
  files.Read("the first input", arguments.first);
  files.Read("the second input", arguments.second);
  AG_RETURN_IF_ERROR(files.WriteStandardOutput());
  if (arguments.json.empty()) return OkStatus();
  const EarlierResult earlier = [](std::string_view text) {
    return BeginsLike("{\n  \"first\": \"")(text) &&
           text.find("\n  \"figures\": {") != std::string_view::npos;
  };
  return files.Write({"--json", arguments.json, earlier, arguments.overwrite});
}

std::string ComparisonText(const Arguments& arguments, const PairedPredictions& paired,
                           const Comparison& comparison) {
  std::string text = "A  " + arguments.first + "\nB  " + arguments.second + "\n" +
                     std::to_string(paired.first.size()) + " pictures of both, " +
                     std::to_string(paired.unpaired) + " of one alone; " +
                     std::to_string(arguments.resamples) + " draws of " +
                     std::to_string(comparison.clusters) + " pictures or clusters\n\n";
  std::array<char, 160> line;
  std::snprintf(line.data(), line.size(), "%-14s %10s %10s %9s  %-20s %s\n", "", "A", "B", "B - A",
                "95 % interval", "B better in");
  text += line.data();
  for (const FigureDifference& d : comparison.differences) {
    const FigureInfo& info = InfoOf(d.figure);
    const std::string interval = FigureText(d.interval.low, info.unit, true) + " to " +
                                 FigureText(d.interval.high, info.unit, true);
    std::snprintf(line.data(), line.size(), "%-14s %10s %10s %9s  %-20s %.1f %% of the draws\n",
                  std::string(info.title).c_str(), FigureText(d.first, info.unit, false).c_str(),
                  FigureText(d.second, info.unit, false).c_str(),
                  FigureText(d.value(), info.unit, true).c_str(), interval.c_str(),
                  100 * d.second_better);
    text += line.data();
  }
  return text;
}

Json ComparisonJson(const Arguments& arguments, const PairedPredictions& paired,
                    const Comparison& comparison) {
  Json figures = Json::object();
  for (const FigureDifference& d : comparison.differences) {
    figures[std::string(InfoOf(d.figure).name)] = {
        {"first", d.first},
        {"second", d.second},
        {"difference", d.value()},
        {"interval", {NumberOrNull(d.interval.low), NumberOrNull(d.interval.high)}},
        {"second_better", NumberOrNull(d.second_better)}};
  }
  return {{"first", arguments.first},         {"second", arguments.second},
          {"pictures", paired.first.size()},  {"unpaired", paired.unpaired},
          {"resamples", arguments.resamples}, {"seed", arguments.seed},
          {"clusters", comparison.clusters},  {"confidence", kConfidence},
          {"figures", std::move(figures)}};
}

StatusOr<int> Run(const Arguments& arguments) {
  AG_RETURN_IF_ERROR(CheckFiles(arguments));
  AG_ASSIGN_OR_RETURN(const PredictionTable first, ReadPredictionTable(arguments.first));
  AG_ASSIGN_OR_RETURN(const PredictionTable second, ReadPredictionTable(arguments.second));
  AG_ASSIGN_OR_RETURN(const PairedPredictions paired,
                      PairPredictions(first, arguments.first, second, arguments.second));
  std::optional<OutputFile> json_file;
  if (!arguments.json.empty()) {
    AG_ASSIGN_OR_RETURN(OutputFile opened, OutputFile::Open(arguments.json));
    json_file.emplace(std::move(opened));
  }
  const Comparison comparison = ComparePredictions(paired, arguments.resamples, arguments.seed);
  if (json_file) {
    const Json json = ComparisonJson(arguments, paired, comparison);
    AG_RETURN_IF_ERROR(
        json_file->Write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"));
    AG_RETURN_IF_ERROR(json_file->Finish());
  }
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(""));
  const Status printed = output.Write(ComparisonText(arguments, paired, comparison));
  if (!printed.ok() && !output.reader_gone()) return printed;
  return kExitDone;
}

int RunCompare(int argc, char** argv) {
  Arguments arguments;
  CommandLine line(
      "Whether one model is better than another: a paired bootstrap on eval's predictions for "
      "the same pictures.");
  line.Add("first", &arguments.first, "CSV of eval --predictions, or of a report").Required();
  line.Add("second", &arguments.second, "The same, of another model").Required();
  line.Add("--resamples", &arguments.resamples, "Resamples of the bootstrap")
      .ShowDefault()
      .InRange(size_t{100}, kMostResamples);
  line.Add("--seed", &arguments.seed, "Seed of the resamples").ShowDefault();
  line.Add("--json", &arguments.json, "Write all numbers to this file");
  AddOverwriteOption(&line, &arguments.overwrite);
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  return ExitCodeOf(Run(arguments));
}

const Command kCompare(
    {.name = "compare",
     .summary = "is one model better than another? a paired bootstrap of eval's predictions",
     .group = CommandGroup::kAccuracy,
     .place = 3,
     .run = RunCompare});

}  // namespace
}  // namespace ag
