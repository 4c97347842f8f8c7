// A checkpoint file: named tensors and a JSON text, in LibTorch's own archive format (.pt).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "native/train/torch_compat.h"
#include "shared/base/status.h"

namespace ag::train {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// Written under a temporary name, flushed and renamed: the checkpoint before stays whole until the
// new one is. kIo (full disk, permissions) names the file.
Status WriteCheckpoint(const std::string& path, const NamedTensors& tensors,
                       const nlohmann::json& meta);

// Copies into the given tensors, which must be there with the same shape and type; returns the
// JSON. kNotFound, kIo, kInvalidArgument (not a checkpoint, or of another net): `tensors` may be
// half filled then.
StatusOr<nlohmann::json> ReadCheckpoint(const std::string& path, const NamedTensors& tensors);

}  // namespace ag::train
