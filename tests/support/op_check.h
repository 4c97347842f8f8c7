// Compares one op of a model as run by the engine with the reference interpreter.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"
#include "tests/reference/interpreter.h"
#include "tests/support/model_builder.h"
#include "tests/support/random.h"

namespace ag::test {

// How far a float32 result may be from the exact one.
using ToleranceFunction = std::function<double(const reference::OpResult& exact, size_t element)>;

// No rounding happens: selections, copies, clamps.
double ExactTolerance(const reference::OpResult& exact, size_t element);

// Sums of products in any order, with or without fused multiply-add: (n + 3) * 2^-24 * sum|terms|,
// Higham's bound for n terms plus one rounding each of weight, product and result. It is a proof,
// not a fit: an implementation in float32 cannot break it, and a wrong tap breaks it at once.
double SumTolerance(const reference::OpResult& exact, size_t element);

// Runs `model` on random input in [-limit, limit] through LoadModel(SaveModel()), Weights and
// Engine, and compares op `op_index` with the reference, which gets the op's inputs as the engine
// itself returned them. So errors of earlier ops do not count, and each op is judged alone. The
// op's inputs (unless they are value 0) and its output must be among model.outputs. `threads`:
// fewer where there are none (threads.h).
void CheckOp(const Model& model, size_t op_index, Random& random,
             const ToleranceFunction& tolerance, int threads = 1, float limit = 2.0f);

// Expects CheckModel and SaveModel to refuse `model` with `code`, and the message to contain `name`
// (of an op or a tensor).
void ExpectRefused(const Model& model, Code code, const std::string& name);

// The last op of the builder's net, changed by `change`, must be refused with `code`.
void ExpectOpRefused(Model model, size_t op_index, Code code,
                     const std::function<void(Model& model, Op& op)>& change);

// Replaces a tensor by random float32 weights of another shape, so that its bytes still agree.
void SetTensor(Model& model, uint32_t index, std::vector<uint32_t> shape);

// What every op with a window has to refuse, whatever else it checks: zero and oversized kernels
// and strides, padding as large as the window. `op_index` is such an op of `model`.
void ExpectBadWindowsRefused(const Model& model, size_t op_index);

// What every op without a window refuses: any window field that is not zero.
void ExpectWindowRefused(const Model& model, size_t op_index);

// One input or one tensor too many or too few, and a tensor index out of range.
void ExpectBadCountsRefused(const Model& model, size_t op_index);

// A feature map with `channels` channels to put an op on: the input itself (1 or 3 channels), or a
// 1x1 convolution of it. `also` receives the value if the engine has to return it.
uint32_t Feature(ModelBuilder& builder, uint32_t channels, std::vector<uint32_t>& also);

}  // namespace ag::test
