// Model files -> weights, ready for engines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/infer/engine.h"
#include "shared/model/model.h"

namespace ag {

// Facts about the bytes that a model was made from. The file may have changed since: to say which
// model was used, take these and never read the file again.
struct ModelOrigin {
  std::string sha256;  // hexadecimal
  uint64_t bytes = 0;
};

struct LoadedModel {
  Model model;
  ModelOrigin origin;
};
// Reads the file once and verifies it. Every message begins with the path.
StatusOr<LoadedModel> LoadModelFile(const std::string& path);

struct ModelPair {
  std::string net_path, detector_path;
  std::shared_ptr<Weights> net, detector;
  ModelOrigin net_origin, detector_origin;
};

// Empty paths are looked up (model_paths.h). kInvalidArgument if a file is the other kind of
// model.
StatusOr<ModelPair> LoadModels(const std::string& net_path, const std::string& detector_path);

struct ModelFile {
  std::string path;
  std::shared_ptr<Weights> weights;
  ModelOrigin origin;
};
// The same for a face detector alone.
StatusOr<ModelFile> LoadDetector(const std::string& path);

}  // namespace ag
