// The kernel of every op, each defined in the file of its name.
#pragma once

#include "shared/infer/op_kernel.h"

namespace ag {

#define AG_OP(number, name) extern const OpKernel k##name##Kernel;
#include "shared/model/op_list.inc"
#undef AG_OP

}  // namespace ag
