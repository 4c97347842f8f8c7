// A checkpoint file (.agc): named tensors and a JSON object, laid out as in
// native/tensors/tensor_file.h. LibTorch's own archives are never read: they can carry code.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "native/train/nets/torch_compat.h"
#include "shared/base/status.h"

namespace ag::train {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// kModelNonFinite names the first tensor with a value that is not a finite number.
Status CheckFinite(const NamedTensors& tensors);

// Written under a temporary name, flushed and renamed: the previous checkpoint stays whole until
// the new one is. kIo (full disk, permissions) names the file, kModelNonFinite the tensor.
Status WriteCheckpoint(const std::string& path, const NamedTensors& tensors,
                       const nlohmann::json& meta);

// Copies into the given tensors, which must be exactly those of the file: the same names, types and
// shapes. Returns the JSON. kNotFound, kIo, kTooLarge, kInvalidArgument (not a checkpoint, damaged,
// or of another net), kModelNonFinite; then `tensors` are unchanged.
StatusOr<nlohmann::json> ReadCheckpoint(const std::string& path, const NamedTensors& tensors);

}  // namespace ag::train
