#include "tests/reference/op_oracle.h"

#include <numeric>
#include <utility>
#include <vector>

#include "shared/model/storage.h"

namespace ag::reference {
namespace {

constexpr double kUnitRoundoff = 0x1p-24;  // of float32, to nearest

constexpr std::array<const OpOracle*, kOpTypeCount> kOracles = {
#define AG_OP(number, name) &k##name##Oracle,
#include "shared/model/op_list.inc"
#undef AG_OP
};

}  // namespace

double ExactTolerance(const OpResult&, size_t) { return 0; }

double SumTolerance(const OpResult& exact, size_t element) {
  return static_cast<double>(exact.term_count + 3) * kUnitRoundoff * exact.magnitude[element];
}

const OpOracle& OracleOf(OpType type) { return *kOracles[static_cast<size_t>(type)]; }

const OpOracle& AnyOracle(Random& random) {
  const uint32_t all =
      std::accumulate(kOracles.begin(), kOracles.end(), 0u,
                      [](uint32_t sum, const OpOracle* oracle) { return sum + oracle->frequency; });
  uint32_t place = random.Below(all);
  size_t kind = 0;
  for (; place >= kOracles[kind]->frequency; ++kind) place -= kOracles[kind]->frequency;
  return *kOracles[kind];
}

uint32_t DrawOp(ModelBuilder& builder, Random& random, uint32_t input, const DrawLimits& limits) {
  return AnyOracle(random).draw(builder, random, input, limits);
}

Activation AnyActivation(Random& random) {
  return random.Chance(0.5) ? Activation::kRelu : Activation::kNone;
}

OpCase CaseOf(ModelBuilder& builder, uint32_t op_value, std::vector<uint32_t> also, int threads) {
  also.push_back(op_value);
  // Each op makes one value, the input is the first.
  return {builder.AgeGender(op_value, 0, std::move(also)), op_value - 1, threads};
}

uint32_t Feature(ModelBuilder& builder, uint32_t channels, std::vector<uint32_t>& also) {
  if (builder.shape(0)[2] == channels) return 0;
  also.push_back(builder.Conv2D(0, channels));
  return also.back();
}

void SetTensor(Model& model, uint32_t index, std::vector<uint32_t> shape) {
  Random random(index);
  const auto count = static_cast<size_t>(ElementCount(shape));
  model.tensors[index] = *MakeTensor(model.tensors[index].name, std::move(shape),
                                     random.Uniforms(count, -1, 1), Storage::kFloat32);
}

}  // namespace ag::reference
