#include "native/report/report_meta.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "native/base/file_json.h"
#include "shared/infer/ops/registry.h"
#include "shared/model/reader.h"

namespace ag {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json ProvenanceJson(const Provenance& provenance) {
  Json metrics = Json::object();
  for (const Metric& metric : provenance.metrics) metrics[metric.name] = metric.value;
  // A recipe is JSON where our own trainer wrote it.
  Json recipe = Json::parse(provenance.recipe, nullptr, false);
  if (recipe.is_discarded()) recipe = provenance.recipe;
  return {{"name", provenance.name},           {"licence", provenance.licence},
          {"source", provenance.source},       {"recipe", std::move(recipe)},
          {"data_hash", provenance.data_hash}, {"code_commit", provenance.code_commit},
          {"metrics", std::move(metrics)}};
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json DataJson(const ReportData& data) {
  return {{"name", data.name},
          {"paths", data.paths},
          {"split", TextOrNull(data.split)},
          {"part", TextOrNull(data.part)},
          {"crop", data.crop},
          {"protocol", TextOrNull(data.protocol)},
          {"evaluated", data.evaluated},
          {"outside_protocol", data.outside_protocol},
          {"centre_crops", data.centre_crops},
          {"missing_from_data", data.missing},
          {"failed", FilesJson(data.failed)},
          {"skipped", FilesJson(data.skipped)}};
}

std::string NameOf(const std::string& path) {
  fs::path place = fs::path(path).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();  // a slash at the end
  if (place.extension() == ".csv" && place.has_parent_path()) place = place.parent_path();
  const std::string name = place.filename().string();
  return name.empty() || name == "." || name == ".." ? path : name;
}

}  // namespace

Json FilesJson(const std::vector<SkippedFile>& files) {
  Json list = Json::array();
  for (const SkippedFile& file : files) {
    list.push_back(Json::object());
    AddFileName(file.file, &list.back());
    list.back()["reason"] = file.reason;
  }
  return list;
}

StatusOr<ReportModel> DescribeModel(const ModelPair& models) {
  const Model& net = models.net->model();
  ReportModel description;
  description.file = fs::path(models.net_path).filename().string();
  description.sha256 = models.net_origin.sha256;
  description.bytes = models.net_origin.bytes;
  std::vector<uint64_t> macs;
  AG_RETURN_IF_ERROR(
      InferShapes(net, AllOpRules(), net.input.height, net.input.width, &macs).status());
  for (const uint64_t count : macs) description.macs += count;
  for (const Tensor& tensor : net.tensors) description.parameters += ElementCount(tensor.shape);
  description.input_width = net.input.width;
  description.input_height = net.input.height;
  description.provenance = net.provenance;
  return description;
}

std::string DataSetName(const std::vector<std::string>& paths) {
  std::string names;
  for (const std::string& path : paths) names += (names.empty() ? "" : " and ") + NameOf(path);
  return names;
}

Json MetaJson(const ReportMeta& meta) {
  const ReportModel& model = meta.model;
  Json json;
  json["schema"] = kReportSchema;
  json["kind"] = "eval_report";
  json["made_by"] = "ag_native " + meta.version + " eval --report";
  json["model"] = {{"file", model.file},
                   {"sha256", model.sha256},
                   {"bytes", model.bytes},
                   {"parameters", model.parameters},
                   {"macs", model.macs},
                   {"input", {{"width", model.input_width}, {"height", model.input_height}}},
                   {"provenance", ProvenanceJson(model.provenance)}};
  json["data"] = DataJson(meta.data);
  json["bootstrap"] = {{"resamples", meta.resamples},
                       {"seed", meta.seed},
                       {"unit", meta.clusters.empty() ? "picture" : "cluster"},
                       {"clusters", TextOrNull(meta.clusters)},
                       {"confidence", 0.95}};
  return json;
}

}  // namespace ag
