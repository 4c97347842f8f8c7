#include "shared/infer/ops/registry.h"

#include <array>

#include "shared/infer/op_kernel.h"
#include "shared/infer/ops/kernels.h"

namespace ag {
namespace {

const std::array<const OpKernel*, kOpTypeCount>& Kernels() {
  static const std::array<const OpKernel*, kOpTypeCount> kernels = {&kConv2DKernel,
                                                                    &kDepthwiseConv2DKernel,
                                                                    &kMaxPool2DKernel,
                                                                    &kGlobalAveragePoolKernel,
                                                                    &kAddKernel,
                                                                    &kFullyConnectedKernel,
                                                                    &kReluKernel,
                                                                    &kSigmoidKernel,
                                                                    &kUpsampleNearest2xKernel,
                                                                    &kFlattenKernel};
  return kernels;
}

}  // namespace

const OpKernel* FindOpKernel(OpType type) {
  for (const OpKernel* kernel : Kernels()) {
    if (kernel->rule.type == type) return kernel;
  }
  return nullptr;
}

std::span<const OpRule> AllOpRules() {
  static const std::array<OpRule, kOpTypeCount> rules = [] {
    std::array<OpRule, kOpTypeCount> list{};
    for (size_t i = 0; i < list.size(); ++i) list[i] = Kernels()[i]->rule;
    return list;
  }();
  return rules;
}

}  // namespace ag
