// Compares one op of a model as run by the engine with the reference interpreter.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"
#include "tests/reference/op_oracle.h"
#include "tests/support/random.h"

namespace ag::test {

// Runs `model` on random input in [-limit, limit] through LoadModel(SaveModel()), Weights and
// Engine, and compares op `op_index` with the reference, which gets the op's inputs as the engine
// itself returned them. So errors of earlier ops do not count, and each op is judged alone. The
// op's inputs (unless they are value 0) and its output must be among model.outputs. `threads`:
// fewer where there are none (threads.h).
void CheckOp(const Model& model, size_t op_index, Random& random, reference::Tolerance tolerance,
             int threads = 1, float limit = 2.0f);

// Expects CheckModel and SaveModel to refuse `model` with `code`, and the message to contain `name`
// (of an op or a tensor).
void ExpectRefused(const Model& model, Code code, const std::string& name);

// model.ops[op_index], changed by `change`, must be refused with `code`.
void ExpectOpRefused(Model model, size_t op_index, Code code,
                     const std::function<void(Model& model, Op& op)>& change);

// What every op with a window has to refuse, whatever else it checks: zero and oversized kernels
// and strides, padding as large as the window. `op_index` is such an op of `model`.
void ExpectBadWindowsRefused(const Model& model, size_t op_index);

// What every op without a window refuses: any window field that is not zero.
void ExpectWindowRefused(const Model& model, size_t op_index);

// One input or one tensor too many or too few, and a tensor index out of range.
void ExpectBadCountsRefused(const Model& model, size_t op_index);

}  // namespace ag::test
