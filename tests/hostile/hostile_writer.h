// Writes models that the real writer refuses: any fault that a file can have.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shared/model/model.h"

namespace ag::test {

// What a Model cannot express.
struct Faults {
  bool no_ops = false, no_tensors = false, no_input = false, no_outputs = false;
  bool no_tensor_data = false, no_tensor_shape = false, no_op_inputs = false;
  bool no_mean = false, no_scale = false, no_detector_scales = false, no_provenance = false;
  bool no_identifier = false;
  // All tensors point at the bytes (or scales) of the first one.
  bool share_data = false, share_scales = false;
  std::optional<std::vector<float>> crop_points;
};

// The FlatBuffer alone, unchecked.
std::vector<uint8_t> HostilePayload(const Model& model, const Faults& faults = {});

}  // namespace ag::test
