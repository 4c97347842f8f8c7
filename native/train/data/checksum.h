// A fast 64-bit checksum against accidents: torn writes, zeroed pages, flipped bits. Not against an
// attacker, who could write the checksum too.
#pragma once

#include <cstdint>
#include <span>

namespace ag::train {

// Four lanes of 8 bytes, each multiplied and rotated in turn, mixed at the end. Every step is a
// bijection: a single wrong word is always detected, others escape with a chance of 2^-64.
uint64_t Checksum(std::span<const uint8_t> bytes);

}  // namespace ag::train
