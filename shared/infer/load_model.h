// ReadModel and WriteModel with this engine's ops.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag {

StatusOr<Model> LoadModel(std::span<const uint8_t> file);
StatusOr<std::vector<uint8_t>> SaveModel(const Model& model);

}  // namespace ag
