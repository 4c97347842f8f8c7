// Seeds for fuzzing: small valid and nearly valid inputs for each target, made in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ag::fuzz {

struct Seed {
  std::string name;  // a file's name
  std::vector<uint8_t> bytes;
};

// Every target, in the order in which they are run.
std::vector<std::string_view> TargetNames();

// Empty for an unknown target.
std::vector<Seed> SeedsOf(std::string_view target);

}  // namespace ag::fuzz
