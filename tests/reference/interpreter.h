// The oracle: a slow scalar interpreter of a Model.
//
// Written from the documentation in shared/model/model.h and from the definitions of the ops, in
// double precision, one output element at a time. It shares no code with the engine: it decodes
// weights and works out shapes by itself and never sees XNNPACK. If engine and interpreter
// disagree, one of the two has misread the documentation. Each op has a file of its own
// in ops/ (op_oracle.h).
//
// It trusts its model (CheckModel first) and is for tests only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/model/model.h"

namespace ag::reference {

struct Value {
  Shape shape;               // [height, width, channels] or [channels]
  std::vector<double> data;  // row-major
};

// The result of one op, with what a bound on float32 rounding needs.
//
// For any order of summation, a float32 sum of n products differs from the exact one by at most
// about n * 2^-24 times the sum of the products' magnitudes (Higham, "Accuracy and Stability of
// Numerical Algorithms", section 3.1).
struct OpResult {
  Value value;
  std::vector<double> magnitude;  // per element: sum of |terms|; |value| where nothing is summed
  uint64_t term_count = 1;        // terms of each sum
};

// The weights of a tensor: IEEE 754 float32 or binary16, or int8 times the scale of its channel.
std::vector<double> DecodeWeights(const Tensor& tensor);

OpResult RunOp(const Model& model, const Op& op, std::span<const Value> inputs);

// All values of the model, by index; values[0] is `input`. No rounding in between.
std::vector<Value> Run(const Model& model, const Value& input);

}  // namespace ag::reference
