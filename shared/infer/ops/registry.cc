#include "shared/infer/ops/registry.h"

#include <array>

#include "shared/infer/op_kernel.h"
#include "shared/infer/ops/kernels.h"

namespace ag {
namespace {

constexpr std::array<const OpKernel*, kOpTypeCount> kKernels = {
#define AG_OP(number, name) &k##name##Kernel,
#include "shared/model/op_list.inc"
#undef AG_OP
};

}  // namespace

const OpKernel* FindOpKernel(OpType type) {
  const auto number = static_cast<size_t>(type);
  return number < kKernels.size() ? kKernels[number] : nullptr;
}

std::span<const OpRule> AllOpRules() {
  static const std::array<OpRule, kOpTypeCount> rules = [] {
    std::array<OpRule, kOpTypeCount> list{};
    for (size_t i = 0; i < list.size(); ++i) list[i] = kKernels[i]->rule;
    return list;
  }();
  return rules;
}

}  // namespace ag
