// What the tests know of an op: one OpOracle each, k<Name>Oracle in ops/<name>.cc, by the list of
// ops in shared/model/op_list.inc.
//
// From it come the interpreter (interpreter.h), the op's own tests (tests/unit/op_test.cc, which
// says what each table here must show), and the ops of random models: of the sweep over costs
// (tests/hostile/model_cost_test.cc) and of the fuzzer (tests/fuzz/model_mutator.cc).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shared/base/status.h"
#include "shared/model/model.h"
#include "tests/reference/interpreter.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"

namespace ag::reference {

using test::ModelBuilder;
using test::Random;
using test::Window;

// How far a float32 result may be from the exact one.
using Tolerance = double (*)(const OpResult& exact, size_t element);

// No rounding happens: selections, copies, clamps.
double ExactTolerance(const OpResult& exact, size_t element);

// Sums of products in any order, with or without fused multiply-add: (n + 3) * 2^-24 * sum|terms|,
// Higham's bound for n terms plus one rounding each of weight, product and result. It is a proof,
// not a fit: an implementation in float32 cannot break it, and a wrong tap breaks it at once.
double SumTolerance(const OpResult& exact, size_t element);

// An op to run: model.ops[op]. Its inputs (where they are not value 0) and its output are among
// model.outputs.
struct OpCase {
  Model model;
  size_t op = 0;
  int threads = 1;
  float limit = 2.0f;  // the model's input lies in [-limit, limit]
};

// `count` comparisons of engine and reference; `make` is called with 0, 1, ..., count - 1 and draws
// from one generator that begins with `seed`.
struct OpSeries {
  const char* name;
  int count;
  uint64_t seed;
  Tolerance tolerance;
  OpCase (*make)(int trial, Random& random);
};

// Something that the op's rule refuses: `change` spoils a model that was accepted.
struct OpRefusal {
  const char* name;
  Code code;
  void (*change)(Model& model, Op& op);
  OpCase (*valid)() = nullptr;  // another model than the oracle's
};

// A shape of the op's tensor `tensor` that the rule refuses; it ends at the first 0.
struct WrongTensor {
  size_t tensor;
  std::array<uint32_t, 4> shape;
};

// Bounds of a random op.
struct DrawLimits {
  uint64_t most_weights = 1'000'000;    // drawn one by one
  Storage storage = Storage::kFloat32;  // of the weights
};

struct OpOracle {
  // The op's definition, not the engine's lowering of it. `shape`: of the output. `run` appends the
  // output's elements to result.value.data and, where it sums, to result.magnitude (else it is
  // filled in); result.value.shape is set, and a fused activation comes after.
  Shape (*shape)(const Model& model, const Op& op, std::span<const Shape> inputs) = nullptr;
  void (*run)(const Model& model, const Op& op, std::span<const Value> inputs,
              OpResult& result) = nullptr;

  // Appends a random op of this kind (and what it needs around it) that reads `input`; its value,
  // or `input` where none can be put on that.
  uint32_t (*draw)(ModelBuilder& builder, Random& random, uint32_t input,
                   const DrawLimits& limits) = nullptr;
  uint32_t frequency = 1;  // among the ops of a random model

  std::span<const OpSeries> series = {};
  // A model that is accepted, and what the rule refuses of it besides what all rules refuse.
  OpCase (*valid)() = nullptr;
  std::span<const OpRefusal> refusals = {};
  std::span<const WrongTensor> wrong_tensors = {};
};

#define AG_OP(number, name) extern const OpOracle k##name##Oracle;
#include "shared/model/op_list.inc"
#undef AG_OP

// `type` is one of the list's.
const OpOracle& OracleOf(OpType type);

// One of all kinds of op, by frequency.
const OpOracle& AnyOracle(Random& random);

// An op of any kind, by frequency; its value, or `input` if that kind does not go there.
uint32_t DrawOp(ModelBuilder& builder, Random& random, uint32_t input,
                const DrawLimits& limits = {});

// kNone or kRelu.
Activation AnyActivation(Random& random);

// The case of the op that makes `op_value`, which is handed out after `also`; heads go on it.
OpCase CaseOf(ModelBuilder& builder, uint32_t op_value, std::vector<uint32_t> also = {},
              int threads = 1);

// A picture feature with `channels` channels to put an op on: the input itself (1 or 3 channels),
// or a 1x1 convolution of it. `also` gains the value if the engine has to hand it out.
uint32_t Feature(ModelBuilder& builder, uint32_t channels, std::vector<uint32_t>& also);

// Replaces a tensor by random float32 weights of another shape, so that its bytes still agree.
void SetTensor(Model& model, uint32_t index, std::vector<uint32_t> shape);

}  // namespace ag::reference
