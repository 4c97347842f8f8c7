// The kernel of every op, each defined in the file of its name.
#pragma once

#include "shared/infer/op_kernel.h"

namespace ag {

extern const OpKernel kConv2DKernel;
extern const OpKernel kDepthwiseConv2DKernel;
extern const OpKernel kMaxPool2DKernel;
extern const OpKernel kGlobalAveragePoolKernel;
extern const OpKernel kAddKernel;
extern const OpKernel kFullyConnectedKernel;
extern const OpKernel kReluKernel;
extern const OpKernel kSigmoidKernel;
extern const OpKernel kUpsampleNearest2xKernel;
extern const OpKernel kFlattenKernel;

}  // namespace ag
