// Writes a model: CheckModel, then FlatBuffers, then the outer header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"
#include "shared/model/op_rule.h"

namespace ag {

// The bytes of an .agm file. The same model gives the same bytes. Fails as CheckModel does.
StatusOr<std::vector<uint8_t>> WriteModel(const Model& model, std::span<const OpRule> rules);

}  // namespace ag
