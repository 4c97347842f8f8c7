// ag_native info: what a model file holds.
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "native/base/command.h"
#include "native/base/command_line.h"
#include "native/base/console.h"
#include "native/base/exit_codes.h"
#include "native/base/format.h"
#include "native/base/output_file.h"
#include "native/base/run_files.h"
#include "native/base/utf8.h"
#include "native/pictures/model_files.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/container.h"
#include "shared/model/reader.h"

namespace ag {
namespace {

using Json = nlohmann::ordered_json;

std::string_view StorageName(Storage storage) {
  switch (storage) {
    case Storage::kFloat32:
      return "float32";
    case Storage::kFloat16:
      return "float16";
    case Storage::kInt8PerChannel:
      return "int8_per_channel";
  }
  return "unknown";
}

std::string_view ColourName(Colour colour) {
  switch (colour) {
    case Colour::kRgb:
      return "rgb";
    case Colour::kBgr:
      return "bgr";
    case Colour::kGray:
      return "gray";
  }
  return "unknown";
}

uint64_t Parameters(const Model& model, const std::vector<uint32_t>& tensors) {
  uint64_t count = 0;
  for (const uint32_t tensor : tensors) count += ElementCount(model.tensors[tensor].shape);
  return count;
}

Json OpsJson(const Model& model, const std::vector<Shape>& shapes,
             const std::vector<uint64_t>& macs) {
  Json ops = Json::array();
  for (size_t i = 0; i < model.ops.size(); ++i) {
    const Op& op = model.ops[i];
    ops.push_back({{"op", OpName(op.type)},
                   {"name", op.name},
                   {"inputs", op.inputs},
                   {"value", op.output},
                   {"shape", shapes[op.output]},
                   {"macs", macs[i]},
                   {"parameters", Parameters(model, op.tensors)}});
  }
  return ops;
}

Json TotalsJson(const Model& model, const std::vector<uint64_t>& macs, const ModelCost& cost,
                uint64_t file_bytes) {
  uint64_t all_macs = 0, parameters = 0;
  for (const uint64_t count : macs) all_macs += count;
  Json storage = Json::object();
  for (const Tensor& tensor : model.tensors) {
    parameters += ElementCount(tensor.shape);
    Json& bytes = storage[std::string(StorageName(tensor.storage))];
    const uint64_t before = bytes.is_null() ? 0 : bytes.get<uint64_t>();
    bytes = before + tensor.data.size() + tensor.scales.size() * sizeof(float);
  }
  return {{"macs", all_macs},
          {"parameters", parameters},
          {"weight_bytes", storage},
          {"file_bytes", file_bytes},
          {"memory_bytes", cost.memory_bytes}};
}

Json InputJson(const InputContract& input) {
  Json json = {{"height", input.height},
               {"width", input.width},
               {"size_multiple", input.size_multiple},
               {"colour", ColourName(input.colour)},
               {"mean", input.mean},
               {"scale", input.scale},
               {"crop_points", nullptr}};
  if (input.crop_points) json["crop_points"] = *input.crop_points;
  return json;
}

Json AgeGenderJson(const AgeGenderContract& contract) {
  const bool distribution = contract.age_kind == AgeKind::kDistribution;
  Json json = {{"kind", "age_gender"},
               {"age_value", contract.age_value},
               {"age_kind", distribution ? "distribution" : "value"}};
  if (distribution) {
    json["age_bins"] = contract.age_bins;
    json["age_temperature"] = contract.age_temperature;
  } else {
    json["age_error_low"] = contract.age_error_low;
    json["age_error_high"] = contract.age_error_high;
  }
  json["age_interval"] = Json::array();
  for (const AgeIntervalKnot& knot : contract.age_interval) {
    json["age_interval"].push_back(
        {{"age", knot.age}, {"lower", knot.lower}, {"upper", knot.upper}});
  }
  json["gender_value"] = contract.gender_value;
  json["gender_temperature"] = contract.gender_temperature;
  return json;
}

Json DetectorJson(const FaceDetectorContract& contract) {
  Json scales = Json::array();
  for (const DetectorScale& scale : contract.scales) {
    scales.push_back({{"stride", scale.stride},
                      {"class_value", scale.class_value},
                      {"object_value", scale.object_value},
                      {"box_value", scale.box_value},
                      {"points_value", scale.points_value}});
  }
  return {{"kind", "face_detector"}, {"scales", scales}};
}

Json ProvenanceJson(const Provenance& provenance) {
  Json metrics = Json::object();
  for (const Metric& metric : provenance.metrics) metrics[metric.name] = metric.value;
  return {{"name", provenance.name},
          {"licence", provenance.licence},
          {"source", provenance.source},
          {"recipe", provenance.recipe},
          {"data_hash", provenance.data_hash},
          {"code_commit", provenance.code_commit},
          {"metrics", metrics}};
}

StatusOr<Json> InfoJson(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const LoadedModel file, LoadModelFile(path));
  const Model& model = file.model;
  std::vector<uint64_t> macs;
  ModelCost cost;
  AG_ASSIGN_OR_RETURN(
      const std::vector<Shape> shapes,
      InferShapes(model, AllOpRules(), model.input.height, model.input.width, &macs, &cost));
  return Json{
      {"file", path},
      {"sha256", file.origin.sha256},
      {"format", std::to_string(kModelMajorVersion) + "." + std::to_string(kModelMinorVersion)},
      {"provenance", ProvenanceJson(model.provenance)},
      {"input", InputJson(model.input)},
      {"output",
       model.age_gender ? AgeGenderJson(*model.age_gender) : DetectorJson(*model.face_detector)},
      {"totals", TotalsJson(model, macs, cost, file.origin.bytes)},
      {"ops", OpsJson(model, shapes, macs)}};
}

// "name:   value" lines. Texts from the file are cleaned: they may come from anywhere.
std::string Line(std::string_view name, const std::string& value) {
  return std::string(name) + ":" + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') +
         CleanText(value) + "\n";
}

std::string ShortNumbers(const Json& list) {
  constexpr size_t kShown = 10;
  std::string text;
  for (size_t i = 0; i < list.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : " ") + Format("%.6g", list[i].get<double>());
  }
  return list.size() > kShown ? text + " ... (" + std::to_string(list.size()) + ")" : text;
}

std::string InputText(const Json& input) {
  std::string text = std::to_string(input["width"].get<uint32_t>()) + "x" +
                     std::to_string(input["height"].get<uint32_t>()) + " " +
                     input["colour"].get<std::string>() + ", (pixel - [" +
                     ShortNumbers(input["mean"]) + "]) * [" + ShortNumbers(input["scale"]) + "]";
  if (const uint32_t multiple = input["size_multiple"]; multiple > 0) {
    text += ", or any multiple of " + std::to_string(multiple);
  }
  if (!input["crop_points"].is_null()) {
    text += ", points at " + ShortNumbers(input["crop_points"]);
  }
  return text;
}

std::string OutputText(const Json& output) {
  if (output["kind"] == "face_detector") {
    std::string text = "faces at strides";
    for (const Json& scale : output["scales"]) {
      text += " " + std::to_string(scale["stride"].get<uint32_t>());
    }
    return text;
  }
  const std::string gender =
      ", gender: value " + std::to_string(output["gender_value"].get<uint32_t>());
  const std::string age = "age: value " + std::to_string(output["age_value"].get<uint32_t>());
  if (output["age_kind"] == "value") return age + " (years)" + gender;
  return age + " (bins " + ShortNumbers(output["age_bins"]) + ")" + gender;
}

// What the model knows about its errors, one line per knot.
std::string UncertaintyText(const Json& output) {
  if (output["kind"] == "face_detector") return "";
  std::string text =
      Line("temperature", "gender " + Format("%.4g", output["gender_temperature"].get<double>()));
  if (output["age_kind"] == "distribution") {
    text = Line("temperature", "age " + Format("%.4g", output["age_temperature"].get<double>()) +
                                   ", gender " +
                                   Format("%.4g", output["gender_temperature"].get<double>()));
  } else if (output["age_error_low"] != 0 || output["age_error_high"] != 0) {
    text +=
        Line("interval", "age" + Format(" %+.2f", output["age_error_low"].get<double>()) + " to" +
                             Format(" %+.2f years", output["age_error_high"].get<double>()));
  }
  for (const Json& knot : output["age_interval"]) {
    text +=
        Line("interval", "predicted" + Format(" %5.1f", knot["age"].get<double>()) + ": low end" +
                             Format(" %+.2f", knot["lower"].get<double>()) + ", high end" +
                             Format(" %+.2f years", knot["upper"].get<double>()));
  }
  return text;
}

std::string TotalsText(const Json& totals) {
  std::string text = std::to_string(totals["macs"].get<uint64_t>()) + " multiply-accumulates, " +
                     std::to_string(totals["parameters"].get<uint64_t>()) + " parameters, ";
  for (const auto& [storage, bytes] : totals["weight_bytes"].items()) {
    text += std::to_string(bytes.get<uint64_t>()) + " bytes of " + storage + ", ";
  }
  // Rounded up: the figure is a bound.
  const uint64_t megabytes = (totals["memory_bytes"].get<uint64_t>() + 999'999) / 1'000'000;
  return text + std::to_string(totals["file_bytes"].get<uint64_t>()) + " bytes of file, at most " +
         std::to_string(megabytes) + " MB of memory";
}

std::string OpsText(const Json& ops) {
  size_t name_width = 4;
  for (const Json& op : ops) {
    name_width = std::max(name_width, op["name"].get<std::string>().size());
  }
  std::string text;
  const auto add = [&](const std::string& value, const std::string& op, const std::string& name,
                       const std::string& shape, const std::string& numbers) {
    const std::string padding(name_width - std::min(name_width, name.size()), ' ');
    text += Format("%5s  %-18.18s  ", value.c_str(), op.c_str()) + name + padding +
            Format("  %-18.24s", shape.c_str()) + numbers + "\n";
  };
  add("value", "op", "name", "output", "        MACs  parameters");
  for (const Json& op : ops) {
    add(std::to_string(op["value"].get<uint32_t>()), op["op"].get<std::string>(),
        CleanText(op["name"].get<std::string>()),
        ShapeText(op["shape"].get<std::vector<uint32_t>>()),
        Format("%12llu  %10llu", static_cast<unsigned long long>(op["macs"].get<uint64_t>()),
               static_cast<unsigned long long>(op["parameters"].get<uint64_t>())));
  }
  return text;
}

std::string InfoText(const Json& info) {
  std::string text = Line("file", info["file"]) + Line("format", info["format"]);
  for (const char* name : {"name", "licence", "source", "recipe", "data_hash", "code_commit"}) {
    text += Line(name, info["provenance"][name]);
  }
  for (const auto& [name, value] : info["provenance"]["metrics"].items()) {
    text += Line("metric", name + " = " + value.dump());
  }
  return text + Line("input", InputText(info["input"])) +
         Line("output", OutputText(info["output"])) + UncertaintyText(info["output"]) +
         Line("totals", TotalsText(info["totals"])) + "\n" + OpsText(info["ops"]);
}

Status PrintInfo(const std::string& path, bool json) {
  RunFiles files;
  files.Read("the input", path);
  AG_RETURN_IF_ERROR(files.WriteStandardOutput());
  AG_ASSIGN_OR_RETURN(const Json info, InfoJson(path));
  AG_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Open(""));
  const std::string text =
      json ? info.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : InfoText(info);
  const Status status = output.Write(text);
  return output.reader_gone() ? OkStatus() : status;
}

int RunInfo(int argc, char** argv) {
  std::string path;
  bool json = false;
  CommandLine line(
      "Shows a model file: its graph, shapes, cost, contracts, origin, licence and metrics.");
  line.Add("file", &path, "Model file (.agm)").Required();
  line.AddFlag("--json", &json, "As one JSON object");
  if (const std::optional<int> code = ParseCommandLine(&line, argc, argv)) return *code;
  const Status status = PrintInfo(path, json);
  if (status.ok()) return kExitDone;
  PrintError(status.message());
  return kExitUsage;
}

const Command kInfo({.name = "info",
                     .summary = "what a model file holds",
                     .group = CommandGroup::kFiles,
                     .place = 1,
                     .run = RunInfo});

}  // namespace
}  // namespace ag
