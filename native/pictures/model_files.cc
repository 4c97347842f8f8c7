#include "native/pictures/model_files.h"

#include <string_view>
#include <utility>

#include "native/base/interrupt.h"
#include "native/pictures/model_paths.h"
#include "shared/base/file.h"
#include "shared/base/sha256.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"

namespace ag {
namespace {

StatusOr<ModelFile> LoadWeights(const std::string& given_path, std::string_view default_file,
                                std::string_view option, bool detector) {
  ModelFile loaded;
  loaded.path = given_path;
  if (loaded.path.empty()) {
    AG_ASSIGN_OR_RETURN(loaded.path, FindModel(default_file, option));
  }
  AG_ASSIGN_OR_RETURN(LoadedModel file, LoadModelFile(loaded.path));
  if (file.model.face_detector.has_value() != detector) {
    return Status(
        Code::kInvalidArgument,
        loaded.path + (detector ? ": is not a face detector" : ": is not an age/gender model") +
            " (" + std::string(option) + " expects one; ag_native info shows what it is)");
  }
  StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(std::move(file.model));
  if (!weights.ok()) return weights.status().WithContext(loaded.path);
  loaded.weights = *std::move(weights);
  loaded.origin = std::move(file.origin);
  return loaded;
}

}  // namespace

StatusOr<LoadedModel> LoadModelFile(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                      ReadFile(path, kMaxModelBytes, NamedByUser()));
  StatusOr<Model> model = LoadModel(bytes);
  if (!model.ok()) return model.status().WithContext(path);
  return LoadedModel{*std::move(model), {HexString(HashSha256(bytes)), bytes.size()}};
}

StatusOr<ModelPair> LoadModels(const std::string& net_path, const std::string& detector_path) {
  AG_ASSIGN_OR_RETURN(ModelFile net, LoadWeights(net_path, kAgeGenderFile, "--model", false));
  AG_ASSIGN_OR_RETURN(ModelFile detector, LoadDetector(detector_path));
  return ModelPair{std::move(net.path),    std::move(detector.path),
                   std::move(net.weights), std::move(detector.weights),
                   std::move(net.origin),  std::move(detector.origin)};
}

StatusOr<ModelFile> LoadDetector(const std::string& path) {
  return LoadWeights(path, kDetectorFile, "--detector", true);
}

}  // namespace ag
