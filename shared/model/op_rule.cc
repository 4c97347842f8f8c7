#include "shared/model/op_rule.h"

namespace ag {

const OpRule* FindOpRule(std::span<const OpRule> rules, OpType type) {
  for (const OpRule& rule : rules) {
    if (rule.type == type) return &rule;
  }
  return nullptr;
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
