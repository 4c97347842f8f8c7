// Reads a model file, trusting nothing in it.
//
// Order of the checks: size cap, magic, version, length, SHA-256 (container.h); FlatBuffers'
// verifier; required fields; caps on counts and sizes; enums; tensors (shape, storage, bytes,
// finite); ops (rule of each); graph (every value made once, before its use); shapes of every
// value; input and output contract. Each refusal has its own code (status.h, kModel*) and names the
// op or tensor, what was expected, what was found.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"
#include "shared/model/op_rule.h"

namespace ag {

// Caps. A file or graph above one is refused with kModelLimit before anything of that size is
// allocated. They leave room for nets 10 times the largest that is planned.
inline constexpr size_t kMaxModelBytes = size_t{256} << 20;
inline constexpr uint32_t kMaxOps = 4096;
inline constexpr uint32_t kMaxTensors = 8192;
inline constexpr uint64_t kMaxWeights = uint64_t{64} << 20;        // elements, all tensors
inline constexpr uint64_t kMaxValueElements = uint64_t{64} << 20;  // elements of one activation
inline constexpr uint64_t kMaxLiveElements = uint64_t{256} << 20;  // of all that live at once
inline constexpr uint64_t kMaxWindowTaps = uint64_t{256} << 20;    // window x output pixels, one op
inline constexpr uint32_t kMaxInputSide = 4096;
inline constexpr uint32_t kMaxOpInputs = 16;
inline constexpr uint32_t kMaxTensorRank = 4;
inline constexpr uint32_t kMaxChannels = 16;
inline constexpr uint32_t kMaxDetectorScales = 16;
inline constexpr uint32_t kMaxMetrics = 1024;
inline constexpr size_t kMaxNameBytes = 256;    // of an op, a tensor, a metric
inline constexpr size_t kMaxTextBytes = 65536;  // a field of the provenance
inline constexpr uint32_t kMaxAgeBins = 1024;
inline constexpr uint32_t kMaxAgeIntervalKnots = 128;

// The file's bytes -> a model that satisfies CheckModel. `rules` are the ops that the engine has
// (AllOpRules() in shared/infer/ops/registry.h); shared/infer/load_model.h binds the two.
StatusOr<Model> ReadModel(std::span<const uint8_t> file, std::span<const OpRule> rules);

// The same for the FlatBuffer alone, without header and checksum: what a fuzzer calls.
StatusOr<Model> ReadModelPayload(std::span<const uint8_t> payload, std::span<const OpRule> rules);

// Every rule on a model already in memory (the writer runs it too).
Status CheckModel(const Model& model, std::span<const OpRule> rules);

// Shapes of all values for an input of [height, width, channels]; macs per op if `macs` is given.
// The model must have passed CheckModel; fails with kModelShape if this input does not fit.
StatusOr<std::vector<Shape>> InferShapes(const Model& model, std::span<const OpRule> rules,
                                         uint32_t height, uint32_t width,
                                         std::vector<uint64_t>* macs = nullptr);

}  // namespace ag
