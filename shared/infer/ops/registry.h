// The ops that the engine has: those of shared/model/op_list.inc, one file each in this folder.
#pragma once

#include <span>

#include "shared/model/op_rule.h"

namespace ag {

// By the op's number.
std::span<const OpRule> AllOpRules();

}  // namespace ag
