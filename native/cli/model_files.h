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

// The file read and verified. Every message begins with the path.
StatusOr<Model> LoadModelFile(const std::string& path);

struct ModelPair {
  std::string net_path, detector_path;
  std::shared_ptr<Weights> net, detector;
};

// Empty paths are looked for (model_paths.h). kInvalidArgument if a file is the other kind of
// model.
StatusOr<ModelPair> LoadModels(const std::string& net_path, const std::string& detector_path);

struct DetectorFile {
  std::string path;
  std::shared_ptr<Weights> weights;
};
// The same for a face detector alone.
StatusOr<DetectorFile> LoadDetector(const std::string& path);

}  // namespace ag
