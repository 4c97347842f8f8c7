#include <span>
#include <string>
#include <utility>

#include "native/library/handles.h"
#include "native/library/sized.h"
#include "native/library/status.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"

namespace ag::library {
namespace {

constexpr size_t kFirstModelsInfo = offsetof(ag_models_info, age_bin_count) + sizeof(size_t);

enum class Kind { kNet, kDetector };

StatusOr<std::shared_ptr<Weights>> LoadWeights(std::span<const uint8_t> bytes, Kind kind) {
  AG_ASSIGN_OR_RETURN(Model model, LoadModel(bytes));
  const bool fits =
      kind == Kind::kNet ? model.age_gender.has_value() : model.face_detector.has_value();
  if (!fits) {
    return Status(Code::kInvalidArgument,
                  "the model '" + model.provenance.name + "' does not " +
                      (kind == Kind::kNet ? "predict age and gender" : "detect faces"));
  }
  return Weights::Create(std::move(model));
}

StatusOr<std::shared_ptr<Weights>> LoadFile(const char* path, Kind kind) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxModelBytes));
  auto weights = LoadWeights(bytes, kind);
  if (!weights.ok()) return weights.status().WithContext(path);
  return weights;
}

StatusOr<std::shared_ptr<Weights>> LoadMemory(const void* bytes, size_t size, const char* name,
                                              Kind kind) {
  AG_RETURN_IF_ERROR(CheckGiven(bytes, name));
  if (size > kMaxModelBytes) {
    return Status(Code::kTooLarge, std::string(name) + ": " + std::to_string(size) +
                                       " bytes, expected at most " +
                                       std::to_string(kMaxModelBytes));
  }
  auto weights = LoadWeights({static_cast<const uint8_t*>(bytes), size}, kind);
  if (!weights.ok()) return weights.status().WithContext(name);
  return weights;
}

Status HandOut(std::shared_ptr<Weights> net, std::shared_ptr<Weights> detector,
               ag_models** models) {
  *models = new ag_models{std::move(net), std::move(detector)};
  return OkStatus();
}

ag_models_info InfoOf(const ag_models& models) {
  const Model& net = models.net->model();
  const Provenance& detector = models.detector->model().provenance;
  ag_models_info info = {};
  info.net_name = net.provenance.name.c_str();
  info.net_licence = net.provenance.licence.c_str();
  info.net_source = net.provenance.source.c_str();
  info.detector_name = detector.name.c_str();
  info.detector_licence = detector.licence.c_str();
  info.detector_source = detector.source.c_str();
  const std::vector<float>& bins = net.age_gender->age_bins;
  info.age_bins = bins.empty() ? nullptr : bins.data();
  info.age_bin_count = bins.size();
  return info;
}

}  // namespace
}  // namespace ag::library

using ag::library::CheckGiven;
using ag::library::Guarded;
using ag::library::Kind;

ag_code ag_models_from_files(const char* net_path, const char* detector_path, ag_models** models,
                             ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(net_path, "net_path"));
    AG_RETURN_IF_ERROR(CheckGiven(detector_path, "detector_path"));
    AG_RETURN_IF_ERROR(CheckGiven(models, "models"));
    AG_ASSIGN_OR_RETURN(auto net, ag::library::LoadFile(net_path, Kind::kNet));
    AG_ASSIGN_OR_RETURN(auto detector, ag::library::LoadFile(detector_path, Kind::kDetector));
    return ag::library::HandOut(std::move(net), std::move(detector), models);
  });
}

ag_code ag_models_from_memory(const void* net, size_t net_size, const void* detector,
                              size_t detector_size, ag_models** models, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(models, "models"));
    AG_ASSIGN_OR_RETURN(auto net_weights,
                        ag::library::LoadMemory(net, net_size, "net", Kind::kNet));
    AG_ASSIGN_OR_RETURN(
        auto detector_weights,
        ag::library::LoadMemory(detector, detector_size, "detector", Kind::kDetector));
    return ag::library::HandOut(std::move(net_weights), std::move(detector_weights), models);
  });
}

void ag_models_free(ag_models* models) { delete models; }

ag_code ag_models_get_info(const ag_models* models, ag_models_info* info, ag_error* error) {
  return Guarded(error, [&]() -> ag::Status {
    AG_RETURN_IF_ERROR(CheckGiven(models, "models"));
    return ag::library::WriteStruct(ag::library::InfoOf(*models), ag::library::kFirstModelsInfo,
                                    "ag_models_info", info);
  });
}
