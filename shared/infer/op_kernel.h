// One op of the engine: its rule (shared/model/op_rule.h) and its lowering to XNNPACK.
// A file per op in shared/infer/ops defines one of these: k<Name>Kernel (shared/model/op_list.inc).
#pragma once

#include "shared/base/status.h"
#include "shared/infer/graph_builder.h"
#include "shared/model/op_rule.h"

namespace ag {

struct OpKernel {
  OpRule rule;
  // Adds the op to builder.subgraph(); inputs and the output value are defined already. Only called
  // on ops that passed the rule. kBackend if XNNPACK refuses nevertheless.
  Status (*define)(GraphBuilder& builder, const Op& op);
};

// nullptr if there is no such op.
const OpKernel* FindOpKernel(OpType type);

}  // namespace ag
