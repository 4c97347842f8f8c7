// The ops that the engine has: one entry per file in this folder.
#pragma once

#include <span>

#include "shared/model/op_rule.h"

namespace ag {

std::span<const OpRule> AllOpRules();

}  // namespace ag
