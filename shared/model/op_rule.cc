#include "shared/model/op_rule.h"

namespace ag {

uint64_t SaturatedProduct(std::initializer_list<uint64_t> factors) {
  uint64_t product = 1;
  bool wrapped = false;
  for (const uint64_t factor : factors) {
    if (factor == 0) return 0;
    wrapped = __builtin_mul_overflow(product, factor, &product) || wrapped;
  }
  return wrapped ? UINT64_MAX : product;
}

uint64_t SaturatedSum(std::initializer_list<uint64_t> terms) {
  uint64_t sum = 0;
  for (const uint64_t term : terms) {
    if (__builtin_add_overflow(sum, term, &sum)) return UINT64_MAX;
  }
  return sum;
}

const OpRule* FindOpRule(std::span<const OpRule> rules, OpType type) {
  const auto number = static_cast<size_t>(type);
  return number < rules.size() ? &rules[number] : nullptr;
}

std::string ShapeText(std::span<const uint32_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace ag
