// ag_native card: the model card, as Markdown and JSON, from reports of `eval --report`.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/interrupt.h"
#include "native/base/output_file.h"
#include "native/base/run_files.h"
#include "native/base/text_file.h"
#include "native/report/card_text.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxReportBytes = size_t{64} << 20;

struct CardArguments {
  std::vector<std::string> reports;
  std::string out, start_weights;
  bool overwrite = false;
};

std::string ReportFile(const std::string& path) {
  return fs::is_directory(path) ? (fs::path(path) / "report.json").string() : path;
}

StatusOr<Json> ReadReport(const std::string& path) {
  const std::string file = ReportFile(path);
  AG_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file, kMaxReportBytes, NamedByUser()));
  return ParseReport(text, file);
}

Status CheckFiles(const CardArguments& arguments, const std::string& json_path) {
  RunFiles files;
  for (const std::string& path : arguments.reports) files.Read("--report", ReportFile(path));
  const EarlierResult json = BeginsLike("{\n \"schema\": #,\n \"kind\": \"model_card\"");
  const EarlierResult markdown = [](std::string_view text) {
    return text.starts_with("# Model card: ") &&
           text.find("\n<!-- Written by `ag_native card") != std::string_view::npos;
  };
  AG_RETURN_IF_ERROR(files.Write({"--out", arguments.out, markdown, arguments.overwrite}));
  return files.Write({"--out", json_path, json, arguments.overwrite});
}

Status MakeCard(const CardArguments& arguments) {
  const fs::path markdown_path = arguments.out;
  if (markdown_path.extension() != ".md") {
    return Status(Code::kInvalidArgument,
                  "--out: expected a name ending in .md, found '" + arguments.out + "'");
  }
  const std::string json_path = fs::path(markdown_path).replace_extension(".json").string();
  AG_RETURN_IF_ERROR(CheckFiles(arguments, json_path));
  std::vector<Json> reports;
  for (const std::string& path : arguments.reports) {
    AG_ASSIGN_OR_RETURN(Json report, ReadReport(path));
    reports.push_back(std::move(report));
  }
  AG_ASSIGN_OR_RETURN(const Json card, MakeCardJson(reports, arguments.start_weights));
  // Both are open before either is renamed: if the folder cannot be written, neither changes.
  AG_ASSIGN_OR_RETURN(OutputFile json, OutputFile::Open(json_path));
  AG_ASSIGN_OR_RETURN(OutputFile markdown, OutputFile::Open(arguments.out));
  AG_RETURN_IF_ERROR(json.Write(card.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"));
  AG_RETURN_IF_ERROR(markdown.Write(MakeCardMarkdown(card)));
  AG_RETURN_IF_ERROR(json.Finish());
  AG_RETURN_IF_ERROR(markdown.Finish());
  PrintNote("wrote " + arguments.out + " and " + json_path);
  return OkStatus();
}

int RunCard(int argc, char** argv) {
  CardArguments arguments;
  CommandLine line(
      "Writes the model card (Markdown, with its JSON beside it) from reports of eval --report.");
  line.Add("--report", &arguments.reports,
           "Folder of a report, or its report.json; repeatable: the first one leads")
      .Required()
      .TakeAll();
  line.Add("--out", &arguments.out, "The card: a .md file; its JSON twin lies beside it")
      .Required();
  AddOverwriteOption(&line, &arguments.overwrite);
  line.Add("--start-weights", &arguments.start_weights,
           "Origin and terms of the start weights (default: what the model file says)");
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  const Status status = MakeCard(arguments);
  if (status.ok()) return kExitDone;
  PrintError("card: " + status.message());
  return kExitUsage;
}

const Command kCard({.name = "card",
                     .summary = "the model card from reports of eval",
                     .group = CommandGroup::kAccuracy,
                     .place = 4,
                     .run = RunCard});

}  // namespace
}  // namespace ag
