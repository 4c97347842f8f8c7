// What the reader has to know about an op: which attributes, tensors and shapes are allowed, what
// comes out, what it costs. Implemented once per op, beside its XNNPACK lowering, in
// shared/infer/ops.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag {

struct OpInfo {
  Shape output;
  uint64_t macs = 0;  // multiply-accumulates (convolutions and dense layers; 0 for the rest)

  // Upper bounds, on any processor, of what the engine needs for it, so that a file is refused
  // alike everywhere. UINT64_MAX: too large to count.
  uint64_t packed_bytes = 0;   // of its weights, as the engine packs them
  uint64_t scratch_bytes = 0;  // held as long as the engine, besides weights, inputs and output
  uint64_t steps = 0;          // multiply-accumulates or comparisons, including padded tiles
};

// Products and sums that stay at UINT64_MAX instead of wrapping.
uint64_t SaturatedProduct(std::initializer_list<uint64_t> factors);
uint64_t SaturatedSum(std::initializer_list<uint64_t> terms);

// Which rows of its input a row of its output is made from.
enum class Rows : uint8_t {
  kAll,
  kSame,              // the one at the same place
  kWindow,            // those under the op's window
  kZeroPaddedWindow,  // likewise; rows of the padding count as zeros
};

struct OpRule {
  size_t input_count = 1;
  size_t tensor_count = 0;
  bool has_window = false;      // kernel, stride and padding mean something (else: all 0)
  bool has_activation = false;  // a fused activation is allowed
  Rows rows = Rows::kAll;
  // Called with counts already checked, window fields within 1..1024 (padding below the kernel),
  // tensors of consistent size, and inputs of rank 1 or 3 without a zero. Errors: kModelOp
  // (attributes), kModelShape (shapes); the message says what was expected and what was found, the
  // caller adds the op's name.
  StatusOr<OpInfo> (*infer)(const Model& model, const Op& op,
                            std::span<const Shape> inputs) = nullptr;
};

// `rules`: of each op, by its number. nullptr if `type` is not among them.
const OpRule* FindOpRule(std::span<const OpRule> rules, OpType type);

// "[h, w, c]" for messages.
std::string ShapeText(std::span<const uint32_t> shape);

}  // namespace ag
