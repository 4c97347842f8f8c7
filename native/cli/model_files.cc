#include "native/cli/model_files.h"

#include <string_view>
#include <utility>

#include "native/cli/interrupt.h"
#include "native/cli/model_paths.h"
#include "shared/base/file.h"
#include "shared/infer/load_model.h"
#include "shared/model/reader.h"

namespace ag {
namespace {

struct LoadedWeights {
  std::string path;
  std::shared_ptr<Weights> weights;
};

StatusOr<LoadedWeights> LoadWeights(const std::string& given_path, std::string_view default_file,
                                    std::string_view option, bool detector) {
  LoadedWeights loaded;
  loaded.path = given_path;
  if (loaded.path.empty()) {
    AG_ASSIGN_OR_RETURN(loaded.path, FindModel(default_file, option));
  }
  AG_ASSIGN_OR_RETURN(Model model, LoadModelFile(loaded.path));
  if (model.face_detector.has_value() != detector) {
    return Status(Code::kInvalidArgument,
                  loaded.path + (detector ? ": is no face detector" : ": is no age/gender model") +
                      " (" + std::string(option) +
                      " expects one; ag_native info shows what it is)");
  }
  StatusOr<std::shared_ptr<Weights>> weights = Weights::Create(std::move(model));
  if (!weights.ok()) return weights.status().WithContext(loaded.path);
  loaded.weights = *std::move(weights);
  return loaded;
}

}  // namespace

StatusOr<Model> LoadModelFile(const std::string& path) {
  AG_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                      ReadFile(path, kMaxModelBytes, NamedByUser()));
  StatusOr<Model> model = LoadModel(bytes);
  if (!model.ok()) return model.status().WithContext(path);
  return model;
}

StatusOr<ModelPair> LoadModels(const std::string& net_path, const std::string& detector_path) {
  AG_ASSIGN_OR_RETURN(LoadedWeights net, LoadWeights(net_path, kAgeGenderFile, "--model", false));
  AG_ASSIGN_OR_RETURN(LoadedWeights detector,
                      LoadWeights(detector_path, kDetectorFile, "--detector", true));
  return ModelPair{std::move(net.path), std::move(detector.path), std::move(net.weights),
                   std::move(detector.weights)};
}

StatusOr<DetectorFile> LoadDetector(const std::string& path) {
  AG_ASSIGN_OR_RETURN(LoadedWeights detector, LoadWeights(path, kDetectorFile, "--detector", true));
  return DetectorFile{std::move(detector.path), std::move(detector.weights)};
}

}  // namespace ag
