// Whether a new engine computes what it should. Internal to shared/infer.
//
// An engine answers a drawn picture before anybody gets it: its outputs are compared with the known
// answers of this model (those that ship), or with those of a second engine that shares nothing
// with it. That catches what no status reports: an op left out, weights in the wrong place, a wrong
// instruction.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/model/model.h"

namespace ag {

// Values of each output that take part, spread evenly over it, both ends included.
inline constexpr size_t kAnswersPerOutput = 8;

// Rows [first, first + count) of the drawn picture: RGB, RGB, ..., `width` pixels per row.
// Integers: the same everywhere.
void DrawCheckRows(uint32_t first, uint32_t count, uint32_t width, std::span<uint8_t> pixels);

void AppendAnswers(std::span<const float> output, std::vector<float>* answers);

// kBackend names the first value that differs by more than the order of float32 sums can explain.
Status CompareAnswers(std::span<const float> expected, std::span<const float> found);

// Hash of graph and stored weights: two models with the same hash give the same outputs.
uint64_t FingerprintOf(const Model& model);

// Empty: unknown for this model at this size. (known_answers.inc, written by ./ag goldens.)
std::span<const float> KnownAnswers(uint64_t fingerprint, uint32_t height, uint32_t width);

}  // namespace ag
