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
// allocated. They leave room for nets 10 times the largest planned one.
inline constexpr size_t kMaxModelBytes = size_t{256} << 20;
inline constexpr uint32_t kMaxOps = 4096;
inline constexpr uint32_t kMaxTensors = 8192;
inline constexpr uint64_t kMaxWeights = uint64_t{64} << 20;        // elements, all tensors
inline constexpr uint64_t kMaxValueElements = uint64_t{64} << 20;  // elements of one activation
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

// What one engine may take, by ModelCost below. Nets that ship or are planned take less than a tenth
// of either. 1 GiB leaves room for a picture of 64 megapixels in the page's engine, which has 2 GiB
// at most; 16 Gi steps take about a second on one core, and ten in the slowest browser.
inline constexpr uint64_t kMaxMemoryBytes = uint64_t{1} << 30;
inline constexpr uint64_t kMaxSteps = uint64_t{1} << 34;
// A net that accepts inputs of any size may take more at a larger one than its own: the shipped
// face detector is counted with 273 bytes and 1489 steps per pixel (it really takes less), and
// `--detect-size` goes up to 4096.
inline constexpr uint64_t kMaxMemoryBytesPerPixel = 320;
inline constexpr uint64_t kMaxStepsPerPixel = 2048;

// Upper bounds for a single-threaded engine at one input size: XNNPACK gives every value and every
// list of pointers memory of its own, and pads weights and sums to its tiles. More threads take a
// stack each; an engine of tens of megabytes is checked against a second one before it is returned,
// which briefly takes as much again.
struct ModelCost {
  // Weights as float32 and packed (twice: each engine packs its own before it finds that another
  // has packed the same, and one of another size may pack differently), every value, and what the
  // ops hold besides.
  uint64_t memory_bytes = 0;
  uint64_t steps = 0;  // of a run: OpInfo::steps, summed
};

// The file's bytes -> a model that satisfies CheckModel. `rules`: the ops that the engine has
// (AllOpRules() in shared/infer/ops/registry.h); shared/infer/load_model.h binds the two.
StatusOr<Model> ReadModel(std::span<const uint8_t> file, std::span<const OpRule> rules);

// The same for the FlatBuffer alone, without header and checksum: what a fuzzer calls.
StatusOr<Model> ReadModelPayload(std::span<const uint8_t> payload, std::span<const OpRule> rules);

// Applies every rule to a model already in memory (the writer calls it too).
Status CheckModel(const Model& model, std::span<const OpRule> rules);

// Shapes of all values for an input of [height, width, channels]; also MACs per op if `macs` is
// given, and the engine's cost if `cost` is. The model must have passed CheckModel. kModelShape:
// this input does not fit; kModelLimit: at this size the model exceeds the cost limit.
StatusOr<std::vector<Shape>> InferShapes(const Model& model, std::span<const OpRule> rules,
                                         uint32_t height, uint32_t width,
                                         std::vector<uint64_t>* macs = nullptr,
                                         ModelCost* cost = nullptr);

}  // namespace ag
